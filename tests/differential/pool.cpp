#include <array>

#include "families.h"

namespace headway::differential {
namespace {

Shape image_shape(Builder& b, std::size_t axes) {
  Shape shape = {b.between(1, 2), b.chance(20) ? b.between(8, 33) : b.between(1, 6)};
  for (std::size_t axis = 0; axis < axes; ++axis)
    shape.push_back(axes == 3 ? b.between(1, 6) : b.between(1, 14));
  return shape;
}

/// Pads stay below the reach of the window, so that every window sees an element.
Attributes window(Builder& b, const Shape& image, bool dilated) {
  const std::size_t axes = image.size() - 2;
  Ints kernel, strides, dilations, pads(2 * axes);
  const bool automatic = b.chance(15);
  for (std::size_t axis = 0; axis < axes; ++axis) {
    const std::int64_t extent = image[2 + axis];
    kernel.push_back(b.between(1, std::min<std::int64_t>(extent, 5)));
    strides.push_back(b.between(1, 4));
    dilations.push_back(dilated && !automatic && b.chance(30) ? b.between(1, 3) : 1);
    if ((kernel[axis] - 1) * dilations[axis] + 1 > extent) dilations[axis] = 1;
    pads[axis] = b.chance(50) ? 0 : b.between(0, kernel[axis] - 1);
    pads[axes + axis] = b.chance(50) ? 0 : b.between(0, kernel[axis] - 1);
  }
  // Where a stride exceeds its window, the formula of SAME gives negative padding, which runtimes
  // understand in different ways.
  for (std::size_t axis = 0; axis < axes && automatic; ++axis)
    strides[axis] = std::min(strides[axis], kernel[axis]);
  Attributes attributes{{"kernel_shape", kernel}};
  if (b.chance(70)) attributes["strides"] = strides;
  if (dilated && b.chance(50)) attributes["dilations"] = dilations;
  if (automatic) {
    attributes["auto_pad"] = b.pick({"SAME_UPPER", "SAME_LOWER", "VALID"});
  } else if (b.chance(70)) {
    attributes["pads"] = pads;
  }
  if (b.chance(30)) attributes["ceil_mode"] = b.between(0, 1);
  return attributes;
}

std::size_t axes_of(Builder& b) {
  return b.chance(60) ? 2 : static_cast<std::size_t>(b.between(1, 3));
}

void max_pool(Builder& b) {
  const DTypeList dtypes = {DType::kFloat32, DType::kFloat32, DType::kFloat64,
                            DType::kInt8,    DType::kUInt8,   DType::kFloat16};
  const Shape shape = image_shape(b, axes_of(b));
  const ValueId x = b.operand(b.pick(dtypes), shape);
  Attributes attributes = window(b, shape, true);
  if (b.chance(70)) {
    b.node("MaxPool", {x}, attributes);
    return;
  }
  if (b.chance(30)) attributes["storage_order"] = std::int64_t{1};
  b.nodes("MaxPool", {x}, attributes, {b.dtype_of(x), DType::kInt64});
}

void average_pool(Builder& b) {
  const Shape shape = image_shape(b, axes_of(b));
  Attributes attributes = window(b, shape, b.chance(20));
  if (b.chance(50)) attributes["count_include_pad"] = b.between(0, 1);
  b.node("AveragePool", {b.operand(b.pick(single()), shape)}, attributes);
}

void lp_pool(Builder& b) {
  const Shape shape = image_shape(b, axes_of(b));
  Attributes attributes = window(b, shape, false);
  if (b.chance(60)) attributes["p"] = b.between(1, 3);
  b.node("LpPool", {b.operand(b.pick(single()), shape)}, attributes);
}

void global_pool(Builder& b) {
  const std::string op = b.pick({"GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"});
  Attributes attributes;
  if (op == "GlobalLpPool" && b.chance(60)) attributes["p"] = b.between(1, 3);
  b.node(op, {b.value(single(), 3, 5)}, attributes);
}

/// Where the maxima of a pooling without overlap were, its elements go again.
void max_unpool(Builder& b) {
  const std::int64_t block = b.between(1, 3);
  const Shape shape = {1, b.between(1, 3), block * b.between(1, 4), block * b.between(1, 4)};
  const ValueId x = b.operand(DType::kFloat32, shape, Fill::kPlain);
  const Attributes attributes{{"kernel_shape", Ints{block, block}},
                              {"strides", Ints{block, block}}};
  const auto pooled = b.nodes("MaxPool", {x}, attributes, {DType::kFloat32, DType::kInt64});
  b.node("MaxUnpool", {pooled[0], pooled[1]}, attributes);
}

/// Regions of interest: [count, 4] corners in the coordinates of the image.
Tensor regions(Builder& b, std::int64_t count, double height, double width) {
  Tensor boxes = random_tensor(DType::kFloat32, {count, 4}, Fill::kUnit, b.random());
  for (std::int64_t i = 0; i < count; ++i) {
    float* box = boxes.data<float>() + 4 * i;
    for (int corner = 0; corner < 4; ++corner) {
      const double extent = corner % 2 == 0 ? width : height;
      const double low = corner < 2 ? 0 : extent / 2;
      box[corner] = static_cast<float>(low + (box[corner] + 1) / 4 * extent);
    }
  }
  return boxes;
}

void roi_align(Builder& b) {
  const Shape shape = {b.between(1, 2), b.between(1, 3), b.between(3, 9), b.between(3, 9)};
  const std::int64_t count = b.between(1, 3);
  const ValueId x = b.operand(DType::kFloat32, shape, Fill::kPlain);
  const ValueId boxes = b.input_or_constant(
      regions(b, count, static_cast<double>(shape[2]), static_cast<double>(shape[3])));
  const ValueId batch =
      b.input_or_constant(random_integers(DType::kInt64, {count}, 0, shape[0] - 1, b.random()));
  Attributes attributes{{"output_height", b.between(1, 4)}, {"output_width", b.between(1, 4)}};
  if (b.chance(50)) attributes["sampling_ratio"] = b.between(0, 3);
  if (b.chance(50)) attributes["mode"] = b.pick({"avg", "max"});
  if (b.chance(50)) attributes["spatial_scale"] = b.pick(std::vector<float>{0.5F, 1.0F});
  if (b.chance(60))
    attributes["coordinate_transformation_mode"] = b.pick({"half_pixel", "output_half_pixel"});
  b.node("RoiAlign", {x, boxes, batch}, attributes);
}

constexpr auto kGenerators = std::to_array<void (*)(Builder&)>(
    {max_pool, max_pool, average_pool, average_pool, lp_pool, global_pool, max_unpool, roi_align});

}  // namespace

Family pool_family() {
  return {"pool", kGenerators};
}

}  // namespace headway::differential
