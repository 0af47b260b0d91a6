#include <algorithm>
#include <array>
#include <optional>

#include "base/error.h"
#include "formats/torch/pickle.h"

namespace headway::torch {
namespace {

using Kind = PickleObject::Kind;
using Arguments = std::span<const PickleValue>;

[[noreturn]] void wrong(std::string_view function) {
  fail(ErrorCode::kInvalidModel, function, " is called with arguments that it does not take");
}

std::optional<Shape> integers(const PickleValue& value) {
  const PickleObject* tuple = as(value, Kind::kTuple);
  if (tuple == nullptr) tuple = as(value, Kind::kList);
  if (tuple == nullptr) return std::nullopt;
  Shape shape;
  for (const PickleValue& item : tuple->items) {
    const auto* number = std::get_if<std::int64_t>(&item);
    if (number == nullptr) return std::nullopt;
    shape.push_back(*number);
  }
  return shape;
}

Called value(PickleValue result) {
  return {Called::Kind::kValue, std::move(result), {}};
}

/// (storage, offset, shape, strides, …); _v3 has the dtype in seventh place.
Called rebuild_tensor(std::string_view function, Arguments arguments) {
  if (arguments.size() < 4) wrong(function);
  const auto* storage = std::get_if<std::shared_ptr<const Storage>>(&arguments[0]);
  const auto* offset = std::get_if<std::int64_t>(&arguments[1]);
  const std::optional<Shape> shape = integers(arguments[2]), strides = integers(arguments[3]);
  if (storage == nullptr || offset == nullptr || !shape || !strides) wrong(function);
  if ((*storage)->missing) return {};
  std::optional<DType> dtype = (*storage)->dtype;
  if (function == "torch._utils._rebuild_tensor_v3") {
    const PickleObject* name = arguments.size() < 7 ? nullptr : as(arguments[6], Kind::kGlobal);
    if (name == nullptr || !name->name.starts_with("torch.")) wrong(function);
    dtype = dtype_of_name(std::string_view(name->name).substr(6));
  }
  if (!dtype) return {};  // Complex and quantized tensors stay records.
  return value(view_of(**storage, *dtype, *offset, *shape, *strides));
}

Called ordered_dict(std::string_view function, Arguments arguments) {
  Called dict{Called::Kind::kDict, {}, {}};
  if (arguments.empty()) return dict;
  const PickleObject* pairs = as(arguments[0], Kind::kList);
  if (pairs == nullptr || arguments.size() > 1) wrong(function);
  for (const PickleValue& entry : pairs->items) {
    const PickleObject* pair = as(entry, Kind::kList);
    if (pair == nullptr) pair = as(entry, Kind::kTuple);
    if (pair == nullptr || pair->items.size() != 2) wrong(function);
    dict.items.insert(dict.items.end(), pair->items.begin(), pair->items.end());
  }
  return dict;
}

/// Those that give back what they get first.
constexpr std::array<std::string_view, 8> kPassFirst = {
    "torch._utils._rebuild_parameter",    "torch._utils._rebuild_parameter_with_state",
    "torch.nn.parameter.Parameter",       "torch.jit._pickle.build_intlist",
    "torch.jit._pickle.build_doublelist", "torch.jit._pickle.build_boollist",
    "torch.jit._pickle.build_tensorlist", "torch.jit._pickle.restore_type_tag",
};

}  // namespace

Called reduce(std::string_view function, Arguments arguments) {
  if (function == "torch._utils._rebuild_tensor" || function == "torch._utils._rebuild_tensor_v2" ||
      function == "torch._utils._rebuild_tensor_v3")
    return rebuild_tensor(function, arguments);
  if (function == "collections.OrderedDict") return ordered_dict(function, arguments);
  if (std::ranges::find(kPassFirst, function) != kPassFirst.end()) {
    if (arguments.empty()) wrong(function);
    return value(arguments[0]);
  }
  if (function == "torch.Size") {
    const PickleObject* sizes = arguments.size() == 1 ? as(arguments[0], Kind::kTuple) : nullptr;
    if (sizes == nullptr) wrong(function);
    return value(sizes);
  }
  // (function, class, arguments, state): a tensor of a subclass; the class is dropped.
  if (function == "torch._tensor._rebuild_from_type_v2") {
    const PickleObject* inner = arguments.size() == 4 ? as(arguments[0], Kind::kGlobal) : nullptr;
    const PickleObject* given = arguments.size() == 4 ? as(arguments[2], Kind::kTuple) : nullptr;
    if (inner == nullptr || given == nullptr) wrong(function);
    return inner->name == function ? Called{} : reduce(inner->name, given->items);
  }
  return {};
}

}  // namespace headway::torch
