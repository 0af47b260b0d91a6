#include <algorithm>
#include <limits>
#include <numeric>

#include "formats/torchscript/reader/call.h"

/// Operators whose results share memory with their input.
namespace headway::script {
namespace {

using View = std::function<Value*(Value*)>;
using Scatter = std::function<Value*(Value*, Value*)>;

IValue view_of(const TensorRef& base, const View& view, Scatter scatter) {
  return make_view(base, view(read(base)), view, std::move(scatter));
}

/// A view whose elements come in the same order.
IValue reshaped_view(Call& call, const std::vector<Extent>& extents) {
  const Builder b = call;
  return view_of(
      call.reference("self"), [=](Value* base) { return b.reshape(base, extents); },
      [=](Value* base, Value* part) { return b.reshape(part, b.extents_of(base)); });
}

IValue view(Call& call) {
  return reshaped_view(call, call.extents("size"));
}
/// A view if the elements lie one after the other.
IValue reshape(Call& call) {
  return make_either(call.reference("self"),
                     call.reshape(call.tensor("self"), call.extents("size")));
}
IValue view_as(Call& call) {
  return reshaped_view(call, call.extents_of(call.tensor("other")));
}

IValue flatten(Call& call) {
  Value* input = call.tensor("self");
  const TensorRef base = call.reference("self");
  const std::int64_t rank = call.rank(input);
  const std::int64_t first = call.axis(call.integer("start_dim"), rank);
  const std::int64_t last = call.axis(call.integer("end_dim"), rank);
  if (rank > 1 && first == 1 && last == rank - 1)
    return make_either(base, call.node("Flatten", {input}, {{"axis", std::int64_t{1}}}));
  std::vector<Extent> extents = call.extents_of(input), flat;
  for (std::int64_t axis = 0; axis < rank; ++axis) {
    if (axis < first || axis > last) flat.push_back(extents[static_cast<std::size_t>(axis)]);
    if (axis == first) flat.emplace_back(std::int64_t{-1});
  }
  if (rank == 0) flat = {std::int64_t{1}};
  return make_either(base, call.reshape(input, flat));
}

IValue unflatten(Call& call) {
  Value* input = call.tensor("self");
  const std::int64_t axis = call.axis(call.integer("dim"), call.rank(input));
  std::vector<Extent> extents = call.extents_of(input);
  const std::vector<Extent> sizes = call.extents("sizes");
  const auto place = extents.erase(extents.begin() + axis);
  extents.insert(place, sizes.begin(), sizes.end());
  return reshaped_view(call, extents);
}

IValue permuted(Call& call, const Ints& order) {
  Ints inverse(order.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    inverse[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
  const Builder b = call;
  return view_of(
      call.reference("self"), [=](Value* base) { return b.transpose(base, order); },
      [=](Value*, Value* part) { return b.transpose(part, inverse); });
}
IValue permute(Call& call) {
  const std::int64_t rank = call.rank(call.tensor("self"));
  Ints order;
  for (const std::int64_t axis : call.ints("dims")) order.push_back(call.axis(axis, rank));
  return permuted(call, order);
}
IValue transpose(Call& call) {
  const std::int64_t rank = call.rank(call.tensor("self"));
  Ints order(static_cast<std::size_t>(rank));
  std::iota(order.begin(), order.end(), 0);
  if (rank == 0) return call.reference("self");
  std::swap(order[static_cast<std::size_t>(call.axis(call.integer("dim0"), rank))],
            order[static_cast<std::size_t>(call.axis(call.integer("dim1"), rank))]);
  return permuted(call, order);
}
IValue t(Call& call) {
  return call.rank(call.tensor("self")) < 2 ? IValue(call.reference("self"))
                                            : permuted(call, {1, 0});
}

IValue movedim(Call& call) {
  const std::int64_t rank = call.rank(call.tensor("self"));
  const Ints from = call.ints("source"), to = call.ints("destination");
  Ints order(static_cast<std::size_t>(rank), -1), rest;
  if (from.size() != to.size()) call.unsupported("as many axes from as to");
  for (std::size_t i = 0; i < from.size(); ++i)
    order[static_cast<std::size_t>(call.axis(to[i], rank))] = call.axis(from[i], rank);
  for (std::int64_t axis = 0; axis < rank; ++axis)
    if (std::ranges::find(order, axis) == order.end()) rest.push_back(axis);
  std::size_t next = 0;
  for (std::int64_t& axis : order)
    if (axis < 0) axis = rest.at(next++);
  return permuted(call, order);
}

IValue unsqueeze(Call& call) {
  const std::int64_t axis = call.axis(call.integer("dim"), call.rank(call.tensor("self")) + 1);
  const Builder b = call;
  return view_of(
      call.reference("self"), [=](Value* base) { return b.unsqueeze(base, {axis}); },
      [=](Value*, Value* part) { return b.squeeze(part, {axis}); });
}
IValue squeeze(Call& call) {
  Value* input = call.tensor("self");
  const std::int64_t rank = call.rank(input);
  Ints axes;
  if (call.has("dim"))
    for (const std::int64_t axis : call.ints("dim")) axes.push_back(call.axis(axis, rank));
  if (!call.has("dim"))
    for (std::int64_t axis = 0; axis < rank; ++axis) axes.push_back(axis);
  std::erase_if(axes, [&](std::int64_t axis) {
    const Dim& dim = call.shape(input)[static_cast<std::size_t>(axis)];
    // A batch that nobody knows is no single sample.
    return rank == 0 || !dim.is_static() || dim.extent() != 1;
  });
  if (axes.empty()) return call.reference("self");
  const Builder b = call;
  return view_of(
      call.reference("self"), [=](Value* base) { return b.squeeze(base, axes); },
      [=](Value*, Value* part) { return b.unsqueeze(part, axes); });
}

IValue select(Call& call) {
  Value* input = call.tensor("self");
  const std::int64_t axis = call.axis(call.integer("dim"), call.rank(input));
  const Extent index = extent_of(call.argument("index"));
  const Builder b = call;
  const auto* number = std::get_if<std::int64_t>(&index);
  if (number == nullptr) {
    Value* place = std::get<SymInt>(index).value;
    const View gather = [=](Value* base) {
      return b.squeeze(b.node("Gather", {base, place}, {{"axis", axis}}), {axis});
    };
    return view_of(call.reference("self"), gather, [=](Value* base, Value* part) {
      return b.put_slice(base, b.unsqueeze(part, {axis}), axis, index);
    });
  }
  const Dim& dim = call.shape(input)[static_cast<std::size_t>(axis)];
  const std::int64_t place = *number < 0 && dim.is_static() ? *number + dim.extent() : *number;
  return view_of(
      call.reference("self"),
      [=](Value* base) {
        return b.node("Gather", {base, b.graph().scalar(place, DType::kInt64)}, {{"axis", axis}});
      },
      [=](Value* base, Value* part) {
        return b.put_slice(base, b.unsqueeze(part, {axis}), axis, place, place + 1);
      });
}

IValue slice(Call& call) {
  Value* input = call.tensor("self");
  constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
  const std::int64_t axis = call.axis(call.integer("dim"), call.rank(input));
  const std::int64_t step = call.integer("step");
  const Extent begin =
      call.has("start") ? extent_of(call.argument("start")) : Extent(std::int64_t{0});
  const Extent end = call.has("end") ? extent_of(call.argument("end")) : Extent(kEnd);
  const auto* first = std::get_if<std::int64_t>(&begin);
  const auto* last = std::get_if<std::int64_t>(&end);
  const Builder b = call;
  if (first == nullptr || last == nullptr) {
    const View cut = [=](Value* base) {
      return b.node("Slice", {base, b.extents_value({begin}), b.extents_value({end}),
                              b.ints_value({axis}), b.ints_value({step})});
    };
    if (step != 1) return make_either(call.reference("self"), cut(input));
    return view_of(call.reference("self"), cut,
                   [=](Value* base, Value* part) { return b.put_slice(base, part, axis, begin); });
  }
  const Dim& dim = call.shape(input)[static_cast<std::size_t>(axis)];
  std::int64_t from = *first, to = *last;
  if (dim.is_static()) {
    from = std::clamp<std::int64_t>(from < 0 ? from + dim.extent() : from, 0, dim.extent());
    to = std::clamp<std::int64_t>(to < 0 ? to + dim.extent() : to, from, dim.extent());
  }
  const bool whole = from == 0 && step == 1 && to == (dim.is_static() ? dim.extent() : kEnd);
  if (whole) return call.reference("self");
  Scatter scatter = [=](Value* base, Value* part) {
    return b.put_slice(base, part, axis, from, to);
  };
  if (step != 1) scatter = nullptr;
  View view = [=](Value* base) { return b.slice(base, axis, from, to, step); };
  if (!scatter) return make_either(call.reference("self"), view(input));
  return view_of(call.reference("self"), view, scatter);
}
IValue narrow(Call& call) {
  Value* input = call.tensor("self");
  const std::int64_t axis = call.axis(call.integer("dim"), call.rank(input));
  const std::int64_t begin = call.integer("start"), end = begin + call.integer("length");
  const Builder b = call;
  return view_of(
      call.reference("self"), [=](Value* base) { return b.slice(base, axis, begin, end); },
      [=](Value* base, Value* part) { return b.put_slice(base, part, axis, begin, end); });
}

/// Views of consecutive parts.
IValue parts_of(Call& call, std::int64_t axis, const Ints& sizes) {
  const TensorRef base = call.reference("self");
  if (sizes.size() == 1) return list_of({base});
  const std::vector<Value*> parts = call.graph().add_all(
      "Split", {read(base), call.ints_value(sizes)}, sizes.size(), {{"axis", axis}});
  const Builder b = call;
  std::vector<IValue> views;
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::int64_t end = begin + sizes[i];
    views.emplace_back(make_view(
        base, parts[i], [=](Value* value) { return b.slice(value, axis, begin, end); },
        [=](Value* value, Value* part) { return b.put_slice(value, part, axis, begin, end); }));
    begin = end;
  }
  return list_of(std::move(views));
}
Ints even_parts(std::int64_t extent, std::int64_t size) {
  Ints sizes;
  if (size < 1) fail(ErrorCode::kInvalidModel, "a tensor is split into parts of ", size);
  for (std::int64_t begin = 0; begin < extent; begin += size)
    sizes.push_back(std::min(size, extent - begin));
  if (sizes.empty()) sizes.push_back(0);
  return sizes;
}
IValue split(Call& call) {
  Value* input = call.tensor("self");
  const std::int64_t axis = call.axis(call.integer("dim"), call.rank(input));
  if (call.is_list("split_size")) {
    const std::vector<Extent> sizes = call.extents("split_size");
    if (sizes.size() == 1) return list_of({call.argument("self")});
    if (!std::ranges::all_of(
            sizes, [](const Extent& size) { return std::holds_alternative<std::int64_t>(size); })) {
      std::vector<IValue> parts;
      for (Value* part : call.graph().add_all("Split", {input, call.extents_value(sizes)},
                                              sizes.size(), {{"axis", axis}}))
        parts.emplace_back(make_either(call.reference("self"), part));
      return list_of(std::move(parts));
    }
    return parts_of(call, axis, call.ints("split_size"));
  }
  return parts_of(call, axis, even_parts(call.extent(input, axis), call.integer("split_size")));
}
IValue chunk(Call& call) {
  Value* input = call.tensor("self");
  const std::int64_t axis = call.axis(call.integer("dim"), call.rank(input));
  const std::int64_t extent = call.extent(input, axis), chunks = call.integer("chunks");
  if (chunks < 1) call.unsupported(chunks, " chunks");
  return parts_of(call, axis,
                  even_parts(extent, std::max<std::int64_t>((extent + chunks - 1) / chunks, 1)));
}
IValue unbind(Call& call) {
  Value* input = call.tensor("self");
  const std::int64_t axis = call.axis(call.integer("dim"), call.rank(input));
  std::vector<IValue> parts;
  for (std::int64_t i = 0; i < call.extent(input, axis); ++i)
    parts.push_back(call_operator(call.recorder(), "select", {call.argument("self"), axis, i}, {}));
  return list_of(std::move(parts));
}

IValue expand(Call& call) {
  Value* input = call.tensor("self");
  std::vector<Extent> extents = call.extents("size");
  for (Extent& extent : extents)
    if (const auto* number = std::get_if<std::int64_t>(&extent); number != nullptr && *number == -1)
      extent = std::int64_t{1};
  return make_either(call.reference("self"), call.expand(input, extents));
}
IValue expand_as(Call& call) {
  return make_either(call.reference("self"),
                     call.expand(call.tensor("self"), call.extents_of(call.tensor("other"))));
}

IValue contiguous(Call& call) {
  return make_either(call.reference("self"), call.tensor("self"));
}
IValue clone(Call& call) {
  return tensor_result(call.tensor("self"));
}
IValue same(Call& call) {
  return call.reference("self");
}

constexpr AtenOperator kOperators[] = {
    {"view", "self, size", view},
    {"reshape", "self, size", reshape},
    {"_unsafe_view", "self, size", reshape},
    {"view_as", "self, other", view_as},
    {"reshape_as", "self, other", view_as},
    {"flatten", "self, start_dim=0, end_dim=-1", flatten},
    {"unflatten", "self, dim, sizes, names=None", unflatten},
    {"permute", "self, dims", permute},
    {"transpose", "self, dim0, dim1", transpose},
    {"swapaxes", "self, dim0, dim1", transpose},
    {"swapdims", "self, dim0, dim1", transpose},
    {"movedim", "self, source, destination", movedim},
    {"moveaxis", "self, source, destination", movedim},
    {"t", "self", t},
    {"numpy_T", "self", t},
    {"unsqueeze", "self, dim", unsqueeze},
    {"squeeze", "self, dim=None", squeeze},
    {"select", "self, dim, index", select},
    {"slice", "self, dim=0, start=None, end=None, step=1", slice},
    {"narrow", "self, dim, start, length", narrow},
    {"split", "self, split_size, dim=0", split},
    {"split_with_sizes", "self, split_size, dim=0", split},
    {"chunk", "self, chunks, dim=0", chunk},
    {"unbind", "self, dim=0", unbind},
    {"expand", "self, size, implicit=False", expand},
    {"expand_as", "self, other", expand_as},
    {"contiguous", "self, memory_format=0", contiguous},
    {"clone", "self, memory_format=None", clone},
    {"detach", "self", same},
    {"alias", "self", same},
    {"requires_grad_", "self, requires_grad=True", same},
    {"cpu", "self", same},
};

}  // namespace

std::span<const AtenOperator> view_operators() {
  return kOperators;
}

}  // namespace headway::script
