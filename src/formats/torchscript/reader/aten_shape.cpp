#include "formats/torchscript/op_map.h"
#include "formats/torchscript/reader/call.h"

/// What programs ask of tensors.
namespace headway::script {
namespace {

IValue size(Call& call) {
  Value* value = call.tensor("self");
  if (call.has("dim")) return call.recorder().extent_of(value, call.integer("dim"));
  std::vector<IValue> extents;
  for (std::int64_t axis = 0; axis < call.rank(value); ++axis)
    extents.push_back(call.recorder().extent_of(value, axis));
  return list_of(std::move(extents));
}
IValue shape(Call& call) {
  return size(call);
}
IValue shape_as_tensor(Call& call) {
  return tensor_result(call.extents_value(call.extents_of(call.tensor("self"))));
}
IValue dim(Call& call) {
  return call.rank(call.tensor("self"));
}
IValue length(Call& call) {
  return call.recorder().extent_of(call.tensor("self"), 0);
}
IValue numel(Call& call) {
  IValue product = std::int64_t{1};
  Value* value = call.tensor("self");
  for (std::int64_t axis = 0; axis < call.rank(value); ++axis)
    product = *call_scalar_operator(call.recorder(), "mul",
                                    {product, call.recorder().extent_of(value, axis)});
  return product;
}
IValue dtype(Call& call) {
  return std::int64_t{torchscript::scalar_type_of(call.graph().dtype(call.tensor("self")))};
}
IValue is_floating(Call& call) {
  return is_floating_point(call.graph().dtype(call.tensor("self")));
}
IValue device(Call&) {
  return std::string("cpu");
}
IValue layout(Call&) {
  return std::int64_t{0};
}

/// to(dtype), to(device, dtype) and to(other).
IValue to(Call& call) {
  Value* value = call.tensor("self");
  std::optional<DType> wanted = call.dtype("dtype");
  if (call.is_tensor("target")) {
    wanted = call.graph().dtype(call.tensor("target"));
  } else if (std::holds_alternative<std::int64_t>(call.argument("target"))) {
    wanted = call.dtype("target");
  } else if (std::holds_alternative<std::int64_t>(call.argument("second"))) {
    wanted = call.dtype("second");
  }
  if (!wanted || *wanted == call.graph().dtype(value)) return call.reference("self");
  return tensor_result(call.cast(value, *wanted));
}
IValue to_type(Call& call, DType dtype) {
  Value* value = call.tensor("self");
  if (call.graph().dtype(value) == dtype) return call.reference("self");
  return tensor_result(call.cast(value, dtype));
}
IValue type_as(Call& call) {
  return to_type(call, call.graph().dtype(call.tensor("other")));
}
IValue to_float(Call& call) {
  return to_type(call, DType::kFloat32);
}
IValue to_long(Call& call) {
  return to_type(call, DType::kInt64);
}
IValue to_half(Call& call) {
  return to_type(call, DType::kFloat16);
}

constexpr AtenOperator kOperators[] = {
    {"size", "self, dim=None", size},
    {"shape", "self, dim=None", shape},
    {"_shape_as_tensor", "self", shape_as_tensor},
    {"dim", "self", dim},
    {"len", "self", length},
    {"numel", "self", numel},
    {"dtype", "self", dtype},
    {"is_floating_point", "self", is_floating},
    {"device", "self", device},
    {"layout", "self", layout},
    {"to", "self, target=None, second=None, third=None, fourth=None, fifth=None, dtype=None", to},
    {"type_as", "self, other", type_as},
    {"float", "self", to_float},
    {"long", "self", to_long},
    {"half", "self", to_half},
};

}  // namespace

std::span<const AtenOperator> shape_operators() {
  return kOperators;
}

}  // namespace headway::script
