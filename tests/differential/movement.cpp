#include <algorithm>
#include <array>
#include <numeric>

#include "families.h"

namespace headway::differential {
namespace {

std::int64_t size(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

void transpose(Builder& b) {
  const ValueId x = b.value(anything(), 0, 6);
  Ints perm(b.rank_of(x));
  std::iota(perm.begin(), perm.end(), 0);
  for (std::size_t i = perm.size(); i > 1; --i) std::swap(perm[i - 1], perm[b.random().below(i)]);
  Attributes attributes;
  if (b.chance(85)) attributes["perm"] = perm;
  b.node("Transpose", {x}, attributes);
}

/// Neighbouring extents joined, ones inserted; sometimes a 0 (as it was) or a -1 (what is left).
void reshape(Builder& b) {
  const ValueId x = b.value(anything(), 0, 5);
  Ints target;
  for (const std::int64_t extent : b.shape_of(x)) {
    if (!target.empty() && b.chance(35)) {
      target.back() *= extent;
    } else {
      target.push_back(extent);
    }
    if (b.chance(15)) target.push_back(1);
  }
  Attributes attributes;
  const bool zeros = size(b.shape_of(x)) == 0;
  if (zeros && b.chance(60)) attributes["allowzero"] = std::int64_t{1};
  if (!zeros && !target.empty() && b.chance(50)) target[b.random().below(target.size())] = -1;
  for (std::size_t i = 0; i < std::min(target.size(), b.rank_of(x)); ++i)
    if (!zeros && target[i] == b.shape_of(x)[i] && b.chance(20)) target[i] = 0;
  b.node("Reshape", {x, b.ints(target)}, attributes);
}

void flatten(Builder& b) {
  const ValueId x = b.value(anything(), 1, 5);
  Attributes attributes;
  const auto rank = static_cast<std::int64_t>(b.rank_of(x));
  if (b.chance(80)) attributes["axis"] = b.between(-rank, rank);
  b.node("Flatten", {x}, attributes);
}

void squeeze(Builder& b) {
  const ValueId x = b.value(anything(), 1, 5);
  Ints axes;
  for (std::size_t axis = 0; axis < b.rank_of(x); ++axis)
    if (b.shape_of(x)[axis] == 1 && b.chance(70))
      axes.push_back(b.signed_axis(static_cast<std::int64_t>(axis), b.rank_of(x)));
  if (axes.empty()) {
    b.node("Squeeze", {x});
  } else {
    b.node("Squeeze", {x, b.ints(axes)});
  }
}

void unsqueeze(Builder& b) {
  const ValueId x = b.value(anything(), 0, 4);
  const std::int64_t added = b.between(1, 2);
  const auto rank = b.rank_of(x) + static_cast<std::size_t>(added);
  Ints axes;
  while (static_cast<std::int64_t>(axes.size()) < added) {
    const std::int64_t axis = b.between(0, static_cast<std::int64_t>(rank) - 1);
    if (std::ranges::find(axes, axis) == axes.end()) axes.push_back(axis);
  }
  for (std::int64_t& axis : axes) axis = b.signed_axis(axis, rank);
  b.node("Unsqueeze", {x, b.ints(axes)});
}

void concat(Builder& b) {
  const ValueId x = b.value(anything(), 1, 4);
  const std::int64_t axis = b.axis_of(b.rank_of(x));
  const std::size_t at =
      axis < 0 ? static_cast<std::size_t>(axis) + b.rank_of(x) : static_cast<std::size_t>(axis);
  std::vector<ValueId> inputs = {x};
  for (std::int64_t more = b.between(0, 3); more > 0; --more) {
    Shape shape = b.shape_of(x);
    if (b.chance(60)) shape[at] = b.extent();
    inputs.push_back(b.operand(b.dtype_of(x), shape));
  }
  if (b.chance(30)) std::rotate(inputs.begin(), inputs.begin() + 1, inputs.end());
  b.node("Concat", inputs, {{"axis", axis}});
}

void split(Builder& b) {
  const ValueId x = b.value(anything(), 1, 4);
  const std::size_t at = b.random().below(b.rank_of(x));
  const std::int64_t extent = b.shape_of(x)[at];
  const std::int64_t parts =
      b.between(1, std::max<std::int64_t>(1, std::min<std::int64_t>(extent, 4)));
  Attributes attributes{{"axis", b.signed_axis(static_cast<std::int64_t>(at), b.rank_of(x))}};
  const DTypeList dtypes(static_cast<std::size_t>(parts), b.dtype_of(x));
  if (extent > 0 && extent % parts == 0 && b.chance(40)) {
    b.nodes("Split", {x}, attributes, dtypes);
    return;
  }
  Ints sizes(static_cast<std::size_t>(parts), 0);
  for (std::int64_t left = extent; left > 0; --left) ++sizes[b.random().below(sizes.size())];
  b.nodes("Split", {x, b.ints(sizes)}, attributes, dtypes);
}

/// Starts and ends in and out of range, steps of either sign.
void slice(Builder& b) {
  const ValueId x = b.value(anything(), 1, 5);
  Ints starts, ends, axes, steps;
  for (std::size_t axis = 0; axis < b.rank_of(x); ++axis) {
    if (b.chance(40)) continue;
    const std::int64_t extent = b.shape_of(x)[axis];
    axes.push_back(b.signed_axis(static_cast<std::int64_t>(axis), b.rank_of(x)));
    starts.push_back(b.between(-extent - 2, extent + 2));
    ends.push_back(b.between(-extent - 2, extent + 2));
    steps.push_back(b.pick(Ints{1, 1, 1, 2, 3, -1, -2, 100}));
    if (b.chance(20)) ends.back() = steps.back() > 0 ? INT64_MAX : INT64_MIN;
    if (b.alone() && b.chance(5)) ends.back() = INT64_MAX;
  }
  std::vector<ValueId> inputs = {x, b.ints(starts), b.ints(ends)};
  const bool all_axes = axes.size() == b.rank_of(x);
  const bool ones = std::ranges::all_of(steps, [](std::int64_t step) { return step == 1; });
  inputs.push_back(b.ints(axes));
  if (!ones || b.chance(50)) inputs.push_back(b.ints(steps));
  if (all_axes && std::ranges::is_sorted(axes) && axes[0] == 0 && axes.back() >= 0 &&
      b.chance(50)) {
    inputs[3] = kOmitted;
    if (inputs.size() == 4) inputs.pop_back();
  }
  b.node("Slice", inputs);
}

void expand(Builder& b) {
  const ValueId x = b.value(anything(), 0, 4);
  Shape target = b.shape_of(x);
  for (std::int64_t& extent : target)
    if (extent == 1 && b.chance(60)) extent = b.between(1, 5);
  for (std::int64_t& extent : target)
    if (b.chance(20)) extent = 1;
  if (b.chance(30)) target.insert(target.begin(), b.between(1, 3));
  b.node("Expand", {x, b.ints(target)});
}

void tile(Builder& b) {
  const DTypeList dtypes = {DType::kFloat32, DType::kFloat64, DType::kInt8,   DType::kUInt8,
                            DType::kInt32,   DType::kInt64,   DType::kUInt32, DType::kBool};
  const ValueId x = b.value(dtypes, 1, 4);
  Ints repeats;
  for (std::size_t axis = 0; axis < b.rank_of(x); ++axis)
    repeats.push_back(b.pick(Ints{1, 1, 2, 3}));
  if (b.chance(5)) repeats[0] = 0;
  b.node("Tile", {x, b.ints(repeats)});
}

void pad(Builder& b) {
  const DTypeList dtypes = {DType::kFloat32, DType::kFloat64, DType::kInt8, DType::kUInt8,
                            DType::kInt32,   DType::kInt64,   DType::kBool};
  const ValueId x = b.value(dtypes, 1, 4);
  const std::string mode =
      b.has_elements(x) ? b.pick({"constant", "constant", "reflect", "edge", "wrap"}) : "constant";
  const std::size_t rank = b.rank_of(x);
  Ints pads(2 * rank);
  for (std::size_t i = 0; i < pads.size(); ++i) {
    const std::int64_t extent = b.shape_of(x)[i % rank];
    const std::int64_t most = mode == "reflect" ? std::min<std::int64_t>(extent - 1, 3) : 3;
    pads[i] = b.between(0, std::max<std::int64_t>(most, 0));
    if (mode == "constant" && b.chance(15)) pads[i] = -b.between(0, extent / 2);
  }
  std::vector<ValueId> inputs = {x, b.ints(pads)};
  if (mode == "constant" && b.chance(50)) inputs.push_back(b.scalar(b.dtype_of(x), 1));
  Attributes attributes;
  if (mode != "constant" || b.chance(50)) attributes["mode"] = mode;
  b.node("Pad", inputs, attributes);
}

void space_and_depth(Builder& b) {
  const std::int64_t block = b.between(1, 3);
  const bool to_depth = b.chance(50);
  Shape shape = {b.between(1, 2), b.between(1, 3), b.between(1, 4), b.between(1, 4)};
  if (to_depth) shape[2] *= block, shape[3] *= block;
  if (!to_depth) shape[1] *= block * block;
  const ValueId x = b.operand(b.pick(DTypeList{DType::kFloat32, DType::kFloat64}), shape);
  Attributes attributes{{"blocksize", block}};
  if (!to_depth && b.chance(60)) attributes["mode"] = b.pick({"DCR", "CRD"});
  b.node(to_depth ? "SpaceToDepth" : "DepthToSpace", {x}, attributes);
}

void triangle(Builder& b) {
  const DTypeList dtypes = {DType::kFloat32, DType::kFloat64, DType::kInt64, DType::kBool};
  const ValueId x = b.value(dtypes, 2, 4);
  std::vector<ValueId> inputs = {x};
  if (b.chance(60))
    inputs.push_back(b.constant(Tensor::from<std::int64_t>({}, {b.between(-8, 8)})));
  Attributes attributes;
  if (b.chance(60)) attributes["upper"] = b.between(0, 1);
  b.node("Trilu", inputs, attributes);
}

void reverse_sequence(Builder& b) {
  const ValueId x = b.value(anything(), 2, 4);
  const std::int64_t time = b.between(0, 1);
  const Shape& shape = b.shape_of(x);
  const std::int64_t extent = shape[static_cast<std::size_t>(time)];
  if (extent == 0) return;
  const Tensor lengths = random_integers(DType::kInt64, {shape[static_cast<std::size_t>(1 - time)]},
                                         1, extent, b.random());
  Attributes attributes{{"time_axis", time}, {"batch_axis", 1 - time}};
  b.node("ReverseSequence", {x, b.input_or_constant(lengths)}, attributes);
}

/// Reshapes and transposes one after the other, as shuffles and window partitions have them.
void chain(Builder& b) {
  b.grow();
  for (std::int64_t more = b.between(2, 5); more > 0; --more) {
    (b.chance(50) ? transpose : b.chance(50) ? reshape : b.chance(50) ? slice : split)(b);
  }
}

constexpr auto kGenerators = std::to_array<void (*)(Builder&)>(
    {transpose, reshape, flatten, squeeze, unsqueeze, concat, split, slice, slice, expand, tile,
     pad, pad, space_and_depth, triangle, reverse_sequence, chain, chain});

}  // namespace

Family movement_family() {
  return {"movement", kGenerators};
}

}  // namespace headway::differential
