#include <algorithm>

#include "formats/torchscript/reader/call.h"

namespace headway::script {
namespace {

Value* filled(Call& call, std::int64_t size, float value, DType dtype) {
  Tensor tensor = Tensor::allocate(DType::kFloat32, {size});
  std::ranges::fill(tensor.values<float>(), value);
  return call.graph().constant(tensor.to(dtype));
}

IValue batch_norm(Call& call) {
  Value* input = call.tensor("input");
  Value* mean = call.optional_tensor("running_mean");
  Value* variance = call.optional_tensor("running_var");
  if (call.flag("training") || mean == nullptr || variance == nullptr)
    call.unsupported("it is in training mode; call eval() before saving the model");
  const std::int64_t channels = call.extent(mean, 0);
  const DType dtype = call.graph().dtype(mean);
  Value* weight = call.optional_tensor("weight");
  Value* bias = call.optional_tensor("bias");
  if (weight == nullptr) weight = filled(call, channels, 1, dtype);
  if (bias == nullptr) bias = filled(call, channels, 0, dtype);
  return tensor_result(call.node("BatchNormalization", {input, weight, bias, mean, variance},
                                 {{"epsilon", static_cast<float>(call.number("eps"))}}));
}

IValue layer_norm(Call& call) {
  Value* input = call.tensor("input");
  const Ints shape = call.ints("normalized_shape");
  const DType dtype = call.graph().dtype(input);
  Value* weight = call.optional_tensor("weight");
  Value* bias = call.optional_tensor("bias");
  if (weight == nullptr) {
    Tensor ones = Tensor::allocate(DType::kFloat32, shape);
    std::ranges::fill(ones.values<float>(), 1.0f);
    weight = call.graph().constant(ones.to(dtype));
  }
  std::vector<Value*> inputs = {input, weight};
  if (bias != nullptr) inputs.push_back(bias);
  return tensor_result(call.node("LayerNormalization", inputs,
                                 {{"axis", -static_cast<std::int64_t>(shape.size())},
                                  {"epsilon", static_cast<float>(call.number("eps"))}}));
}

IValue group_norm(Call& call) {
  Value* input = call.tensor("input");
  const std::int64_t channels = call.extent(input, 1);
  const DType dtype = call.graph().dtype(input);
  Value* weight = call.optional_tensor("weight");
  Value* bias = call.optional_tensor("bias");
  if (weight == nullptr) weight = filled(call, channels, 1, dtype);
  if (bias == nullptr) bias = filled(call, channels, 0, dtype);
  return tensor_result(call.node("GroupNormalization", {input, weight, bias},
                                 {{"num_groups", call.integer("num_groups")},
                                  {"epsilon", static_cast<float>(call.number("eps"))}}));
}

IValue instance_norm(Call& call) {
  if (!call.flag("use_input_stats") && call.has("running_mean")) {
    Value* input = call.tensor("input");
    Value* mean = call.tensor("running_mean");
    const std::int64_t channels = call.extent(mean, 0);
    const DType dtype = call.graph().dtype(mean);
    Value* weight = call.has("weight") ? call.tensor("weight") : filled(call, channels, 1, dtype);
    Value* bias = call.has("bias") ? call.tensor("bias") : filled(call, channels, 0, dtype);
    return tensor_result(call.node("BatchNormalization",
                                   {input, weight, bias, mean, call.tensor("running_var")},
                                   {{"epsilon", static_cast<float>(call.number("eps"))}}));
  }
  Value* input = call.tensor("input");
  const std::int64_t channels = call.extent(input, 1);
  const DType dtype = call.graph().dtype(input);
  Value* weight = call.has("weight") ? call.tensor("weight") : filled(call, channels, 1, dtype);
  Value* bias = call.has("bias") ? call.tensor("bias") : filled(call, channels, 0, dtype);
  return tensor_result(call.node("InstanceNormalization", {input, weight, bias},
                                 {{"epsilon", static_cast<float>(call.number("eps"))}}));
}

constexpr AtenOperator kOperators[] = {
    {"batch_norm",
     "input, weight, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled=True",
     batch_norm},
    {"layer_norm", "input, normalized_shape, weight=None, bias=None, eps=1e-05, cudnn_enable=True",
     layer_norm},
    {"group_norm", "input, num_groups, weight=None, bias=None, eps=1e-05, cudnn_enabled=True",
     group_norm},
    {"instance_norm",
     "input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, "
     "cudnn_enabled=True",
     instance_norm},
};

}  // namespace

std::span<const AtenOperator> normalization_operators() {
  return kOperators;
}

}  // namespace headway::script
