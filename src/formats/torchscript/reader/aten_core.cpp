#include <algorithm>
#include <limits>

#include "formats/torchscript/reader/call.h"

/// What decompositions to Core ATen leave of other operators: the same with further results, which
/// inference does not use, or further arguments.
namespace headway::script {
namespace {

/// Results that nothing reads are None.
IValue with_unused(IValue result, std::size_t unused) {
  std::vector<IValue> results(unused + 1);
  results[0] = std::move(result);
  return tuple_of(std::move(results));
}

/// Calls another operator with those of its arguments.
IValue call_with(Call& call, const std::string& name,
                 std::initializer_list<std::string_view> arguments) {
  std::vector<IValue> given;
  for (const std::string_view argument : arguments) given.push_back(call.argument(argument));
  return call_operator(call.recorder(), name, std::move(given), {});
}

IValue native_layer_norm(Call& call) {
  return with_unused(
      call_with(call, "layer_norm", {"input", "normalized_shape", "weight", "bias", "eps"}), 2);
}
IValue native_group_norm(Call& call) {
  return with_unused(call_with(call, "group_norm", {"input", "group", "weight", "bias", "eps"}), 2);
}
IValue batch_norm(Call& call) {
  return with_unused(call_with(call, "batch_norm",
                               {"input", "weight", "bias", "running_mean", "running_var",
                                "training", "momentum", "eps"}),
                     2);
}
IValue max_pool2d(Call& call) {
  return with_unused(
      call_with(call, "max_pool2d",
                {"self", "kernel_size", "stride", "padding", "dilation", "ceil_mode"}),
      1);
}
IValue max_pool3d(Call& call) {
  return with_unused(
      call_with(call, "max_pool3d",
                {"self", "kernel_size", "stride", "padding", "dilation", "ceil_mode"}),
      1);
}
IValue dropout(Call& call) {
  return with_unused(call_with(call, "dropout", {"input", "p", "train"}), 1);
}
IValue attention(Call& call) {
  IValue result = call_operator(
      call.recorder(), "scaled_dot_product_attention",
      {call.argument("query"), call.argument("key"), call.argument("value"),
       call.argument("attn_mask"), 0.0, call.argument("is_causal"), call.argument("scale")},
      {});
  return with_unused(std::move(result), 1);
}
IValue log_softmax(Call& call) {
  return call_with(call, "log_softmax", {"self", "dim"});
}

/// copy_ that gives what it would have written.
IValue copy(Call& call) {
  Value* self = call.tensor("self");
  Value* source = call.cast(call.tensor("src"), call.graph().dtype(self));
  return tensor_result(call.expand(source, call.extents_of(self)));
}

IValue slice_scatter(Call& call) {
  Value* self = call.tensor("self");
  Value* source = call.tensor("src");
  const std::int64_t axis = call.axis(call.integer("dim"), call.rank(self));
  const std::int64_t start = call.has("start") ? call.integer("start") : 0;
  const std::int64_t stop =
      call.has("end") ? call.integer("end") : std::numeric_limits<std::int64_t>::max();
  if (call.integer("step") != 1) call.unsupported("another step than 1");
  if (start == 0 && stop == std::numeric_limits<std::int64_t>::max()) return tensor_result(source);
  const std::int64_t extent = call.extent(self, axis);
  const auto place = [&](std::int64_t index) {
    return std::clamp<std::int64_t>(index < 0 ? index + extent : index, 0, extent);
  };
  return tensor_result(
      call.put_slice(self, source, axis, place(start), std::max(place(start), place(stop))));
}

IValue select_scatter(Call& call) {
  Value* self = call.tensor("self");
  const std::int64_t axis = call.axis(call.integer("dim"), call.rank(self));
  const std::int64_t index = call.axis(call.integer("index"), call.extent(self, axis));
  Value* part = call.unsqueeze(call.tensor("src"), {axis});
  return tensor_result(call.put_slice(self, part, axis, index, index + 1));
}

/// Only where it is another shape of a tensor whose elements lie one after the other.
IValue as_strided(Call& call) {
  const std::vector<Extent> size = call.extents("size");
  const Ints strides = call.ints("stride");
  std::optional<std::int64_t> dense = 1;
  bool is_dense = !call.reference("self")->base && strides.size() == size.size() &&
                  (!call.has("storage_offset") || call.integer("storage_offset") == 0);
  for (std::size_t i = size.size(); is_dense && i-- > 0;) {
    const auto* extent = std::get_if<std::int64_t>(&size[i]);
    if (extent != nullptr && *extent == 1) continue;
    is_dense = dense == strides[i];
    dense = dense && extent != nullptr ? std::optional(*dense * *extent) : std::nullopt;
  }
  if (!is_dense) call.unsupported("strides that are not those of a dense tensor");
  return tensor_result(call.reshape(call.tensor("self"), size));
}

constexpr AtenOperator kOperators[] = {
    {"native_layer_norm", "input, normalized_shape, weight, bias, eps", native_layer_norm},
    {"native_group_norm", "input, weight, bias, N, C, HxW, group, eps", native_group_norm},
    {"native_batch_norm", "input, weight, bias, running_mean, running_var, training, momentum, eps",
     batch_norm},
    {"_native_batch_norm_legit",
     "input, weight, bias, running_mean, running_var, training, momentum, eps", batch_norm},
    {"_native_batch_norm_legit_no_training",
     "input, weight, bias, running_mean, running_var, momentum, eps, training=False", batch_norm},
    {"max_pool2d_with_indices",
     "self, kernel_size, stride=[], padding=0, dilation=1, ceil_mode=False", max_pool2d},
    {"max_pool3d_with_indices",
     "self, kernel_size, stride=[], padding=0, dilation=1, ceil_mode=False", max_pool3d},
    {"native_dropout", "input, p, train", dropout},
    {"_scaled_dot_product_flash_attention_for_cpu",
     "query, key, value, dropout_p=0.0, is_causal=False, attn_mask=None, scale=None", attention},
    {"as_strided", "self, size, stride, storage_offset=None", as_strided},
    {"copy", "self, src, non_blocking=False", copy},
    {"slice_scatter", "self, src, dim=0, start=None, end=None, step=1", slice_scatter},
    {"select_scatter", "self, src, dim, index", select_scatter},
    {"_log_softmax", "self, dim, half_to_float=False", log_softmax},
};

}  // namespace

std::span<const AtenOperator> core_operators() {
  return kOperators;
}

}  // namespace headway::script
