#include "formats/onnx/rank.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace headway::onnx {
namespace {

constexpr auto kLikeFirstInput = std::to_array<std::string_view>({"AveragePool",
                                                                  "BatchNormalization",
                                                                  "Cast",
                                                                  "CastLike",
                                                                  "Clip",
                                                                  "Concat",
                                                                  "Conv",
                                                                  "DequantizeLinear",
                                                                  "Dropout",
                                                                  "Elu",
                                                                  "Erf",
                                                                  "Exp",
                                                                  "Gelu",
                                                                  "GlobalAveragePool",
                                                                  "GlobalMaxPool",
                                                                  "HardSigmoid",
                                                                  "HardSwish",
                                                                  "Identity",
                                                                  "LayerNormalization",
                                                                  "LeakyRelu",
                                                                  "LogSoftmax",
                                                                  "MaxPool",
                                                                  "Pad",
                                                                  "QuantizeLinear",
                                                                  "RMSNormalization",
                                                                  "Relu",
                                                                  "RotaryEmbedding",
                                                                  "Sigmoid",
                                                                  "Slice",
                                                                  "Softmax",
                                                                  "Split",
                                                                  "Sqrt",
                                                                  "Swish",
                                                                  "Tanh",
                                                                  "Transpose"});

constexpr auto kBroadcasts =
    std::to_array<std::string_view>({"Add", "Div", "MatMul", "Mul", "Pow", "Sub"});

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

void Ranks::add(const Node& node) {
  constexpr std::int64_t kMaxRank = 64;  // No tensor has more.
  const auto rank = of_result(node);
  if (!rank || *rank < 0 || *rank > kMaxRank) return;
  for (const Value* output : node.outputs())
    if (output != nullptr) ranks_[output] = *rank;
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
  if (node.is("Reshape") && node.input(1) != nullptr) {
    const auto length = node.input(1)->type.static_shape();
    if (length && length->size() == 1) return length->front();
  }
  return std::nullopt;
}

}  // namespace headway::onnx
