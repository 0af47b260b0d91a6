#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "base/narrow.h"
#include "graph/text.h"
#include "ops/elements.h"
#include "ops/facts.h"

using namespace headway;

namespace {

/// Choices that the fuzzer makes; zeros once its bytes are spent.
class Choices {
 public:
  explicit Choices(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  std::size_t below(std::size_t bound) {
    std::size_t choice = byte();
    if (bound > 256) choice = choice << 8 | byte();
    return choice % bound;
  }
  template <typename T, std::size_t n>
  T among(const std::array<T, n>& all) {
    return all[below(n)];
  }

  std::int64_t integer() {
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    constexpr std::int64_t kInt32Max = std::numeric_limits<std::int32_t>::max();
    constexpr std::array kExtremes = {kMax,
                                      -kMax - 1,
                                      kMax - 1,
                                      -kMax,
                                      kMax / 2,
                                      kMax / 4,
                                      kInt32Max,
                                      kInt32Max + 1,
                                      -kInt32Max - 1,
                                      std::int64_t{1} << 40,
                                      std::int64_t{1000}};
    if (below(8) == 7) return among(kExtremes);
    return static_cast<std::int64_t>(below(12)) - 3;
  }
  float real() {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    constexpr std::array kExtremes = {
        kInfinity, -kInfinity, -0.0f, 1e30f,
        -1e30f,    1e-30f,     1e10f, std::numeric_limits<float>::quiet_NaN()};
    if (below(8) == 7) return among(kExtremes);
    return static_cast<float>(below(12)) * 0.5f - 1.5f;
  }
  std::string word() {
    constexpr std::array kWords = {"",
                                   "NOTSET",
                                   "SAME_UPPER",
                                   "SAME_LOWER",
                                   "VALID",
                                   "nearest",
                                   "linear",
                                   "cubic",
                                   "constant",
                                   "edge",
                                   "reflect",
                                   "wrap",
                                   "sum",
                                   "mean",
                                   "max",
                                   "min",
                                   "add",
                                   "mul",
                                   "none",
                                   "bilinear",
                                   "zeros",
                                   "border",
                                   "forward",
                                   "reverse",
                                   "Relu",
                                   "Sigmoid",
                                   "tanh",
                                   "bidirectional",
                                   "floor",
                                   "ceil",
                                   "asymmetric",
                                   "half_pixel",
                                   "DCR",
                                   "CRD",
                                   "ij,jk->ik",
                                   "i,i->",
                                   "tf_crop_and_resize",
                                   "align_corners",
                                   "...i,...i->...",
                                   "LINEAR",
                                   "BRANCH_LEQ",
                                   "LEAF"};
    return among(kWords);
  }

 private:
  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const std::uint8_t first = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return first;
  }

  std::span<const std::uint8_t> bytes_;
};

constexpr std::array kDTypes = {
    DType::kFloat32, DType::kInt64,   DType::kInt32,       DType::kBool,    DType::kUInt8,
    DType::kInt8,    DType::kFloat16, DType::kString,      DType::kFloat64, DType::kUInt64,
    DType::kUInt16,  DType::kInt4,    DType::kFloat8E4M3FN};

Tensor tensor_of(Choices& choices, DType dtype, const Shape& shape) {
  const auto size = static_cast<std::size_t>(num_elements(shape));
  const std::size_t drawn = std::min<std::size_t>(size, 16);  // The others repeat them.
  if (dtype == DType::kString) {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < size; ++i)
      words.push_back(i < drawn ? choices.word() : words[i - drawn]);
    return Tensor::from<std::string>(shape, words);
  }
  if (is_floating_point(dtype) || is_narrow(dtype)) {
    std::vector<float> reals;
    for (std::size_t i = 0; i < size; ++i)
      reals.push_back(i < drawn ? choices.real() : reals[i - drawn]);
    return Tensor::from<float>(shape, reals).to(dtype);
  }
  std::vector<std::int64_t> integers;
  for (std::size_t i = 0; i < size; ++i)
    integers.push_back(i < drawn ? choices.integer() : integers[i - drawn]);
  return Tensor::from<std::int64_t>(shape, integers).to(dtype);
}

Attribute attribute_of(Choices& choices, AttributeKind kind) {
  const std::size_t count = choices.below(7);
  std::vector<std::int64_t> integers;
  std::vector<float> reals;
  std::vector<std::string> words;
  switch (kind) {
    case AttributeKind::kInt:
      return choices.integer();
    case AttributeKind::kFloat:
      return choices.real();
    case AttributeKind::kString:
      return choices.word();
    case AttributeKind::kInts:
      for (std::size_t i = 0; i < count; ++i) integers.push_back(choices.integer());
      return integers;
    case AttributeKind::kFloats:
      for (std::size_t i = 0; i < count; ++i) reals.push_back(choices.real());
      return reals;
    case AttributeKind::kStrings:
      for (std::size_t i = 0; i < count; ++i) words.push_back(choices.word());
      return words;
    default:
      return tensor_of(choices, choices.among(kDTypes), {static_cast<std::int64_t>(count)});
  }
}

/// A node over inputs of arbitrary types.
struct Case {
  Graph graph{"fuzz"};
  Node* node = nullptr;
  std::vector<Tensor> inputs;
};

Case case_of(Choices& choices) {
  const Operator& op = all_operators()[choices.below(all_operators().size())];
  Case made;
  const auto spare = static_cast<std::size_t>(std::min(op.max_inputs - op.min_inputs, 4));
  const std::size_t count = static_cast<std::size_t>(op.min_inputs) + choices.below(spare + 1);
  const DType usual = choices.among(kDTypes);
  Shape usual_shape(choices.below(5));
  for (std::int64_t& extent : usual_shape) extent = static_cast<std::int64_t>(choices.below(5));
  std::vector<Value*> values;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t way = choices.below(6);
    const DType dtype = way < 3 ? usual : choices.among(kDTypes);
    Shape shape = usual_shape;
    if (way % 3 != 0) {
      shape.resize(choices.below(5));
      for (std::int64_t& extent : shape) extent = static_cast<std::int64_t>(choices.below(5));
    }
    made.inputs.push_back(tensor_of(choices, dtype, shape));
    values.push_back(choices.below(2) == 0 ? made.graph.add_constant("", made.inputs.back())
                                           : made.graph.add_input("", {made.inputs.back().dtype(),
                                                                       to_symbolic(shape)}));
  }
  Attributes attributes;
  for (const AttributeSpec& spec : op.attributes)
    if (spec.required || choices.below(2) == 0)
      attributes.emplace(spec.name, attribute_of(choices, spec.kind));
  const auto outputs = static_cast<std::size_t>(std::min(op.max_outputs, 4));
  made.node = made.graph.add_node(
      op.name, values, std::vector<std::string>(outputs > 1 ? choices.below(outputs) + 1 : 1),
      std::move(attributes), "", op.domain);
  for (Value* output : made.node->outputs()) made.graph.add_output(output);
  return made;
}

/// True if computing the outputs takes no time worth mentioning.
bool is_small(const Graph& graph) {
  constexpr double kMaxElements = 1 << 13;
  for (const Value* output : graph.outputs()) {
    const auto shape = output->type.static_shape();
    if (!shape) return false;
    double elements = 1;
    for (const std::int64_t extent : *shape) elements *= static_cast<double>(extent);
    if (elements > kMaxElements) return false;
  }
  return true;
}

}  // namespace

// Whatever the inputs of a node, it is computed by its reference kernel, or refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices choices({data, size});
  Case made = case_of(choices);
  try {
    infer_types(made.graph);
    if (is_small(made.graph)) run_reference(*made.node, made.inputs);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInternal) return 0;
    std::cerr << print_graph(made.graph) << error.what() << '\n';
    std::abort();
  }
  return 0;
}
