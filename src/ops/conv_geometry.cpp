#include "ops/conv_geometry.h"

#include <limits>

#include "base/error.h"

namespace headway {
namespace {

[[noreturn]] void refuse(const Node& node, const Shape& x, const Shape& w, const std::string& why) {
  fail(ErrorCode::kInvalidModel, node.described(), ": the input ", to_string(x),
       " and the weights ", to_string(w), ' ', why);
}

Shape checked_kernel(const Node& node, const Shape& x, const Shape& w) {
  if (x.size() < 3 || w.size() != x.size()) {
    refuse(node, x, w, "must have the same rank, at least 3");
  }
  const Shape from_weights(w.begin() + 2, w.end());
  if (node.get_ints("kernel_shape", from_weights) != from_weights) {
    refuse(node, x, w, "do not match the attribute kernel_shape");
  }
  return from_weights;
}

template <std::int64_t WindowAxis::*Member>
std::int64_t points(const std::vector<WindowAxis>& axes) noexcept {
  std::int64_t result = 1;
  for (const WindowAxis& axis : axes) result *= axis.*Member;
  return result;
}

}  // namespace

std::int64_t checked_groups(const Node& node) {
  const std::int64_t groups = node.get_int("group", 1);
  constexpr std::int64_t kMost = std::int64_t{1} << 20;  // The product with any extent fits.
  if (groups < 1 || groups > kMost) {
    fail(ErrorCode::kInvalidModel, node.described(), ": attribute group is ", groups,
         " but must be positive and at most ", kMost);
  }
  return groups;
}

std::int64_t ConvGeometry::input_points() const noexcept {
  return points<&WindowAxis::input>(axes);
}
std::int64_t ConvGeometry::kernel_points() const noexcept {
  return points<&WindowAxis::kernel>(axes);
}
std::int64_t ConvGeometry::output_points() const noexcept {
  return points<&WindowAxis::output>(axes);
}
std::int64_t ConvGeometry::macs() const noexcept {
  return batch * out_channels * output_points() * group_in() * kernel_points();
}

Shape ConvGeometry::output_shape() const {
  Shape shape = {batch, out_channels};
  for (const WindowAxis& axis : axes) shape.push_back(axis.output);
  return shape;
}

ConvGeometry conv_geometry(const Node& node, const Shape& x, const Shape& w) {
  const WindowAttributes attributes = window_attributes(node, checked_kernel(node, x, w));
  ConvGeometry geometry{x[0], checked_groups(node), x[1], w[0], {}};
  if (geometry.out_channels % geometry.groups != 0 || w[1] * geometry.groups != x[1]) {
    refuse(node, x, w, concat("do not fit ", geometry.groups, " group(s)"));
  }
  for (std::size_t axis = 0; axis + 2 < x.size(); ++axis) {
    geometry.axes.push_back(attributes.axis(node, axis, x[axis + 2]));
  }
  return geometry;
}

ConvGeometry conv_geometry(const Node& node) {
  const std::optional<Shape> x = node.input(0)->type.static_shape();
  const std::optional<Shape> w = node.input(1)->type.static_shape();
  if (!x || !w) fail(ErrorCode::kInternal, node.described(), ": its shapes are not static");
  return conv_geometry(node, *x, *w);
}

ConvGeometry conv_transpose_geometry(const Node& node, const Shape& x, const Shape& w) {
  const WindowAttributes attributes = window_attributes(node, checked_kernel(node, x, w));
  const std::int64_t groups = checked_groups(node);
  ConvGeometry geometry{x[0], groups, x[1], w[1] * groups, {}};
  if (x[1] != w[0] || w[0] % groups != 0) {
    refuse(node, x, w, concat("do not fit ", groups, " group(s)"));
  }
  const std::size_t rank = x.size() - 2;
  const Shape extra = node.get_ints("output_padding", Shape(rank, 0));
  const Shape wanted = node.get_ints("output_shape", {});
  if (extra.size() != rank || (!wanted.empty() && wanted.size() != rank)) {
    refuse(node, x, w, "do not match the length of output_padding or output_shape");
  }
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  for (std::size_t i = 0; i < rank; ++i) {
    if (x[i + 2] > kMost || extra[i] < 0 || extra[i] > kMost ||
        (!wanted.empty() && (wanted[i] < 0 || wanted[i] > kMost))) {
      refuse(node, x, w, "give an impossible output extent");
    }
    WindowAxis axis{x[i + 2],
                    attributes.kernel[i],
                    attributes.strides[i],
                    attributes.dilations[i],
                    attributes.pads_begin[i],
                    attributes.pads_end[i],
                    0};
    const std::int64_t full = axis.stride * (axis.input - 1) + extra[i] + axis.extent();
    const bool upper = attributes.auto_pad == AutoPad::kSameUpper;
    const bool same = upper || attributes.auto_pad == AutoPad::kSameLower;
    if (!wanted.empty() || same) {
      axis.output = wanted.empty() ? axis.input * axis.stride : wanted[i];
      const std::int64_t total = std::max<std::int64_t>(full - axis.output, 0);
      axis.pad_begin = upper ? total / 2 : total - total / 2;
      axis.pad_end = total - axis.pad_begin;
    } else {
      axis.output = full - axis.pad_begin - axis.pad_end;
    }
    if (axis.output < 0) refuse(node, x, w, "give a negative output extent");
    geometry.axes.push_back(axis);
  }
  return geometry;
}

}  // namespace headway
