#include <algorithm>
#include <array>
#include <functional>

#include "families.h"

namespace headway::differential {
namespace {

/// Everything about a window that slides over some axes.
struct Window {
  Ints kernel, strides, dilations, pads;
  Attributes attributes;  ///< All of it but the kernel, where it is not as it is by default.
};

Window window(Builder& b, std::size_t axes, const Shape& image) {
  Window result;
  const bool automatic = b.chance(15);
  for (std::size_t axis = 0; axis < axes; ++axis) {
    result.kernel.push_back(b.between(1, 4));
    result.strides.push_back(b.chance(60) ? 1 : b.between(1, 5));
    result.dilations.push_back(automatic || b.chance(70) ? 1 : b.between(1, 4));
  }
  for (std::size_t i = 0; i < 2 * axes; ++i)
    result.pads.push_back(b.chance(50) ? 0 : b.between(0, 3));
  for (std::size_t axis = 0; axis < axes && automatic; ++axis)
    result.strides[axis] = std::min(result.strides[axis], result.kernel[axis]);
  // The window has to fit into the padded image at least once.
  for (std::size_t axis = 0; axis < axes; ++axis) {
    const auto reach = [&] { return (result.kernel[axis] - 1) * result.dilations[axis] + 1; };
    const std::int64_t room =
        automatic ? image[axis] : image[axis] + result.pads[axis] + result.pads[axes + axis];
    if (reach() > room) result.dilations[axis] = 1;
    if (reach() > room) result.kernel[axis] = std::max<std::int64_t>(1, room);
  }
  if (b.chance(70)) result.attributes["strides"] = result.strides;
  if (!result.attributes.contains("strides")) result.strides.assign(axes, 1);
  if (automatic) {
    result.attributes["auto_pad"] = b.pick({"SAME_UPPER", "SAME_LOWER", "VALID"});
  } else {
    result.attributes["pads"] = result.pads;
    result.attributes["dilations"] = result.dilations;
  }
  return result;
}

Shape image_shape(Builder& b, std::size_t axes, std::int64_t channels) {
  Shape shape = {b.between(1, 2), channels};
  for (std::size_t axis = 0; axis < axes; ++axis)
    shape.push_back(axes == 3 ? b.between(2, 6) : b.between(3, 14));
  return shape;
}

Shape tail(const Shape& shape) {
  return {shape.begin() + 2, shape.end()};
}

/// Groups with so many channels each, on both sides.
struct Channels {
  std::int64_t groups, in, out;
};

Channels channels(Builder& b) {
  if (b.chance(20)) return {b.between(1, 40), 1, b.between(1, 2)};
  if (b.chance(30)) return {b.between(2, 4), b.between(1, 9), b.between(1, 9)};
  if (b.chance(25)) return {1, b.between(8, 40), b.between(8, 40)};
  return {1, b.between(1, 8), b.between(1, 8)};
}

void conv(Builder& b) {
  const std::size_t axes = b.chance(60) ? 2 : static_cast<std::size_t>(b.between(1, 3));
  const Channels c = channels(b);
  const DType dtype = b.pick(single());
  const ValueId x = b.operand(dtype, image_shape(b, axes, c.groups * c.in), Fill::kPlain);
  Window w = window(b, axes, tail(b.shape_of(x)));
  Shape weights = {c.groups * c.out, c.in};
  weights.insert(weights.end(), w.kernel.begin(), w.kernel.end());
  std::vector<ValueId> inputs = {x, b.operand(dtype, weights, Fill::kUnit)};
  if (b.chance(50)) inputs.push_back(b.operand(dtype, {c.groups * c.out}, Fill::kUnit));
  if (c.groups != 1 || b.chance(30)) w.attributes["group"] = c.groups;
  if (b.chance(50)) w.attributes["kernel_shape"] = w.kernel;
  b.node("Conv", inputs, w.attributes);
}

void conv_transpose(Builder& b) {
  const std::size_t axes = b.chance(60) ? 2 : static_cast<std::size_t>(b.between(1, 3));
  const Channels c = channels(b);
  const DType dtype = b.pick(single());
  Shape shape = {b.between(1, 2), c.groups * c.in};
  for (std::size_t axis = 0; axis < axes; ++axis) shape.push_back(b.between(1, 6));
  const ValueId x = b.operand(dtype, shape, Fill::kPlain);
  Ints kernel, strides, dilations, output_padding;
  Ints pads(2 * axes, 0);
  for (std::size_t axis = 0; axis < axes; ++axis) {
    kernel.push_back(b.between(1, 4));
    strides.push_back(b.between(1, 3));
    dilations.push_back(b.chance(70) ? 1 : b.between(1, 3));
    const std::int64_t reach = (kernel[axis] - 1) * dilations[axis];
    output_padding.push_back(b.between(0, strides[axis] - 1));
    pads[axis] = b.between(0, reach / 2);
    pads[axes + axis] = b.between(0, reach / 2);
  }
  Shape weights = {c.groups * c.in, c.out};
  weights.insert(weights.end(), kernel.begin(), kernel.end());
  std::vector<ValueId> inputs = {x, b.operand(dtype, weights, Fill::kUnit)};
  if (b.chance(50)) inputs.push_back(b.operand(dtype, {c.groups * c.out}, Fill::kUnit));
  Attributes attributes{{"strides", strides}, {"dilations", dilations}, {"group", c.groups}};
  if (b.chance(30)) attributes["output_padding"] = output_padding;
  // SAME needs windows that are no smaller than the stride.
  const bool covers = std::ranges::equal(kernel, strides, std::greater_equal<>());
  if (covers && b.chance(20)) {
    // With both, ONNX's shape inference contradicts the standard.
    if (!b.alone()) attributes.erase("output_padding");
    attributes["auto_pad"] = b.pick({"SAME_UPPER", "SAME_LOWER"});
    attributes.erase(attributes.find("dilations"));
  } else if (b.chance(70)) {
    attributes["pads"] = pads;
  }
  b.node("ConvTranspose", inputs, attributes);
}

void conv_integer(Builder& b) {
  const std::int64_t groups = b.chance(70) ? 1 : b.between(2, 4);
  const std::int64_t in = b.between(1, 6), out = b.between(1, 6);
  const ValueId x = b.operand(DType::kUInt8, image_shape(b, 2, groups * in), Fill::kSpecial);
  Window w = window(b, 2, tail(b.shape_of(x)));
  const DType weight_type = b.pick(DTypeList{DType::kUInt8, DType::kInt8});
  const ValueId weights =
      b.operand(weight_type, {groups * out, in, w.kernel[0], w.kernel[1]}, Fill::kSpecial);
  std::vector<ValueId> inputs = {x, weights};
  if (b.chance(60))
    inputs.push_back(b.scalar(DType::kUInt8, static_cast<double>(b.between(0, 200))));
  if (inputs.size() == 3 && b.chance(50))
    inputs.push_back(b.scalar(weight_type, static_cast<double>(b.between(0, 100))));
  w.attributes["group"] = groups;
  b.node("ConvInteger", inputs, w.attributes, {DType::kInt32});
}

/// A convolution written as the standard's function: columns of an image put together again.
void col2im(Builder& b) {
  const Shape image = {b.between(3, 7), b.between(3, 7)};
  Window w = window(b, 2, image);
  w.attributes.erase("auto_pad");
  w.attributes["pads"] = w.pads;
  w.attributes["dilations"] = w.dilations;
  w.attributes["strides"] = w.strides;
  std::int64_t blocks = 1;
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const std::int64_t reach = (w.kernel[axis] - 1) * w.dilations[axis] + 1;
    const std::int64_t room = image[axis] + w.pads[axis] + w.pads[2 + axis];
    if (room < reach) return;
    blocks *= (room - reach) / w.strides[axis] + 1;
  }
  const Shape columns = {b.between(1, 2), b.between(1, 3) * w.kernel[0] * w.kernel[1], blocks};
  b.node("Col2Im", {b.operand(DType::kFloat32, columns), b.ints(image), b.ints(w.kernel)},
         w.attributes);
}

constexpr auto kGenerators =
    std::to_array<void (*)(Builder&)>({conv, conv, conv, conv_transpose, conv_integer, col2im});

}  // namespace

Family conv_family() {
  return {"conv", kGenerators};
}

}  // namespace headway::differential
