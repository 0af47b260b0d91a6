#include "passes/passes.h"
#include "passes/pattern.h"

namespace headway {
namespace {

/// True if each element of the addend is added to a whole column, or there is one for every element
/// of the product: what a product can add on its way.
bool is_row_or_whole(const Shape& addend, const Shape& output) {
  if (addend == output) return true;
  return !addend.empty() && addend.back() == output[1] && num_elements(addend) == output[1];
}

Value* scaled(Graph& graph, const Node& node, Value* addend, float beta) {
  Value* factor = graph.add_constant("", Tensor::from<float>({}, {beta}));
  Node* mul = graph.insert_node(&node, "Mul", {addend, factor}, {""}, {}, node.name());
  mul->output()->type = addend->type;
  return mul->output();
}

/// A Gemm whose addend has a factor, or another shape than the product or one row of it, leaves
/// that to nodes of their own.
std::optional<Patch> propose(Graph& graph, Node& node) {
  if (!node.is("Gemm") || node.input(2) == nullptr) return std::nullopt;
  if (node.input(2)->type.dtype != DType::kFloat32) return std::nullopt;
  const auto addend = node.input(2)->type.static_shape(),
             output = node.output()->type.static_shape();
  if (!addend || !output) return std::nullopt;
  const float beta = node.get_float("beta", 1.0F);
  const bool fits = is_row_or_whole(*addend, *output);
  if (beta == 1.0F && fits) return std::nullopt;

  Value* last = beta == 1.0F ? node.input(2) : scaled(graph, node, node.input(2), beta);
  Attributes attributes = node.attributes;
  attributes.erase("beta");
  std::vector<Value*> inputs = {node.input(0), node.input(1)};
  if (fits) inputs.push_back(last);
  Node* gemm = graph.insert_node(&node, "Gemm", inputs, {node.output()->name() + "_product"},
                                 attributes, node.name());
  if (fits) return Patch{node.output(), gemm->output()};
  gemm->output()->type = node.output()->type;
  Node* add = graph.insert_node(&node, "Add", {gemm->output(), last}, {""}, {}, node.name());
  return Patch{node.output(), add->output()};
}

}  // namespace

const Pass kSplitGemm = {"split-gemm", propose};

}  // namespace headway
