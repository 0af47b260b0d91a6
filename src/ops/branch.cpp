#include "ops/body.h"
#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"

namespace headway {
namespace {

constexpr std::string_view kBranches[] = {"else_branch", "then_branch"};

void infer_if(InferContext& context) {
  const Node& node = context.node();
  require_dtype(context, 0, {DType::kBool});
  const std::vector<TensorType> captured = captured_types(context);
  if (captured.size() + 1 != node.inputs().size())
    context.fail("it has ", node.inputs().size(), " inputs, but only the condition is its own");
  std::vector<TensorType> types[2];
  const Tensor condition = context.constant_input(0);
  const bool known = condition.defined() && condition.size() == 1;
  for (std::size_t i = 0; i < 2; ++i) {
    check_body(node, kBranches[i], captured.size(), node.outputs().size());
    // What will never run need not even be possible.
    if (!known || *condition.data<bool>() == (i == 1))
      types[i] = infer_body(node.body(kBranches[i]), captured);
  }
  for (std::size_t i = 0; i < node.outputs().size(); ++i) {
    context.set_output(i, types[0].empty()   ? types[1][i]
                          : types[1].empty() ? types[0][i]
                                             : common_type(node, types[0][i], types[1][i]));
  }
}

std::vector<Datum> evaluate_if(const Node& node, std::span<const Datum> inputs,
                               EvaluateContext& context) {
  const Tensor& condition = inputs[0].tensor();
  if (condition.size() != 1 || condition.dtype() != DType::kBool) {
    fail(ErrorCode::kInvalidArgument, node.described(), ": the condition is ",
         inputs[0].described(), ", but must be one bool");
  }
  const bool chosen = *condition.data<bool>();
  return context.run(node.body(kBranches[chosen ? 1 : 0]), inputs.subspan(1));
}

}  // namespace

std::vector<Operator> branch_operators() {
  return {{"If",
           "",
           25,
           1,
           Operator::kVariadic,
           1,
           Operator::kVariadic,
           {{"captures", AttributeKind::kInt},
            {"else_branch", AttributeKind::kGraph, true},
            {"then_branch", AttributeKind::kGraph, true}},
           infer_if,
           nullptr,
           evaluate_if}};
}

}  // namespace headway
