#include <algorithm>
#include <array>

#include "families.h"

namespace headway::differential {
namespace {

DTypeList moved_types() {
  return {DType::kFloat32, DType::kFloat64, DType::kInt8,   DType::kUInt8, DType::kInt16,
          DType::kInt32,   DType::kInt64,   DType::kUInt64, DType::kBool,  DType::kFloat16};
}

std::size_t from_start(std::int64_t axis, std::size_t rank) {
  return axis < 0 ? static_cast<std::size_t>(axis) + rank : static_cast<std::size_t>(axis);
}

/// Indices into an extent, negative ones included.
ValueId indices(Builder& b, const Shape& shape, std::int64_t extent) {
  const DType dtype = b.chance(70) ? DType::kInt64 : DType::kInt32;
  return b.input_or_constant(random_integers(dtype, shape, -extent, extent - 1, b.random()));
}

void gather(Builder& b) {
  const ValueId x = b.value(moved_types(), 1, 4);
  const std::int64_t axis = b.axis_of(b.rank_of(x));
  const std::int64_t extent = b.shape_of(x)[from_start(axis, b.rank_of(x))];
  if (extent == 0) return;
  Attributes attributes;
  if (axis != 0 || b.chance(50)) attributes["axis"] = axis;
  b.node("Gather", {x, indices(b, b.shape(0, 2), extent)}, attributes);
}

void gather_elements(Builder& b) {
  const ValueId x = b.value(moved_types(), 1, 4);
  const std::int64_t axis = b.axis_of(b.rank_of(x));
  const std::size_t at = from_start(axis, b.rank_of(x));
  const std::int64_t extent = b.shape_of(x)[at];
  if (extent == 0) return;
  Shape shape = b.shape_of(x);
  for (std::int64_t& one : shape)
    if (one > 1 && b.chance(30)) one = b.between(1, one);
  shape[at] = b.between(1, 6);
  b.node("GatherElements", {x, indices(b, shape, extent)}, {{"axis", axis}});
}

/// Rows of indices, of which each finds a block of x, that keep within the leading extents.
Tensor index_rows(Builder& b, const Shape& x, Shape outer, std::size_t depth, std::size_t batch) {
  Tensor rows = Tensor::allocate(DType::kInt64, [&] {
    outer.push_back(static_cast<std::int64_t>(depth));
    return outer;
  }());
  std::int64_t* element = rows.data<std::int64_t>();
  for (std::int64_t i = 0; i < rows.size(); ++i) {
    const std::int64_t extent = x[batch + static_cast<std::size_t>(i) % depth];
    element[i] = b.between(-extent, extent - 1);
  }
  return rows;
}

bool has_zero(const Shape& shape) {
  return std::ranges::find(shape, 0) != shape.end();
}

void gather_nd(Builder& b) {
  const ValueId x = b.value(moved_types(), 1, 4);
  const Shape shape = b.shape_of(x);
  if (has_zero(shape)) return;
  const std::size_t batch = shape.size() > 1 ? b.random().below(2) : 0;
  const std::size_t depth = 1 + b.random().below(shape.size() - batch);
  Shape outer(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(batch));
  for (std::int64_t more = b.between(0, 2); more > 0; --more) outer.push_back(b.between(1, 4));
  Attributes attributes;
  if (batch > 0) attributes["batch_dims"] = static_cast<std::int64_t>(batch);
  b.node("GatherND", {x, b.input_or_constant(index_rows(b, shape, outer, depth, batch))},
         attributes);
}

/// Distinct rows unless updates are combined: which of two writes wins is not said.
void scatter_nd(Builder& b) {
  const ValueId x = b.value({DType::kFloat32, DType::kFloat64, DType::kInt32, DType::kInt64}, 1, 4);
  const Shape shape = b.shape_of(x);
  if (has_zero(shape)) return;
  const std::size_t depth = 1 + b.random().below(shape.size());
  const std::string reduction = b.pick({"none", "none", "add", "mul", "max", "min"});
  const Shape outer = {reduction == "none" ? 1 : b.between(1, 5)};
  Shape update = outer;
  update.insert(update.end(), shape.begin() + static_cast<std::ptrdiff_t>(depth), shape.end());
  const ValueId rows = b.input_or_constant(index_rows(b, shape, outer, depth, 0));
  Attributes attributes;
  if (reduction != "none" || b.chance(30)) attributes["reduction"] = reduction;
  b.node("ScatterND", {x, rows, b.operand(b.dtype_of(x), update)}, attributes);
}

void scatter_elements(Builder& b) {
  const ValueId x = b.value({DType::kFloat32, DType::kFloat64, DType::kInt32, DType::kInt64}, 1, 4);
  const std::int64_t axis = b.axis_of(b.rank_of(x));
  const std::size_t at = from_start(axis, b.rank_of(x));
  const std::int64_t extent = b.shape_of(x)[at];
  if (extent == 0) return;
  const std::string reduction = b.pick({"none", "none", "add", "mul", "max", "min"});
  Shape shape = b.shape_of(x);
  for (std::int64_t& one : shape)
    if (one > 1 && b.chance(30)) one = b.between(1, one);
  shape[at] = reduction == "none" ? 1 : b.between(1, 6);
  Attributes attributes{{"axis", axis}};
  if (reduction != "none" || b.chance(30)) attributes["reduction"] = reduction;
  const ValueId updates = b.operand(b.dtype_of(x), shape);
  b.node("ScatterElements", {x, indices(b, shape, extent), updates}, attributes);
}

void one_hot(Builder& b) {
  const std::int64_t depth = b.between(1, 6);
  const Shape shape = b.shape(1, 3);
  const Tensor index = random_integers(b.chance(70) ? DType::kInt64 : DType::kInt32, shape,
                                       -depth - 1, depth, b.random());
  const DType dtype =
      index.dtype() == DType::kInt64 && b.chance(50) ? DType::kInt64 : DType::kFloat32;
  const Tensor values = random_tensor(dtype, {2}, Fill::kPlain, b.random());
  Attributes attributes;
  const auto rank = static_cast<std::int64_t>(shape.size());
  if (b.chance(60)) attributes["axis"] = b.between(-rank - 1, rank);
  b.node("OneHot",
         {b.input_or_constant(index), b.constant(Tensor::from<std::int64_t>({}, {depth})),
          b.input_or_constant(values)},
         attributes, {dtype});
}

constexpr auto kGenerators = std::to_array<void (*)(Builder&)>(
    {gather, gather_elements, gather_nd, scatter_nd, scatter_elements, one_hot});

}  // namespace

Family indexing_family() {
  return {"indexing", kGenerators};
}

}  // namespace headway::differential
