#include <cmath>

#include "passes/affine.h"
#include "passes/passes.h"
#include "passes/pattern.h"

namespace headway {
namespace {

/// scale * (x - mean) / sqrt(variance + epsilon) + bias, as one affine map.
std::optional<ChannelAffine> affine_of(const Node& norm, std::int64_t channels) {
  const auto scale = float_constant(norm.input(1)), bias = float_constant(norm.input(2));
  const auto mean = float_constant(norm.input(3)), variance = float_constant(norm.input(4));
  const auto count = static_cast<std::size_t>(channels);
  for (const auto* values : {&scale, &bias, &mean, &variance}) {
    if (!*values || (*values)->size() != count) return std::nullopt;
  }
  const double epsilon = norm.get_float("epsilon", 1e-5f);
  ChannelAffine affine;
  for (std::size_t i = 0; i < count; ++i) {
    const double factor = (*scale)[i] / std::sqrt((*variance)[i] + epsilon);
    affine.scale.push_back(static_cast<float>(factor));
    affine.shift.push_back(static_cast<float>((*bias)[i] - (*mean)[i] * factor));
  }
  return affine;
}

std::optional<Patch> propose(Graph& graph, Node& norm) {
  if (!norm.is("BatchNormalization") || norm.get_int("training_mode", 0) != 0) return std::nullopt;
  const Node* source = foldable_producer(graph, norm.input(0));
  if (source == nullptr) return std::nullopt;
  const auto affine = affine_of(norm, output_channels(*source));
  if (!affine) return std::nullopt;
  return Patch{norm.output(), fold_affine(graph, norm, *source, *affine)};
}

}  // namespace

const Pass kFoldBatchNorm = {"fold-batch-norm", propose};

}  // namespace headway
