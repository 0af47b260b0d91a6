#include "formats/onnx/contrib/families.h"

namespace headway::onnx {
namespace {

Value* gelu(Expansion& e, Value* x, const char* approximate) {
  return e.add("Gelu", {x}, {{"approximate", std::string(approximate)}});
}

void expand_gelu(Expansion& e) {
  e.yield(0, gelu(e, e.input(0), "none"));
}

void expand_bias_gelu(Expansion& e) {
  e.yield(0, gelu(e, e.plus(e.input(0), e.input(1)), "none"));
}

void expand_fast_gelu(Expansion& e) {
  e.yield(0, gelu(e, e.plus(e.input(0), e.optional_input(1)), "tanh"));
}

/// GemmFastGelu(X, W, bias?): the tanh approximation of X · W + bias.
void expand_gemm_fast_gelu(Expansion& e) {
  Value* product = e.add("MatMul", {e.input(0), e.input(1)});
  e.yield(0, gelu(e, e.plus(product, e.optional_input(2)), "tanh"));
}

void expand_quick_gelu(Expansion& e) {
  e.yield(0, e.add("Swish", {e.input(0)}, {{"alpha", e.get_float("alpha", 1.702f)}}));
}

/// The first half of the last axis times Gelu of the second.
void expand_bias_split_gelu(Expansion& e) {
  Value* sum = e.plus(e.input(0), e.input(1));
  const auto halves = e.add_many("Split", {sum}, 2, {{"axis", std::int64_t{-1}}});
  e.yield(0, e.add("Mul", {halves[0], gelu(e, halves[1], "none")}));
}

void expand_bias_add(Expansion& e) {
  e.yield(0, e.plus(e.plus(e.input(0), e.input(1)), e.input(2)));
}

void expand_bias_softmax(Expansion& e) {
  const std::int64_t rank = e.rank(e.input(0)), axis = e.get_int("axis", 1);
  if (axis != -1 && axis != rank - 1) e.refuse("a softmax over several axes is not supported");
  Value* sum = e.plus(e.input(0), e.input(1));
  e.yield(0, e.add("Softmax", {sum}, {{"axis", std::int64_t{-1}}}));
}

}  // namespace

std::vector<ContribOperator> contrib_activations() {
  return {{"BiasAdd", {}, expand_bias_add},
          {"BiasGelu", {}, expand_bias_gelu},
          {"BiasSoftmax", {"axis", "is_inner_broadcast"}, expand_bias_softmax},
          {"BiasSplitGelu", {}, expand_bias_split_gelu},
          {"FastGelu", {}, expand_fast_gelu},
          {"Gelu", {}, expand_gelu},
          {"GemmFastGelu", {}, expand_gemm_fast_gelu},
          {"QuickGelu", {"alpha"}, expand_quick_gelu}};
}

}  // namespace headway::onnx
