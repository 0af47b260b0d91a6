#include <algorithm>
#include <random>

#include "ops/elements.h"
#include "ops/families.h"
#include "ops/onnx_dtype.h"
#include "ops/rules.h"

namespace headway {
namespace {

/// The Mersenne Twister. The same seed gives the same numbers, whatever the machine; a node without
/// a seed is seeded with its name, so that every run of a model gives the same numbers.
class Random {
 public:
  explicit Random(const Node& node) : engine_(seed_of(node)) {}

  /// In [0, 1), a multiple of 2⁻⁵³.
  double uniform() {
    const std::uint64_t high = engine_() >> 5, low = engine_() >> 6;
    return static_cast<double>(high * 67108864 + low) / 9007199254740992.0;
  }

  /// G. Marsaglia's polar method.
  double normal() {
    while (true) {
      const double x = 2.0 * uniform() - 1.0, y = 2.0 * uniform() - 1.0;
      const double square = x * x + y * y;
      if (square < 1.0 && square != 0.0) return y * std::sqrt(-2.0 * std::log(square) / square);
    }
  }

 private:
  static std::uint32_t seed_of(const Node& node) {
    if (node.has("seed")) {
      return static_cast<std::uint32_t>(saturated<std::int64_t>(node.get_float("seed", 0.0f)));
    }
    std::uint32_t hash = 2166136261U;  // FNV-1a
    for (const char c : node.name()) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    }
    return hash;
  }

  std::mt19937 engine_;
};

DType dtype_of(const Node& node, DType otherwise) {
  const std::int64_t number = node.get_int("dtype", 0);
  if (number == 0) return otherwise;
  if (const std::optional<DType> dtype = dtype_of_onnx_number(number)) return *dtype;
  fail(ErrorCode::kInvalidModel, node.described(), ": dtype ", number, " does not exist");
}

void set_floats(InferContext& context, DType otherwise, std::optional<SymbolicShape> shape) {
  const DType dtype = dtype_of(context.node(), otherwise);
  if (!kFloatTypes.contains(dtype)) {
    context.fail("random numbers cannot be ", name_of(dtype), "; give a floating-point dtype");
  }
  context.set_output(0, {dtype, std::move(shape)});
}

void infer_random(InferContext& context) {
  const Shape shape = context.node().get_ints("shape", {});
  if (std::ranges::any_of(shape, [](std::int64_t extent) { return extent < 0; })) {
    context.fail("the shape ", to_string(shape), " is impossible");
  }
  set_floats(context, DType::kFloat32, to_symbolic(shape));
}

void infer_random_like(InferContext& context) {
  set_floats(context, context.input(0).dtype, context.input(0).shape);
}

template <typename Draw>
void fill(Tensor& output, Draw&& draw) {
  dispatch_floats(output.dtype(), [&]<typename T>(std::type_identity<T>) {
    for (T& element : output.values<T>()) element = store<T>(draw());
  });
}

void run_normal(const Node& node, std::span<const Tensor>, std::span<Tensor> outputs) {
  Random random(node);
  const double mean = node.get_float("mean", 0.0f), scale = node.get_float("scale", 1.0f);
  fill(outputs[0], [&] { return mean + scale * random.normal(); });
}

void run_uniform(const Node& node, std::span<const Tensor>, std::span<Tensor> outputs) {
  Random random(node);
  const double low = node.get_float("low", 0.0f), high = node.get_float("high", 1.0f);
  fill(outputs[0], [&] { return low + (high - low) * random.uniform(); });
}

void infer_bernoulli(InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  const DType dtype = dtype_of(context.node(), context.input(0).dtype);
  if (dtype != DType::kBool && !kNumberTypes.contains(dtype)) {
    context.fail("it cannot draw ", name_of(dtype));
  }
  context.set_output(0, {dtype, context.input(0).shape});
}

/// Each input is the probability of a one.
void run_bernoulli(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  Random random(node);
  const std::vector<double> probabilities = to_doubles(inputs[0]);
  dispatch(outputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    T* y = outputs[0].data<T>();
    for (const double p : probabilities) *y++ = store<T>(random.uniform() < p ? 1.0f : 0.0f);
  });
}

void infer_multinomial(InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  require_rank(context, 0, 2);
  const DType dtype = dtype_of(context.node(), DType::kInt32);
  if (!kIndexTypes.contains(dtype)) context.fail("dtype must be int32 or int64");
  const std::int64_t samples = context.node().get_int("sample_size", 1);
  if (samples < 0) context.fail("sample_size must not be negative");
  const TensorType& x = context.input(0);
  context.set_output(0, {dtype, SymbolicShape{x.shape ? x.shape->front() : Dim(), Dim(samples)}});
}

/// Each row of the input holds logarithms of the classes' probabilities, up to a constant.
void run_multinomial(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  Random random(node);
  const std::vector<double> logs = to_doubles(inputs[0]);
  const auto classes = static_cast<std::size_t>(inputs[0].dim(1));
  const std::int64_t samples = outputs[0].dim(1);
  if (classes == 0 && outputs[0].size() != 0) {
    fail(ErrorCode::kInvalidArgument, node.described(), ": there are no classes to draw from");
  }
  std::vector<double> sums(classes);
  dispatch_integers(outputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    T* y = outputs[0].data<T>();
    for (std::size_t first = 0; first < logs.size(); first += classes) {
      const std::span row = std::span(logs).subspan(first, classes);
      const double largest = *std::ranges::max_element(row);
      double sum = 0.0;
      for (std::size_t i = 0; i < classes; ++i) sums[i] = sum += std::exp(row[i] - largest);
      for (std::int64_t i = 0; i < samples; ++i) {
        const auto at = std::ranges::upper_bound(sums, random.uniform() * sum) - sums.begin();
        *y++ =
            static_cast<T>(std::min<std::ptrdiff_t>(at, static_cast<std::ptrdiff_t>(classes) - 1));
      }
    }
  });
}

std::vector<AttributeSpec> attributes(std::initializer_list<AttributeSpec> more) {
  std::vector<AttributeSpec> specs = {{"dtype", AttributeKind::kInt},
                                      {"seed", AttributeKind::kFloat}};
  specs.insert(specs.end(), more);
  return specs;
}

}  // namespace

std::vector<Operator> random_operators() {
  const AttributeSpec mean{"mean", AttributeKind::kFloat}, scale{"scale", AttributeKind::kFloat};
  const AttributeSpec low{"low", AttributeKind::kFloat}, high{"high", AttributeKind::kFloat};
  const AttributeSpec shape{"shape", AttributeKind::kInts, true};
  return {
      {"Bernoulli", "", 15, 1, 1, 1, 1, attributes({}), infer_bernoulli, run_bernoulli},
      {"Multinomial", "", 7, 1, 1, 1, 1, attributes({{"sample_size", AttributeKind::kInt}}),
       infer_multinomial, run_multinomial},
      {"RandomNormal", "", 1, 0, 0, 1, 1, attributes({mean, scale, shape}), infer_random,
       run_normal},
      {"RandomNormalLike", "", 1, 1, 1, 1, 1, attributes({mean, scale}), infer_random_like,
       run_normal},
      {"RandomUniform", "", 1, 0, 0, 1, 1, attributes({high, low, shape}), infer_random,
       run_uniform},
      {"RandomUniformLike", "", 1, 1, 1, 1, 1, attributes({high, low}), infer_random_like,
       run_uniform},
  };
}

}  // namespace headway
