#include <algorithm>
#include <array>

#include "families.h"

namespace headway::differential {
namespace {

void resize(Builder& b) {
  const std::string mode = b.pick({"nearest", "linear", "cubic"});
  Shape shape = {b.between(1, 2), b.between(1, 3), b.between(1, 8), b.between(1, 8)};
  const DTypeList dtypes = {DType::kFloat32, DType::kFloat32, DType::kUInt8, DType::kInt8};
  const ValueId x =
      b.operand(mode == "cubic" ? DType::kFloat32 : b.pick(dtypes), shape, Fill::kPlain);
  Attributes attributes{{"mode", mode}};
  if (b.chance(80))
    attributes["coordinate_transformation_mode"] =
        b.pick({"half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"});
  if (mode == "nearest" && b.chance(70))
    attributes["nearest_mode"] =
        b.pick({"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"});
  if (mode == "cubic" && b.chance(50))
    attributes["cubic_coeff_a"] = b.pick(std::vector<float>{-0.5F, -0.75F});
  if (mode == "cubic" && b.chance(40)) attributes["exclude_outside"] = b.between(0, 1);
  if (b.chance(50)) {
    // The nearest of two equally near elements is a matter of rounding unless the scale is exact.
    const bool exact = mode == "nearest";
    for (std::size_t axis = 2; axis < 4; ++axis)
      shape[axis] = exact ? shape[axis] * b.between(1, 3) : b.between(1, 12);
    b.node("Resize", {x, kOmitted, kOmitted, b.ints(shape)}, attributes);
    return;
  }
  if (!b.alone() && attributes.contains("coordinate_transformation_mode") &&
      std::get<std::string>(attributes["coordinate_transformation_mode"]) == "align_corners")
    return;
  const std::vector<float> scales = {0.5F, 0.75F, 1.0F, 1.25F, 1.5F, 2.0F, 2.5F, 3.0F};
  Tensor factors = Tensor::from<float>({4}, {1.0F, 1.0F, b.pick(scales), b.pick(scales)});
  // Where every extent stays as it is, ONNX Runtime copies.
  for (std::size_t axis = 2; axis < 4; ++axis) {
    float& factor = factors.data<float>()[axis];
    if (static_cast<std::int64_t>(factor * static_cast<float>(shape[axis])) == shape[axis])
      factor = 2;
  }
  b.node("Resize", {x, kOmitted, b.constant(factors)}, attributes);
}

/// Antialiased, on chosen axes, keeping the aspect ratio: what opset 18 added.
void resize_newer(Builder& b) {
  const std::string mode = b.pick({"linear", "cubic"});
  const Shape shape = {b.between(1, 2), b.between(1, 3), b.between(2, 9), b.between(2, 9)};
  const ValueId x = b.operand(DType::kFloat32, shape, Fill::kPlain);
  Attributes attributes{{"mode", mode}};
  if (b.chance(60)) attributes["antialias"] = std::int64_t{1};
  if (b.chance(50))
    attributes["coordinate_transformation_mode"] = b.pick({"half_pixel", "asymmetric"});
  Ints sizes = {b.between(1, 10), b.between(1, 10)};
  attributes["axes"] = Ints{2, b.alone() && b.chance(20) ? -1 : 3};
  if (b.chance(30))
    attributes["keep_aspect_ratio_policy"] = b.pick({"stretch", "not_larger", "not_smaller"});
  b.node("Resize", {x, kOmitted, kOmitted, b.ints(sizes)}, attributes);
}

void grid_sample(Builder& b) {
  const Shape shape = {b.between(1, 2), b.between(1, 3), b.between(2, 7), b.between(2, 7)};
  const ValueId x = b.operand(DType::kFloat32, shape, Fill::kPlain);
  const ValueId grid = b.operand(DType::kFloat32, {shape[0], b.between(1, 5), b.between(1, 5), 2},
                                 b.chance(70) ? Fill::kUnit : Fill::kPlain);
  Attributes attributes;
  if (b.chance(70)) attributes["mode"] = b.pick({"bilinear", "nearest", "bicubic"});
  if (b.chance(70)) attributes["padding_mode"] = b.pick({"zeros", "border", "reflection"});
  if (b.chance(50)) attributes["align_corners"] = b.between(0, 1);
  b.node("GridSample", {x, grid}, attributes);
}

void affine_grid(Builder& b) {
  const bool volume = b.chance(30);
  const std::int64_t batch = b.between(1, 2);
  Ints size = {batch, b.between(1, 3), b.between(1, 5), b.between(1, 5)};
  if (volume) size.push_back(b.between(1, 4));
  const Shape theta = volume ? Shape{batch, 3, 4} : Shape{batch, 2, 3};
  Attributes attributes;
  // An axis of one element has no corners: the standard does not say where it lies.
  const bool has_corners = std::ranges::find(size.begin() + 2, size.end(), 1) == size.end();
  if (has_corners && b.chance(50)) attributes["align_corners"] = b.between(0, 1);
  b.node("AffineGrid", {b.operand(DType::kFloat32, theta, Fill::kUnit), b.ints(size)}, attributes);
}

constexpr auto kGenerators =
    std::to_array<void (*)(Builder&)>({resize, resize, resize_newer, grid_sample, affine_grid});

}  // namespace

Family resize_family() {
  return {"resize", kGenerators};
}

}  // namespace headway::differential
