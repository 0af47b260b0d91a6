#include "ops/body.h"
#include "ops/families.h"
#include "ops/fused.h"

namespace headway {
namespace {

constexpr std::string_view kBody = "body";

void infer_group(InferContext& context) {
  check_body(context.node(), kBody, context.input_count(), 1);
  std::vector<TensorType> types;
  for (std::size_t i = 0; i < context.input_count(); ++i) types.push_back(context.input(i));
  context.set_output(0, infer_body(context.node().body(kBody), types).front());
}

void run_group(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  outputs[0] = run_reference(node.body(kBody), inputs).front();
}

}  // namespace

std::vector<Operator> elementwise_group_operators() {
  constexpr int any = Operator::kVariadic;
  return {{"Elementwise",
           kFusedDomain,
           1,
           1,
           any,
           1,
           1,
           {{kBody, AttributeKind::kGraph, true}},
           infer_group,
           run_group}};
}

}  // namespace headway
