#include "formats/onnx/write_form.h"

#include <algorithm>

#include "ops/operator.h"

namespace headway::onnx {
namespace {

/// Since opset 18 axes are an input; ReduceSum's are one already.
void convert_reduction(Graph& graph, Node& node) {
  if (!node.has("axes")) return;
  const std::vector<std::int64_t> axes = node.get_ints("axes", {});
  node.attributes.erase(node.attributes.find("axes"));
  const Shape shape = {static_cast<std::int64_t>(axes.size())};
  node.set_input(
      1, graph.add_constant(node.name() + ".axes", Tensor::from<std::int64_t>(shape, axes)));
}

/// Since opset 18 an even split says into how many parts.
void convert_split(Node& node) {
  if (node.input(1) == nullptr)
    node.attributes["num_outputs"] = static_cast<std::int64_t>(node.outputs().size());
}

void convert_grid_sample(Node& node) {
  const std::string mode = node.get_string("mode", "bilinear");
  node.attributes["mode"] = mode == "bilinear"  ? std::string("linear")
                            : mode == "bicubic" ? std::string("cubic")
                                                : mode;
}

}  // namespace

WriteForm write_form(const Graph& graph) {
  WriteForm form{graph.clone()};
  for (const Node* node : form.graph.nodes()) {
    const Operator* op = find_operator(node->op_type(), node->domain());
    if (op != nullptr && op->domain.empty())
      form.opset = std::max<std::int64_t>(form.opset, op->since_version);
  }
  if (form.opset < 18) return form;
  for (Node* node : form.graph.nodes()) {
    if (!node->domain().empty()) continue;
    if (node->op_type().starts_with("Reduce")) convert_reduction(form.graph, *node);
    if (node->is("Split")) convert_split(*node);
    if (node->is("GridSample") && form.opset >= 20) convert_grid_sample(*node);
  }
  return form;
}

}  // namespace headway::onnx
