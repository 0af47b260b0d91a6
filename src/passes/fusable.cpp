#include "passes/fusable.h"

#include <array>

#include "ops/fused.h"
#include "passes/pattern.h"

namespace headway {
namespace {

struct Form {
  std::string_view plain, fused;
  std::size_t inputs;
};

constexpr std::array kForms = {
    Form{"Conv", "FusedConv", 4},
    Form{"BatchNormalization", "FusedBatchNormalization", 5},
    Form{"Gemm", "FusedGemm", 3},
    Form{"MatMul", "FusedMatMul", 4},
};

const Form* form_of(const Node& node) {
  for (const Form& form : kForms) {
    if (node.is(form.plain) || node.is(form.fused, kFusedDomain)) return &form;
  }
  return nullptr;
}

}  // namespace

std::optional<Fusable> fusable_producer(const Graph& graph, const Value* value) {
  const Node* node = value->producer();
  if (node == nullptr || value->type.dtype != DType::kFloat32) return std::nullopt;
  const Form* form = form_of(*node);
  if (form == nullptr || !is_private(graph, value)) return std::nullopt;
  if (fused_activation(*node).kind != ActivationKind::kNone) return std::nullopt;
  Fusable fusable{form->fused, node->name(), {}, node->attributes};
  fusable.inputs.assign(node->inputs().begin(), node->inputs().end());
  fusable.inputs.resize(form->inputs, nullptr);
  return fusable;
}

Value* insert_fused(Graph& graph, Node& position, Fusable fusable, const Value& replaced) {
  while (fusable.inputs.back() == nullptr) fusable.inputs.pop_back();
  Node* node = graph.insert_node(&position, fusable.op_type, std::move(fusable.inputs),
                                 {replaced.name() + "_fused"}, std::move(fusable.attributes),
                                 std::string(fusable.name), kFusedDomain);
  return node->output();
}

}  // namespace headway
