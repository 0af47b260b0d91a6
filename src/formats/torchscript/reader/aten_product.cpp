#include "formats/torchscript/reader/call.h"

namespace headway::script {
namespace {

IValue linear(Call& call) {
  Value* input = call.tensor("input");
  Value* weight = call.tensor("weight");
  Value* bias = call.optional_tensor("bias");
  if (call.recorder().is_open(input)) {
    TensorType type = input->type;
    type.shape = SymbolicShape{call.recorder().symbol_for(input, 0), call.extent(weight, 1)};
    call.recorder().refine(input, type);
  }
  if (call.rank(input) == 2 && call.rank(weight) == 2) {
    std::vector<Value*> inputs = {input, weight};
    if (bias != nullptr) inputs.push_back(bias);
    return tensor_result(call.node("Gemm", inputs, {{"transB", std::int64_t{1}}}));
  }
  Value* product = call.node(
      "MatMul", {input, call.rank(weight) == 2 ? call.transpose(weight, {1, 0}) : weight});
  return tensor_result(bias == nullptr ? product : call.node("Add", {product, bias}));
}

IValue matmul(Call& call) {
  const DType dtype = promoted({&call.argument("self"), &call.argument("other")});
  return tensor_result(call.node("MatMul", {call.operand(call.argument("self"), dtype),
                                            call.operand(call.argument("other"), dtype)}));
}

IValue addmm(Call& call) {
  return tensor_result(call.node("Gemm",
                                 {call.tensor("mat1"), call.tensor("mat2"), call.tensor("self")},
                                 {{"alpha", static_cast<float>(call.number("alpha"))},
                                  {"beta", static_cast<float>(call.number("beta"))}}));
}

IValue baddbmm(Call& call) {
  Value* product = call.node("MatMul", {call.tensor("mat1"), call.tensor("mat2")});
  const DType dtype = call.graph().dtype(product);
  if (call.number("alpha") != 1)
    product = call.node("Mul", {product, call.scalar(call.number("alpha"), dtype)});
  if (call.number("beta") == 0) return tensor_result(product);
  Value* added = call.tensor("self");
  if (call.number("beta") != 1)
    added = call.node("Mul", {added, call.scalar(call.number("beta"), dtype)});
  return tensor_result(call.node("Add", {added, product}));
}

IValue einsum(Call& call) {
  std::vector<Value*> inputs;
  for (const TensorRef& cell : call.tensors("tensors")) inputs.push_back(read(cell));
  return tensor_result(call.node("Einsum", inputs, {{"equation", call.text("equation")}}));
}

constexpr std::string_view kAdded = "self, mat1, mat2, beta=1, alpha=1";

constexpr AtenOperator kOperators[] = {
    {"linear", "input, weight, bias=None", linear},
    {"matmul", "self, other", matmul},
    {"mm", "self, other", matmul},
    {"bmm", "self, other", matmul},
    {"mv", "self, other", matmul},
    {"dot", "self, other", matmul},
    {"addmm", kAdded, addmm},
    {"baddbmm", kAdded, baddbmm},
    {"einsum", "equation, tensors, path=None", einsum},
};

}  // namespace

std::span<const AtenOperator> product_operators() {
  return kOperators;
}

}  // namespace headway::script
