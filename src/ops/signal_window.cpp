#include <algorithm>
#include <numbers>

#include "ops/elements.h"
#include "ops/families.h"
#include "ops/onnx_dtype.h"
#include "ops/rules.h"

namespace headway {
namespace {

DType output_dtype(const Node& node) {
  const std::int64_t number = node.get_int("output_datatype", 1);
  const std::optional<DType> dtype = dtype_of_onnx_number(number);
  if (dtype && kNumberTypes.contains(*dtype)) return *dtype;
  fail(ErrorCode::kInvalidModel, node.described(), ": output_datatype ", number,
       " is no dtype of numbers");
}

template <typename T>
T stored(double value) {
  if constexpr (kIsFloat<T>) {
    return store<T>(value);
  } else {
    return saturated<T>(value);
  }
}

void infer_window(InferContext& context) {
  require_dtype(context, 0, kIndexTypes);
  const std::optional<SymbolicShape> size = context.input_as_shape(0);
  if (size && size->size() != 1) context.fail("its size must be one number");
  context.set_output(0, {output_dtype(context.node()), size ? *size : SymbolicShape(1)});
}

/// w(phase) over one period, where the last element is the first of the next one (periodic) or the
/// end of this one.
template <auto window>
void run_window(const Node& node, std::span<const Tensor>, std::span<Tensor> outputs) {
  const bool periodic = node.get_int("periodic", 1) != 0;
  const std::int64_t size = outputs[0].size();
  const auto period = static_cast<double>(std::max<std::int64_t>(periodic ? size : size - 1, 1));
  dispatch_numbers(outputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    T* y = outputs[0].data<T>();
    for (std::int64_t i = 0; i < size; ++i) {
      y[i] = stored<T>(window(2.0 * std::numbers::pi * static_cast<double>(i) / period));
    }
  });
}

constexpr auto hann = [](double phase) { return 0.5 - 0.5 * std::cos(phase); };
constexpr auto hamming = [](double phase) { return (25.0 - 21.0 * std::cos(phase)) / 46.0; };
constexpr auto blackman = [](double phase) {
  return 0.42 - 0.5 * std::cos(phase) + 0.08 * std::cos(2.0 * phase);
};

std::optional<std::int64_t> known_count(const InferContext& context, std::size_t input) {
  const auto values = known_ints(context, input);
  if (!values) return std::nullopt;
  if (values->size() != 1 || values->front() < 0) {
    context.fail("input ", input, " must be one number and not negative");
  }
  return values->front();
}

void infer_mel_weight_matrix(InferContext& context) {
  for (const std::size_t input : {0, 1, 2}) require_dtype(context, input, kIndexTypes);
  for (const std::size_t input : {3, 4}) require_dtype(context, input, kFloatTypes);
  const auto bins = known_count(context, 0), length = known_count(context, 1);
  known_count(context, 2);
  context.set_output(
      0, {output_dtype(context.node()),
          SymbolicShape{length ? Dim(*length / 2 + 1) : Dim(), bins ? Dim(*bins) : Dim()}});
}

/// S. Stevens' mel scale as in HTK.
double mel_of_hertz(double hertz) {
  return 2595.0 * std::log10(1.0 + hertz / 700.0);
}

double hertz_of_mel(double mel) {
  return 700.0 * (std::pow(10.0, mel / 2595.0) - 1.0);
}

/// Triangles over the bins of the spectrum, evenly apart on the mel scale.
void run_mel_weight_matrix(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const std::int64_t bins = outputs[0].dim(1), rows = outputs[0].dim(0);
  const double length = scalar_or(inputs[1], 0.0), rate = scalar_or(inputs[2], 0.0);
  const double low = mel_of_hertz(scalar_or(inputs[3], 0.0));
  const double step =
      (mel_of_hertz(scalar_or(inputs[4], 0.0)) - low) / static_cast<double>(bins + 2);
  const auto edge = [&](std::int64_t i) {
    const double hertz = hertz_of_mel(low + static_cast<double>(i) * step);
    return saturated<std::int64_t>(
        std::clamp(std::floor((length + 1.0) * hertz / rate), 0.0, static_cast<double>(rows)));
  };
  dispatch_numbers(outputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    T* y = outputs[0].data<T>();
    std::fill_n(y, outputs[0].size(), T{});
    for (std::int64_t bin = 0; bin < bins; ++bin) {
      const std::int64_t left = edge(bin), centre = edge(bin + 1), right = edge(bin + 2);
      for (std::int64_t row = left; row < std::min(std::max(right, centre + 1), rows); ++row) {
        const auto rise = static_cast<double>(row - left), fall = static_cast<double>(right - row);
        const double weight = row == centre  ? 1.0
                              : row < centre ? rise / static_cast<double>(centre - left)
                                             : fall / static_cast<double>(right - centre);
        y[row * bins + bin] = stored<T>(weight);
      }
    }
  });
}

Operator window_operator(std::string_view name, ReferenceKernel kernel) {
  return {name,
          "",
          17,
          1,
          1,
          1,
          1,
          {{"output_datatype", AttributeKind::kInt}, {"periodic", AttributeKind::kInt}},
          infer_window,
          kernel};
}

}  // namespace

std::vector<Operator> signal_window_operators() {
  return {
      window_operator("BlackmanWindow", run_window<blackman>),
      window_operator("HammingWindow", run_window<hamming>),
      window_operator("HannWindow", run_window<hann>),
      {"MelWeightMatrix",
       "",
       17,
       5,
       5,
       1,
       1,
       {{"output_datatype", AttributeKind::kInt}},
       infer_mel_weight_matrix,
       run_mel_weight_matrix},
  };
}

}  // namespace headway
