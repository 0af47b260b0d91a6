#include <array>

#include "families.h"

namespace headway::differential {
namespace {

void maybe_epsilon(Builder& b, Attributes& attributes) {
  if (b.chance(50)) attributes["epsilon"] = b.pick(std::vector<float>{1e-6F, 1e-3F, 0.1F});
}

ValueId weights(Builder& b, DType dtype, const Shape& shape) {
  return b.operand(dtype, shape, Fill::kUnit);
}

void batch_normalization(Builder& b) {
  const ValueId x = b.value(floats(), 2, 5, Fill::kPlain);
  const DType dtype = b.dtype_of(x);
  const Shape channels = {b.shape_of(x)[1]};
  Attributes attributes;
  maybe_epsilon(b, attributes);
  const ValueId variance =
      b.input_or_constant(random_tensor(dtype, channels, Fill::kPositive, b.random()));
  b.node("BatchNormalization",
         {x, weights(b, dtype, channels), weights(b, dtype, channels), weights(b, dtype, channels),
          variance},
         attributes);
}

void instance_normalization(Builder& b) {
  const ValueId x = b.value(float32_only(), 3, 5, Fill::kPlain);
  const Shape channels = {b.shape_of(x)[1]};
  Attributes attributes;
  maybe_epsilon(b, attributes);
  b.node("InstanceNormalization",
         {x, weights(b, b.dtype_of(x), channels), weights(b, b.dtype_of(x), channels)}, attributes);
}

void layer_normalization(Builder& b) {
  const ValueId x = b.value(floats(), 1, 4, Fill::kPlain);
  const std::int64_t axis = b.axis_of(b.rank_of(x));
  const Shape& shape = b.shape_of(x);
  const Shape normalized(axis < 0 ? shape.end() + axis : shape.begin() + axis, shape.end());
  Attributes attributes;
  maybe_epsilon(b, attributes);
  if (axis != -1 || b.chance(50)) attributes["axis"] = axis;
  std::vector<ValueId> inputs = {x, weights(b, b.dtype_of(x), normalized)};
  if (b.chance(70)) inputs.push_back(weights(b, b.dtype_of(x), normalized));
  if (b.chance(80)) {
    b.node("LayerNormalization", inputs, attributes);
    return;
  }
  const DType statistics = b.dtype_of(x) == DType::kFloat64 ? DType::kFloat64 : DType::kFloat32;
  b.nodes("LayerNormalization", inputs, attributes, {b.dtype_of(x), statistics, statistics});
}

void rms_normalization(Builder& b) {
  const ValueId x = b.value(single(), 1, 4, Fill::kPlain);
  const std::int64_t axis = b.axis_of(b.rank_of(x));
  const Shape& shape = b.shape_of(x);
  const Shape normalized(axis < 0 ? shape.end() + axis : shape.begin() + axis, shape.end());
  Attributes attributes;
  maybe_epsilon(b, attributes);
  attributes["axis"] = axis;
  b.node("RMSNormalization", {x, weights(b, b.dtype_of(x), normalized)}, attributes);
}

void group_normalization(Builder& b) {
  const std::int64_t groups = b.between(1, 4), channels = groups * b.between(1, 5);
  const Shape shape = {b.between(1, 2), channels, b.between(1, 6), b.between(1, 6)};
  const DType dtype = b.pick(single());
  Attributes attributes{{"num_groups", groups}};
  maybe_epsilon(b, attributes);
  b.node("GroupNormalization",
         {b.operand(dtype, shape, Fill::kPlain), weights(b, dtype, {channels}),
          weights(b, dtype, {channels})},
         attributes);
}

void local_response(Builder& b) {
  const Shape shape = {b.between(1, 2), b.between(1, 9), b.between(1, 5), b.between(1, 5)};
  Attributes attributes{{"size", 2 * b.between(0, 3) + 1}};
  if (b.chance(50)) attributes["alpha"] = 0.01F;
  if (b.chance(50)) attributes["beta"] = 0.5F;
  if (b.chance(50)) attributes["bias"] = 1.5F;
  b.node("LRN", {b.operand(b.pick(single()), shape, Fill::kPlain)}, attributes);
}

void lp_normalization(Builder& b) {
  const ValueId x = b.value({DType::kFloat32, DType::kFloat64}, 1, 4, Fill::kPlain);
  Attributes attributes;
  if (b.chance(70)) attributes["axis"] = b.axis_of(b.rank_of(x));
  if (b.chance(70)) attributes["p"] = b.between(1, 2);
  b.node("LpNormalization", {x}, attributes);
}

void mean_variance(Builder& b) {
  const ValueId x = b.value(float32_only(), 4, 4, Fill::kPlain);
  Attributes attributes;
  if (b.chance(60)) attributes["axes"] = b.pick(std::vector<Ints>{{0, 2, 3}, {0, 1, 2, 3}, {2, 3}});
  b.node("MeanVarianceNormalization", {x}, attributes);
}

constexpr auto kGenerators = std::to_array<void (*)(Builder&)>(
    {batch_normalization, instance_normalization, layer_normalization, layer_normalization,
     rms_normalization, group_normalization, local_response, lp_normalization, mean_variance});

}  // namespace

Family normalization_family() {
  return {"normalization", kGenerators};
}

}  // namespace headway::differential
