#include "ops/pool_geometry.h"

#include <algorithm>

#include "base/error.h"

namespace headway {

std::int64_t PoolGeometry::input_points() const noexcept {
  std::int64_t points = 1;
  for (const WindowAxis& axis : axes) points *= axis.input;
  return points;
}

std::int64_t PoolGeometry::output_points() const noexcept {
  std::int64_t points = 1;
  for (const WindowAxis& axis : axes) points *= axis.output;
  return points;
}

Shape PoolGeometry::output_shape() const {
  Shape shape = {batch, channels};
  for (const WindowAxis& axis : axes) shape.push_back(axis.output);
  return shape;
}

namespace {

/// Padding alone could make room for windows that nobody lives to see the end of.
void check_windows(const Node& node, const PoolGeometry& geometry) {
  constexpr double kMostPadding = 1 << 20;
  double points = 1, input = 1;
  for (const WindowAxis& axis : geometry.axes) {
    points *= static_cast<double>(axis.kernel);
    input *= static_cast<double>(axis.input);
  }
  if (points <= std::max(input, kMostPadding)) return;
  fail(ErrorCode::kInvalidModel, node.described(), ": its windows of ", points,
       " elements are far larger than its input of ", input);
}

}  // namespace

PoolGeometry pool_geometry(const Node& node, const Shape& x) {
  const WindowAttributes attributes = window_attributes(node, node.get_ints("kernel_shape", {}));
  if (x.size() < 3 || x.size() != attributes.kernel.size() + 2) {
    fail(ErrorCode::kInvalidModel, node.described(), ": the input ", to_string(x),
         " does not have ", attributes.kernel.size(),
         " spatial axes, as the attribute kernel_shape demands");
  }
  PoolGeometry geometry{x[0], x[1], {}, node.get_int("count_include_pad", 0) != 0};
  for (std::size_t axis = 0; axis + 2 < x.size(); ++axis) {
    geometry.axes.push_back(attributes.axis(node, axis, x[axis + 2]));
  }
  check_windows(node, geometry);
  return geometry;
}

PoolGeometry pool_geometry(const Node& node) {
  const std::optional<Shape> x = node.input(0)->type.static_shape();
  if (!x) fail(ErrorCode::kInternal, node.described(), ": its shapes are not static");
  return pool_geometry(node, *x);
}

}  // namespace headway
