#include <limits>

#include "formats/torchscript/reader/call.h"

namespace headway::script {
namespace {

IValue cat(Call& call) {
  std::vector<Value*> parts;
  std::vector<IValue> operands;
  for (const TensorRef& cell : call.tensors("tensors")) operands.emplace_back(cell);
  std::vector<const IValue*> pointers;
  for (const IValue& operand : operands) pointers.push_back(&operand);
  const DType dtype = promoted(pointers);
  for (const IValue& operand : operands) {
    Value* value = call.operand(operand, dtype);
    // An empty list of old, which joins with anything.
    const auto shape = value->type.static_shape();
    if (!(shape && *shape == Shape{0})) parts.push_back(value);
  }
  if (parts.empty()) call.unsupported("nothing to join");
  if (parts.size() == 1) return tensor_result(parts[0]);
  const std::int64_t axis = call.axis(call.integer("dim"), call.rank(parts[0]));
  return tensor_result(call.node("Concat", parts, {{"axis", axis}}));
}

IValue stack(Call& call) {
  std::vector<Value*> parts;
  const std::vector<IValue> items = call.items("tensors");
  std::vector<const IValue*> pointers;
  for (const IValue& item : items) pointers.push_back(&item);
  const DType dtype = promoted(pointers);
  for (const IValue& item : items) parts.push_back(call.operand(item, dtype));
  if (parts.empty()) call.unsupported("nothing to stack");
  const std::int64_t axis = call.axis(call.integer("dim"), call.rank(parts[0]) + 1);
  for (Value*& part : parts) part = call.unsqueeze(part, {axis});
  return tensor_result(parts.size() == 1 ? parts[0] : call.node("Concat", parts, {{"axis", axis}}));
}

IValue repeat(Call& call) {
  Value* input = call.tensor("self");
  const std::vector<Extent> repeats = call.extents("repeats");
  Ints axes;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(repeats.size()) - call.rank(input); ++i)
    axes.push_back(i);
  if (!axes.empty()) input = call.unsqueeze(input, axes);
  return tensor_result(call.node("Tile", {input, call.extents_value(repeats)}));
}

IValue flip(Call& call) {
  Value* input = call.tensor("self");
  for (const std::int64_t axis : call.ints("dims"))
    input = call.slice(input, call.axis(axis, call.rank(input)), -1,
                       std::numeric_limits<std::int64_t>::min() + 1, -1);
  return tensor_result(input);
}

IValue roll(Call& call) {
  Value* input = call.tensor("self");
  const Ints shifts = call.ints("shifts"), dims = call.ints("dims");
  constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
  if (shifts.size() != dims.size()) call.unsupported("a roll over flattened elements");
  for (std::size_t i = 0; i < shifts.size(); ++i) {
    const std::int64_t axis = call.axis(dims[i], call.rank(input));
    const Dim& dim = call.shape(input)[static_cast<std::size_t>(axis)];
    const std::int64_t shift =
        dim.is_static() && dim.extent() > 0 ? shifts[i] % dim.extent() : shifts[i];
    if (shift == 0) continue;
    input = call.node("Concat",
                      {call.slice(input, axis, -shift, kEnd), call.slice(input, axis, 0, -shift)},
                      {{"axis", axis}});
  }
  return tensor_result(input);
}

/// ATen pads the last axis first.
IValue padded(Call& call, const std::string& mode, double fill) {
  Value* input = call.tensor("self");
  const Ints given = call.ints("pad");
  const auto rank = static_cast<std::size_t>(call.rank(input));
  if (given.size() % 2 != 0 || given.size() / 2 > rank)
    call.unsupported(given.size(), " paddings for ", rank, " dimensions");
  Ints pads(2 * rank, 0);
  bool none = true;
  for (std::size_t i = 0; i < given.size() / 2; ++i) {
    pads[rank - 1 - i] = given[2 * i];
    pads[2 * rank - 1 - i] = given[2 * i + 1];
    none = none && given[2 * i] == 0 && given[2 * i + 1] == 0;
  }
  if (none) return tensor_result(input);
  const std::string name = mode == "replicate" ? "edge" : mode == "circular" ? "wrap" : mode;
  std::vector<Value*> inputs = {input, call.ints_value(pads)};
  if (mode == "constant") inputs.push_back(call.scalar(fill, call.graph().dtype(input)));
  return tensor_result(call.node("Pad", inputs, {{"mode", name}}));
}
IValue pad(Call& call) {
  return padded(call, call.text("mode"), call.has("value") ? call.number("value") : 0);
}
IValue constant_pad(Call& call) {
  return padded(call, "constant", call.number("value"));
}
IValue reflection_pad(Call& call) {
  return padded(call, "reflect", 0);
}
IValue replication_pad(Call& call) {
  return padded(call, "replicate", 0);
}

/// Every tensor along an axis of its own.
IValue meshgrid(Call& call) {
  const std::vector<TensorRef> cells = call.tensors("tensors");
  std::vector<Extent> extents;
  for (const TensorRef& cell : cells)
    extents.push_back(call.extents_of(call.reshape(read(cell), {std::int64_t{-1}}))[0]);
  const bool swaps = call.text("indexing") == "xy" && cells.size() > 1;
  std::vector<IValue> grids;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    std::vector<Extent> own(cells.size(), std::int64_t{1});
    own[i] = std::int64_t{-1};
    Value* grid = call.expand(call.reshape(read(cells[i]), own), extents);
    if (swaps) {
      Ints order;
      for (std::size_t axis = 0; axis < cells.size(); ++axis)
        order.push_back(static_cast<std::int64_t>(axis));
      std::swap(order[0], order[1]);
      grid = call.transpose(grid, order);
    }
    grids.push_back(tensor_result(grid));
  }
  return list_of(std::move(grids));
}

IValue pixel_shuffle(Call& call) {
  return tensor_result(
      call.node("DepthToSpace", {call.tensor("self")},
                {{"blocksize", call.integer("factor")}, {"mode", std::string("CRD")}}));
}
IValue channel_shuffle(Call& call) {
  Value* input = call.tensor("self");
  const std::vector<Extent> extents = call.extents_of(input);
  const std::int64_t groups = call.integer("groups"), channels = call.extent(input, 1);
  if (groups < 1 || extents.size() != 4)
    call.unsupported("other than groups of an image's channels");
  Value* parts =
      call.reshape(input, {extents[0], groups, channels / groups, extents[2], extents[3]});
  return tensor_result(call.reshape(call.transpose(parts, {0, 2, 1, 3, 4}), extents));
}

constexpr AtenOperator kOperators[] = {
    {"cat", "tensors, dim=0", cat},
    {"concat", "tensors, dim=0", cat},
    {"concatenate", "tensors, dim=0", cat},
    {"stack", "tensors, dim=0", stack},
    {"repeat", "self, repeats", repeat},
    {"flip", "self, dims", flip},
    {"roll", "self, shifts, dims=[]", roll},
    {"pad", "self, pad, mode=\"constant\", value=None", pad},
    {"constant_pad_nd", "self, pad, value=0", constant_pad},
    {"reflection_pad1d", "self, pad", reflection_pad},
    {"reflection_pad2d", "self, pad", reflection_pad},
    {"replication_pad1d", "self, pad", replication_pad},
    {"replication_pad2d", "self, pad", replication_pad},
    {"meshgrid", "tensors, indexing=\"ij\"", meshgrid},
    {"pixel_shuffle", "self, factor", pixel_shuffle},
    {"channel_shuffle", "self, groups", channel_shuffle},
};

}  // namespace

std::span<const AtenOperator> join_operators() {
  return kOperators;
}

}  // namespace headway::script
