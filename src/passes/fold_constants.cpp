#include <algorithm>

#include "ops/operator.h"
#include "passes/passes.h"

namespace headway {
namespace {

/// A result larger than this is computed in advance only if it is no larger than what it replaces:
/// a program must not grow by what a few instructions make. Large enough for attention masks.
constexpr std::size_t kMaxGrowth = std::size_t{1} << 20;

/// Weights stored in 8 bits or fewer may grow more: convolutions and products of matrices pack
/// what is constant once, and what is not in every run.
constexpr std::size_t kMaxWeights = std::size_t{1} << 26;

bool makes_weights(const Node& node) {
  if (!node.is("DequantizeLinear")) return false;
  return std::ranges::all_of(node.output()->users(), [&](const Node* user) {
    const bool multiplies = user->is("Conv") || user->is("Gemm") || user->is("MatMul");
    return multiplies && user->input(1) == node.output() && user->input(0) != node.output();
  });
}

Value* first_used_output(const Graph& graph, const Node& node) {
  for (Value* output : node.outputs()) {
    if (output != nullptr && (!output->users().empty() || graph.is_output(output))) return output;
  }
  return nullptr;
}

std::size_t byte_size(const TensorType& type) {
  return static_cast<std::size_t>(num_elements(*type.static_shape())) * size_of(type.dtype);
}

/// The operands of a node that can be computed now. Shape reads its operand's type only, so any
/// memory will do.
std::optional<std::vector<Tensor>> known_inputs(const Node& node) {
  std::vector<Tensor> inputs;
  for (const Value* input : node.inputs()) {
    if (input == nullptr) {
      inputs.emplace_back();
    } else if (input->is_constant()) {
      inputs.push_back(input->constant());
    } else if (const auto shape = input->type.static_shape();
               shape && (node.is("Shape") || node.is("Size"))) {
      alignas(64) static std::byte nothing;
      inputs.push_back(Tensor::borrow(&nothing, input->type.dtype, *shape, nullptr));
    } else {
      return std::nullopt;
    }
  }
  return inputs;
}

std::optional<Patch> propose(Graph& graph, Node& node) {
  Value* output = first_used_output(graph, node);
  if (output == nullptr || !output->type.static_shape()) return std::nullopt;
  const auto inputs = known_inputs(node);
  if (!inputs) return std::nullopt;
  std::size_t replaced = makes_weights(node) ? kMaxWeights : kMaxGrowth;
  for (const Value* input : node.inputs()) {
    if (input != nullptr && input->is_constant()) replaced += input->constant().byte_size();
  }
  if (byte_size(output->type) > replaced) return std::nullopt;

  const auto position = std::ranges::find(node.outputs(), output) - node.outputs().begin();
  const std::vector<Tensor> results = run_reference(node, *inputs);
  return Patch{output, graph.add_constant(output->name() + "_folded",
                                          results[static_cast<std::size_t>(position)])};
}

}  // namespace

const Pass kFoldConstants = {"fold-constants", propose};

}  // namespace headway
