#include "formats/torchscript/op_map.h"

namespace headway::torchscript {
namespace {

void emit_matmul(Emitter& emitter) {
  const Value& weight = emitter.input(1);
  if (weight.is_constant() && weight.constant().rank() == 2 && !emitter.input(0).is_constant()) {
    return emitter.assign(
        call("linear", {emitter.tensor(0), emitter.transposed_constant(weight), "None"}));
  }
  emitter.assign(call("matmul", {emitter.tensor(0), emitter.tensor(1)}));
}

/// True if Gemm's third input is what torch.linear calls a bias.
bool is_bias(const Emitter& emitter) {
  return !emitter.has_input(2) ||
         (emitter.rank(2) == 1 && emitter.shape(2)[0] != Dim(std::int64_t{1}));
}

void emit_gemm(Emitter& emitter) {
  const Node& node = emitter.node();
  const float alpha = node.get_float("alpha", 1), beta = node.get_float("beta", 1);
  const bool transposes_a = node.get_int("transA", 0) != 0;
  const bool transposes_b = node.get_int("transB", 0) != 0;
  const Value& b = emitter.input(1);

  if (alpha == 1 && beta == 1 && !transposes_a && is_bias(emitter) &&
      (transposes_b || b.is_constant())) {
    const std::string weight = transposes_b ? emitter.tensor(1) : emitter.transposed_constant(b);
    return emitter.assign(call("linear", {emitter.tensor(0), weight, emitter.tensor_or_none(2)}));
  }
  const auto matrix = [&](std::size_t slot, bool transposes) {
    return transposes ? call("t", {emitter.tensor(slot)}) : emitter.tensor(slot);
  };
  const std::string left = matrix(0, transposes_a), right = matrix(1, transposes_b);
  if (emitter.has_input(2)) {
    return emitter.assign(call("addmm", {emitter.tensor(2), left, right, "beta=" + number(beta),
                                         "alpha=" + number(alpha)}));
  }
  const std::string product = call("mm", {left, right});
  emitter.assign(alpha == 1 ? product : call("mul", {product, number(alpha)}));
}

void emit_einsum(Emitter& emitter) {
  std::vector<std::string> operands;
  for (std::size_t i = 0; i < emitter.node().inputs().size(); ++i)
    operands.push_back(emitter.tensor(i));
  const std::string equation = emitter.node().get_string("equation", "");
  emitter.assign(call("einsum", {concat('"', equation, '"'), list(operands)}));
}

constexpr OpMapping kMappings[] = {
    {"MatMul", emit_matmul}, {"Gemm", emit_gemm}, {"Einsum", emit_einsum}};

}  // namespace

std::span<const OpMapping> matmul_mappings() {
  return kMappings;
}

}  // namespace headway::torchscript
