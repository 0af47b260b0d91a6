#include "formats/onnx/contrib/families.h"

namespace headway::onnx {
namespace {

/// The parameters of an activation in the order of the operator's attributes.
Value* activated(Expansion& e, Value* x, const std::string& name,
                 const std::vector<float>& parameters) {
  Attributes attributes;
  const auto take = [&](std::size_t index, const char* attribute) {
    if (index < parameters.size()) attributes.emplace(attribute, parameters[index]);
  };
  if (name.empty()) return x;
  if (name == "Relu" || name == "Tanh" || name == "Sigmoid") return e.add(name, {x});
  if (name == "HardSwish") return e.add(name, {x});
  if (name == "Clip" && parameters.size() == 2)
    return e.add("Clip", {x, e.scalar(parameters[0], x), e.scalar(parameters[1], x)});
  if (name == "LeakyRelu") {
    take(0, "alpha");
  } else if (name == "HardSigmoid") {
    take(0, "alpha");
    take(1, "beta");
  } else {
    e.refuse("its activation '", name, "' is not supported");
  }
  return e.add(name, {x}, std::move(attributes));
}

/// The node's attributes except those named.
Attributes others(const Expansion& e, std::initializer_list<std::string_view> left_out) {
  Attributes attributes = e.node().attributes;
  for (const std::string_view name : left_out) {
    const auto found = attributes.find(name);
    if (found != attributes.end()) attributes.erase(found);
  }
  return attributes;
}

/// act(Conv(X, W, B) + Z)
void expand_fused_conv(Expansion& e) {
  Value* y = e.add("Conv", {e.input(0), e.input(1), e.optional_input(2)},
                   others(e, {"activation", "activation_params"}));
  e.yield(0, activated(e, e.plus(y, e.optional_input(3)), e.node().get_string("activation", ""),
                       e.node().get_floats("activation_params", {})));
}

std::vector<float> gemm_activation_parameters(const Expansion& e) {
  std::vector<float> parameters;
  for (const char* name : {"activation_alpha", "activation_beta", "activation_gamma"}) {
    if (!e.node().has(name)) break;
    parameters.push_back(e.get_float(name, 0));
  }
  return parameters;
}

void expand_fused_gemm(Expansion& e) {
  Value* y =
      e.add("Gemm", {e.input(0), e.input(1), e.optional_input(2)},
            others(e, {"activation", "activation_alpha", "activation_beta", "activation_gamma"}));
  e.yield(0, activated(e, y, e.node().get_string("activation", ""), gemm_activation_parameters(e)));
}

/// transBatch moves the first axis behind the other batch axes; trans swaps the last two axes.
Value* operand(Expansion& e, std::size_t input, const char* trans, const char* trans_batch) {
  Value* value = e.input(input);
  const bool swapped = e.get_int(trans, 0) != 0, rotated = e.get_int(trans_batch, 0) != 0;
  if (!swapped && !rotated) return value;
  const std::int64_t rank = e.rank(value);
  if (rank < 2) return value;
  std::vector<std::int64_t> permutation;
  for (std::int64_t axis = 0; axis < rank; ++axis) permutation.push_back(axis);
  if (rotated && rank > 2) {
    permutation.erase(permutation.begin());
    permutation.insert(permutation.end() - 1, 0);
  }
  if (swapped) std::swap(permutation.back(), permutation[permutation.size() - 2]);
  return e.transpose(value, permutation);
}

Value* fused_product(Expansion& e) {
  Value* product = e.add(
      "MatMul", {operand(e, 0, "transA", "transBatchA"), operand(e, 1, "transB", "transBatchB")});
  const float alpha = e.get_float("alpha", 1.0f);
  return alpha == 1.0f ? product : e.add("Mul", {product, e.scalar(alpha, e.input(0))});
}

void expand_fused_matmul(Expansion& e) {
  e.yield(0, fused_product(e));
}

void expand_fused_matmul_activation(Expansion& e) {
  std::vector<float> parameters;
  for (const char* name : {"activation_alpha", "activation_beta"})
    if (e.node().has(name)) parameters.push_back(e.get_float(name, 0));
  e.yield(0, activated(e, fused_product(e), e.node().get_string("activation", ""), parameters));
}

/// MaxPool of images whose channels come last.
void expand_nhwc_max_pool(Expansion& e) {
  Value* x = e.transpose(e.input(0), {0, 3, 1, 2});
  e.yield(0, e.transpose(e.add("MaxPool", {x}, e.node().attributes), {0, 2, 3, 1}));
}

}  // namespace

std::vector<ContribOperator> contrib_fused() {
  return {
      {"FusedConv",
       {"activation", "activation_params", "auto_pad", "dilations", "group", "kernel_shape", "pads",
        "strides"},
       expand_fused_conv},
      {"FusedGemm",
       {"activation", "activation_alpha", "activation_beta", "activation_gamma", "alpha", "beta",
        "transA", "transB"},
       expand_fused_gemm},
      {"FusedMatMul",
       {"alpha", "transA", "transB", "transBatchA", "transBatchB"},
       expand_fused_matmul},
      {"FusedMatMulActivation",
       {"activation", "activation_alpha", "activation_axis", "activation_beta", "alpha", "transA",
        "transB", "transBatchA", "transBatchB"},
       expand_fused_matmul_activation},
      {"NhwcMaxPool",
       {"auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "strides"},
       expand_nhwc_max_pool},
      {"TransposeMatMul", {"alpha", "transA", "transB"}, expand_fused_matmul},
  };
}

}  // namespace headway::onnx
