#include "formats/onnx/contrib/families.h"

namespace headway::onnx {
namespace {

constexpr float kEpsilon = 1e-12f;  // ONNX Runtime's default for these operators.

Attributes over_last_axis(float epsilon) {
  return {{"axis", std::int64_t{-1}}, {"epsilon", epsilon}};
}

/// SkipLayerNormalization(input, skip, gamma, beta?, bias?) -> output, mean?, inverse?, sum?
void expand_skip_layer_normalization(Expansion& e) {
  Value* sum = e.plus(e.plus(e.input(0), e.input(1)), e.optional_input(4));
  const auto y = e.add_many("LayerNormalization", {sum, e.input(2), e.optional_input(3)},
                            e.wants(1) || e.wants(2) ? 3 : 1,
                            over_last_axis(e.get_float("epsilon", kEpsilon)));
  for (std::size_t i = 0; i < y.size(); ++i) e.yield(i, y[i]);
  e.yield(3, sum);
}

/// SkipSimplifiedLayerNormalization(input, skip, gamma, bias?) -> output, mean?, inverse?, sum?
void expand_skip_simplified_layer_normalization(Expansion& e) {
  Value* sum = e.plus(e.plus(e.input(0), e.input(1)), e.optional_input(3));
  e.yield(0, e.add("RMSNormalization", {sum, e.input(2)},
                   over_last_axis(e.get_float("epsilon", kEpsilon))));
  e.yield(3, sum);
}

void expand_simplified_layer_normalization(Expansion& e) {
  e.yield(0, e.add("RMSNormalization", {e.input(0), e.input(1)}, e.node().attributes));
}

/// EmbedLayerNormalization(input_ids, segment_ids?, words, positions, segments?, gamma, beta,
/// mask?, position_ids?) -> output, mask_index?, sum?
void expand_embed_layer_normalization(Expansion& e) {
  Value* ids = e.input(0);
  Value* places = e.has(8) ? e.optional_input(8) : e.positions(e.extent(ids, 1));
  Value* sum = e.plus(e.add("Gather", {e.input(2), ids}), e.add("Gather", {e.input(3), places}));
  if (e.has(1)) sum = e.plus(sum, e.add("Gather", {e.input(4), e.input(1)}));
  e.yield(0, e.add("LayerNormalization", {sum, e.input(5), e.input(6)},
                   over_last_axis(e.get_float("epsilon", kEpsilon))));
  if (e.wants(1)) {
    Value* mask = e.has(7) ? e.optional_input(7) : e.add("Sub", {ids, ids});
    e.yield(1, e.add("ReduceSum", {e.cast(mask, DType::kInt32), e.ints({1})},
                     {{"keepdims", std::int64_t{0}}}));
  }
  e.yield(2, sum);
}

/// GroupNorm(X, gamma, beta): channels last unless it says otherwise; activation 1 is SiLU.
void expand_group_norm(Expansion& e) {
  const bool channels_last = e.get_int("channels_last", 1) != 0;
  Value* x = channels_last ? e.transpose(e.input(0), {0, 3, 1, 2}) : e.input(0);
  Value* gamma = e.add("CastLike", {e.input(1), x});
  Value* beta = e.add("CastLike", {e.input(2), x});
  Value* y =
      e.add("GroupNormalization", {x, gamma, beta},
            {{"epsilon", e.get_float("epsilon", 1e-5f)}, {"num_groups", e.get_int("groups", 32)}});
  if (e.get_int("activation", 0) == 1) y = e.add("Swish", {y});
  e.yield(0, channels_last ? e.transpose(y, {0, 2, 3, 1}) : y);
}

}  // namespace

std::vector<ContribOperator> contrib_normalization() {
  const std::vector<std::string_view> of_rms = {"axis", "epsilon", "stash_type"};
  return {
      {"EmbedLayerNormalization", {"epsilon", "mask_index_type"}, expand_embed_layer_normalization},
      {"GroupNorm", {"activation", "channels_last", "epsilon", "groups"}, expand_group_norm},
      // ONNX Runtime writes it into the default domain.
      {"SimplifiedLayerNormalization", of_rms, expand_simplified_layer_normalization, ""},
      {"SimplifiedLayerNormalization", of_rms, expand_simplified_layer_normalization},
      {"SkipLayerNormalization", {"epsilon"}, expand_skip_layer_normalization},
      {"SkipSimplifiedLayerNormalization", {"epsilon"}, expand_skip_simplified_layer_normalization},
  };
}

}  // namespace headway::onnx
