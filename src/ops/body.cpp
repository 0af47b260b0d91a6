#include "ops/body.h"

namespace headway {

std::vector<TensorType> infer_body(const Graph& body, std::span<const TensorType> inputs) {
  Graph typed = body.clone();
  for (std::size_t i = 0; i < inputs.size(); ++i) typed.inputs()[i]->type = inputs[i];
  infer_types(typed);
  std::vector<TensorType> outputs;
  for (const Value* output : typed.outputs()) outputs.push_back(output->type);
  return outputs;
}

TensorType common_type(const Node& node, const TensorType& a, const TensorType& b) {
  if (a.dtype != b.dtype || a.is_sequence() != b.is_sequence()) {
    fail(ErrorCode::kInvalidModel, node.described(), ": its bodies give ", a.to_string(), " and ",
         b.to_string(), " where they must give the same");
  }
  TensorType common = a;
  common.container = std::max(a.container, b.container);
  if (!a.shape || !b.shape || a.shape->size() != b.shape->size()) {
    common.shape.reset();
    return common;
  }
  for (std::size_t axis = 0; axis < a.shape->size(); ++axis) {
    Dim& dim = (*common.shape)[axis];
    if (!dim.same_as((*b.shape)[axis])) dim = Dim();
  }
  return common;
}

std::vector<TensorType> captured_types(const InferContext& context) {
  const Node& node = context.node();
  std::vector<TensorType> types;
  for (std::size_t i = node.inputs().size() - node.captures(); i < node.inputs().size(); ++i)
    types.push_back(context.input(i));
  return types;
}

void check_body(const Node& node, std::string_view attribute, std::size_t inputs,
                std::size_t outputs) {
  const Graph& body = node.body(attribute);
  if (body.inputs().size() == inputs && body.outputs().size() == outputs) return;
  fail(ErrorCode::kInvalidModel, node.described(), ": the body '", attribute, "' has ",
       body.inputs().size(), " inputs and ", body.outputs().size(), " outputs, but it needs ",
       inputs, " and ", outputs);
}

}  // namespace headway
