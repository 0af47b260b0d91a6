#include <algorithm>
#include <array>

#include "families.h"

namespace headway::differential {
namespace {

void cast_like(Builder& b) {
  b.forbid_special();
  const ValueId x = b.value({DType::kFloat32, DType::kInt32, DType::kUInt8}, 0, 4, Fill::kPositive);
  const Tensor elements = b.tensor(x).to(DType::kFloat64);
  const auto fits = [](double element) { return element >= 0 && element < 100; };
  if (!std::ranges::all_of(elements.values<double>(), fits)) return;
  const DType to = b.pick(anything());
  b.node("CastLike", {x, b.operand(to, {1}, Fill::kPlain)}, {}, {to});
}

void center_crop_pad(Builder& b) {
  const ValueId x = b.value({DType::kFloat32, DType::kInt32, DType::kUInt8}, 1, 4);
  if (!b.has_elements(x)) return;
  Ints axes, target;
  for (std::size_t axis = 0; axis < b.rank_of(x); ++axis) {
    if (b.chance(40)) continue;
    axes.push_back(b.signed_axis(static_cast<std::int64_t>(axis), b.rank_of(x)));
    target.push_back(b.between(1, 9));
  }
  if (axes.empty()) return;
  b.node("CenterCropPad", {x, b.ints(target)}, {{"axes", axes}});
}

void short_time_fourier(Builder& b) {
  const std::int64_t frame = b.between(2, 8), step = b.between(1, 4);
  const Shape signal = {b.between(1, 2), frame + b.between(0, 12), 1};
  const auto number = [&](std::int64_t n) {
    return b.constant(Tensor::from<std::int64_t>({}, {n}));
  };
  std::vector<ValueId> inputs = {b.operand(DType::kFloat32, signal, Fill::kPlain), number(step)};
  if (b.chance(50)) {
    inputs.push_back(b.operand(DType::kFloat32, {frame}, Fill::kUnit));
  } else {
    inputs.push_back(kOmitted);
    inputs.push_back(number(frame));
  }
  b.node("STFT", inputs, {{"onesided", b.between(0, 1)}});
}

void cumulative_product(Builder& b) {
  const ValueId x = b.value({DType::kFloat32, DType::kInt32}, 1, 4, Fill::kUnit);
  Attributes attributes;
  if (b.chance(50)) attributes["exclusive"] = b.between(0, 1);
  if (b.chance(50)) attributes["reverse"] = b.between(0, 1);
  const ValueId axis = b.constant(Tensor::from<std::int64_t>({}, {b.axis_of(b.rank_of(x))}));
  b.node("CumProd", {x, axis}, attributes);
}

/// Scores [N, C, …] with classes [N, …], some of them ignored.
void loss(Builder& b) {
  const bool softmax = b.chance(50);
  const std::int64_t classes = b.between(1, 6);
  Shape scores = {b.between(1, 4), classes}, targets = {scores[0]};
  for (std::int64_t more = b.between(0, 2); more > 0; --more) {
    scores.push_back(b.between(1, 4));
    targets.push_back(scores.back());
  }
  std::vector<ValueId> inputs = {
      b.operand(DType::kFloat32, scores, Fill::kPlain),
      b.input_or_constant(random_integers(DType::kInt64, targets, 0, classes - 1, b.random()))};
  if (b.chance(40))
    inputs.push_back(b.input_or_constant(
        random_tensor(DType::kFloat32, {classes}, Fill::kPositive, b.random())));
  Attributes attributes;
  if (b.chance(70)) attributes["reduction"] = b.pick({"none", "mean", "sum"});
  if (b.chance(30) && classes > 2) attributes["ignore_index"] = std::int64_t{0};
  b.node(softmax ? "SoftmaxCrossEntropyLoss" : "NegativeLogLikelihoodLoss", inputs, attributes);
}

void deformable(Builder& b) {
  const std::int64_t groups = b.between(1, 2), in = groups * b.between(1, 3),
                     out = groups * b.between(1, 3);
  const std::int64_t kernel = b.between(1, 3), image = b.between(3, 6), pad = b.between(0, 1);
  const std::int64_t extent = image + 2 * pad - kernel + 1;
  const DType type = DType::kFloat32;
  std::vector<ValueId> inputs = {
      b.operand(type, {1, in, image, image}, Fill::kPlain),
      b.operand(type, {out, in / groups, kernel, kernel}, Fill::kUnit),
      b.operand(type, {1, 2 * kernel * kernel, extent, extent}, Fill::kUnit)};
  if (b.chance(50)) inputs.push_back(b.operand(type, {out}, Fill::kUnit));
  b.node("DeformConv", inputs,
         {{"group", groups},
          {"kernel_shape", Ints{kernel, kernel}},
          {"pads", Ints{pad, pad, pad, pad}}});
}

void tensor_scatter(Builder& b) {
  const std::int64_t batch = b.between(1, 2), heads = b.between(1, 2), length = b.between(2, 6),
                     width = b.between(1, 4), update = b.between(1, 2);
  std::vector<ValueId> inputs = {
      b.operand(DType::kFloat32, {batch, heads, length, width}, Fill::kPlain),
      b.operand(DType::kFloat32, {batch, heads, update, width}, Fill::kPlain)};
  if (b.chance(60))
    inputs.push_back(b.input_or_constant(
        random_integers(DType::kInt64, {batch}, 0, length - update, b.random())));
  Attributes attributes;
  if (b.chance(40)) attributes["mode"] = b.pick({"linear", "circular"});
  b.node("TensorScatter", inputs, attributes);
}

void max_roi_pool(Builder& b) {
  const Shape shape = {b.between(1, 2), b.between(1, 3), b.between(3, 8), b.between(3, 8)};
  const std::int64_t count = b.between(1, 3);
  Tensor regions = Tensor::allocate(DType::kFloat32, {count, 5});
  for (std::int64_t i = 0; i < count; ++i) {
    float* region = regions.data<float>() + 5 * i;
    const std::int64_t x = b.between(0, shape[3] - 1), y = b.between(0, shape[2] - 1);
    const std::int64_t corners[] = {b.between(0, shape[0] - 1), x, y, b.between(x, shape[3] - 1),
                                    b.between(y, shape[2] - 1)};
    std::ranges::copy(corners, region);
  }
  b.node("MaxRoiPool",
         {b.operand(DType::kFloat32, shape, Fill::kPlain), b.input_or_constant(regions)},
         {{"pooled_shape", Ints{b.between(1, 3), b.between(1, 3)}}});
}

constexpr auto kGenerators = std::to_array<void (*)(Builder&)>(
    {cast_like, center_crop_pad, short_time_fourier, cumulative_product, loss, deformable,
     tensor_scatter, max_roi_pool});

}  // namespace

Family rarer_family() {
  return {"rarer", kGenerators};
}

}  // namespace headway::differential
