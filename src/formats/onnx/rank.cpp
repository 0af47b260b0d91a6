#include "formats/onnx/rank.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "ops/elements.h"

namespace headway::onnx {
namespace {

// clang-format off
constexpr auto kLikeFirstInput = std::to_array<std::string_view>({
    "Abs", "AveragePool", "BatchNormalization", "Cast", "CastLike", "Ceil", "Clip", "Concat",
    "Conv", "Cos", "CumSum", "DequantizeLinear", "Dropout", "Elu", "Erf", "Exp", "Floor",
    "Gelu", "GlobalAveragePool", "GlobalMaxPool", "GroupNormalization", "HardSigmoid",
    "HardSwish", "Identity", "InstanceNormalization", "LayerNormalization", "LeakyRelu",
    "LogSoftmax", "MaxPool", "Neg", "Not", "PRelu", "Pad", "QuantizeLinear", "RMSNormalization",
    "Reciprocal", "Relu", "Resize", "RotaryEmbedding", "Round", "ScatterElements", "ScatterND",
    "Sigmoid", "Sin", "Slice", "Softmax", "Softplus", "Split", "Sqrt", "Swish", "Tanh", "Tile",
    "Transpose", "Trilu"});
// clang-format on

constexpr auto kBroadcasts = std::to_array<std::string_view>(
    {"Add", "And", "Div", "Equal", "Greater", "Less", "MatMul", "Mul", "Or", "Pow", "Sub"});

template <typename Names>
bool is_one_of(const Node& node, const Names& names) {
  return std::ranges::find(names, node.op_type()) != names.end();
}

}  // namespace

std::optional<std::int64_t> Ranks::of(const Value* value) const {
  if (value == nullptr) return std::nullopt;
  if (value->type.shape) return static_cast<std::int64_t>(value->type.shape->size());
  const auto found = ranks_.find(value);
  return found == ranks_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::int64_t> Ranks::length(const Value* value) const {
  if (value == nullptr) return std::nullopt;
  const auto shape = value->type.static_shape();
  if (shape) return shape->size() == 1 ? std::optional(shape->front()) : std::nullopt;
  const auto found = lengths_.find(value);
  return found == lengths_.end() ? std::nullopt : std::optional(found->second);
}

void Ranks::add(const Node& node) {
  constexpr std::int64_t kMaxRank = 64;  // No tensor has more.
  const auto note = [&](auto& map, std::optional<std::int64_t> number) {
    if (!number || *number < 0 || *number > kMaxRank) return;
    for (const Value* output : node.outputs())
      if (output != nullptr) map[output] = *number;
  };
  note(ranks_, of_result(node));
  note(lengths_, length_of_result(node));
}

/// Of Unsqueeze, and of Squeeze if it says which axes it takes away.
std::optional<std::int64_t> Ranks::with_axes(const Node& node, bool more) const {
  const auto rank = of(node.input(0));
  const auto attribute = static_cast<std::int64_t>(node.get_ints("axes", {}).size());
  const auto axes = attribute != 0 ? std::optional(attribute) : length(node.input(1));
  if (!rank || !axes) return std::nullopt;
  return more ? *rank + *axes : *rank - *axes;
}

/// Of a vector from one constant place to another.
std::optional<std::int64_t> Ranks::length_of_slice(const Node& node) const {
  const auto whole = length(node.input(0));
  const auto bound = [&](std::size_t index) -> std::optional<std::int64_t> {
    const Value* value = node.input(index);
    if (value == nullptr || !value->is_constant() || value->constant().size() != 1)
      return std::nullopt;
    return to_ints(aligned(value->constant()))[0];
  };
  const auto first = bound(1), last = bound(2);
  if (!whole || !first || !last || (node.input(4) != nullptr && bound(4) != 1)) return std::nullopt;
  const auto place = [&](std::int64_t at) {
    return std::clamp<std::int64_t>(at < 0 ? at + *whole : at, 0, *whole);
  };
  return std::max<std::int64_t>(place(*last) - place(*first), 0);
}

/// Of the vectors that shapes are made of.
std::optional<std::int64_t> Ranks::length_of_result(const Node& node) const {
  if (!node.domain().empty()) return std::nullopt;
  if (node.is("Shape") && node.get_int("start", 0) == 0 && !node.has("end"))
    return of(node.input(0));
  if (node.is("Gather") && length(node.input(0))) return length(node.input(1));
  if (node.is("Slice")) return length_of_slice(node);
  if (node.is("Unsqueeze") && of(node.input(0)) == 0) return 1;
  if (node.is("Cast") || node.is("Identity")) return length(node.input(0));
  if (!node.is("Concat")) return std::nullopt;
  std::int64_t sum = 0;
  for (const Value* input : node.inputs()) {
    const auto part = length(input);
    if (!part || *part > 64 || sum > 64) return std::nullopt;
    sum += *part;
  }
  return sum;
}

std::optional<std::int64_t> Ranks::of_result(const Node& node) const {
  if (!node.domain().empty()) return std::nullopt;
  if (node.is("Flatten") || node.is("Gemm")) return 2;
  if (is_one_of(node, kLikeFirstInput)) return of(node.input(0));
  if (is_one_of(node, kBroadcasts)) {
    const auto left = of(node.input(0)), right = of(node.input(1));
    return left && right ? std::optional(std::max(*left, *right)) : std::nullopt;
  }
  if (node.is("Gather")) {
    const auto data = of(node.input(0)), indices = of(node.input(1));
    return data && indices ? std::optional(*data + *indices - 1) : std::nullopt;
  }
  if (node.is("Unsqueeze")) return with_axes(node, true);
  if (node.is("Squeeze")) return with_axes(node, false);
  if (node.is("Expand")) {
    const auto from = of(node.input(0)), to = length(node.input(1));
    return from && to ? std::optional(std::max(*from, *to)) : std::nullopt;
  }
  if (node.is("Reshape")) return length(node.input(1));
  if (node.is("ConstantOfShape")) return length(node.input(0));
  if (node.is("Shape")) return 1;
  return std::nullopt;
}

}  // namespace headway::onnx
