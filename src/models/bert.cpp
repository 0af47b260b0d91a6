#include <array>
#include <cmath>
#include <limits>

#include "models/architectures.h"
#include "models/attention.h"
#include "models/builder.h"
#include "models/variant.h"
#include "ops/onnx_dtype.h"

namespace headway::models {
namespace {

using Ints = std::vector<std::int64_t>;

constexpr LayerNormOptions kNorm = {.epsilon = 1e-12f};
constexpr std::int64_t kVocabulary = 30'522, kPositions = 512, kSegments = 2;
/// Tokens of a usual sequence.
constexpr std::int64_t kSequence = 128;

struct Variant {
  std::string_view name;
  int layers;
  std::int64_t heads, channels;
};
constexpr std::array kVariants = {
    Variant{"bert_base", 12, 12, 768},
    Variant{"bert_large", 24, 16, 1024},
};

Value* integers(ModelBuilder& b, std::string_view name, Shape shape, const Ints& values) {
  return b.constant(name, Tensor::from<std::int64_t>(std::move(shape), values));
}

/// The table's first rows, one for each token.
Value* positions(ModelBuilder& b, Value* table, Value* ids) {
  Value* shape = b.apply("Shape", "Shape", {ids});
  Value* tokens =
      b.apply("Slice", "Slice",
              {shape, integers(b, "Slice/one", {1}, {1}), integers(b, "Slice/two", {1}, {2})});
  return b.apply("Slice", "Slice_1",
                 {table, integers(b, "Slice_1/zero", {1}, {0}), tokens,
                  integers(b, "Slice_1/axis", {1}, {0})});
}

Value* embeddings(ModelBuilder& b, Value* ids, Value* segments, std::int64_t channels) {
  const auto scope = b.enter("embeddings");
  const auto table = [&](std::string_view name, std::int64_t rows, double deviation) {
    const auto embedding = b.enter(name);
    return b.parameter("weight", {rows, channels}, 0, deviation);
  };
  const auto count = static_cast<std::size_t>(channels);
  Value* words = b.apply("Gather", "Gather", {table("word_embeddings", kVocabulary, 1), ids});
  Value* kinds =
      b.apply("Gather", "Gather_1", {table("token_type_embeddings", kSegments, 0.3), segments});
  Value* places = positions(b, table("position_embeddings", kPositions, 0.3), ids);
  Value* x = b.apply("Add", "Add_1", {b.apply("Add", "Add", {words, kinds}), places});
  b.expect(x, Spread::normal(std::vector(count, 0.0), std::vector(count, 1.2)));
  return b.layer_norm("LayerNorm", x, kNorm);
}

/// Scores of tokens that do not count become the lowest number: [N, 1, 1, tokens].
Value* score_mask(ModelBuilder& b, Value* attention_mask) {
  const auto scalar = [&](std::string_view name, float value) {
    return b.constant(name, Tensor::from<float>({}, {value}));
  };
  Value* mask =
      b.apply("Cast", "mask/Cast", {attention_mask}, {{"to", onnx_number_of(DType::kFloat32)}});
  mask = b.apply("Unsqueeze", "mask/Unsqueeze", {mask, integers(b, "mask/axes", {2}, {1, 2})});
  mask = b.apply("Sub", "mask/Sub", {scalar("mask/one", 1), mask});
  return b.apply("Mul", "mask/Mul",
                 {mask, scalar("mask/lowest", std::numeric_limits<float>::lowest())});
}

Value* attention(ModelBuilder& b, Value* x, Value* mask, std::int64_t heads) {
  const auto scope = b.enter("attention");
  const std::int64_t channels = b.channels(x);
  const Attention attention = {.heads = heads,
                               .scale = 1 / std::sqrt(static_cast<double>(channels / heads)),
                               .tokens = kSequence,
                               .mask = mask};
  Value* y = nullptr;
  {
    const auto self = b.enter("self");
    const DenseOptions projection = {.features = channels, .variance = kQueryVariance};
    Value* query = b.dense("query", x, projection);
    Value* key = b.dense("key", x, projection);
    y = attention.build(b, query, key, b.dense("value", x, projection));
  }
  const auto output = b.enter("output");
  y = b.add("Add", b.dense("dense", y, {.features = channels}), x);
  return b.layer_norm("LayerNorm", y, kNorm);
}

Value* layer(ModelBuilder& b, Value* x, Value* mask, std::int64_t heads) {
  const std::int64_t channels = b.channels(x);
  x = attention(b, x, mask, heads);
  Value* y = nullptr;
  {
    const auto intermediate = b.enter("intermediate");
    y = b.gelu("intermediate_act_fn", b.dense("dense", x, {.features = 4 * channels}));
  }
  const auto output = b.enter("output");
  y = b.add("Add", b.dense("dense", y, {.features = channels}), x);
  return b.layer_norm("LayerNorm", y, kNorm);
}

/// Of the first token.
Value* pooler(ModelBuilder& b, Value* x) {
  const auto scope = b.enter("pooler");
  const std::int64_t channels = b.channels(x);
  x = b.apply("Gather", "Gather", {x, integers(b, "first", {}, {0})}, {{"axis", std::int64_t{1}}});
  return b.tanh("activation", b.linear("dense", x, channels));
}

}  // namespace

Graph bert(std::string_view name, const ModelOptions& options) {
  const Variant& variant = find_variant(kVariants, name);
  ModelBuilder b(name, options);
  const TensorType tokens = {DType::kInt64,
                             SymbolicShape{Dim(std::string("N")), Dim(std::string("T"))}};
  Value* ids = b.input("input_ids", tokens);
  Value* mask = score_mask(b, b.input("attention_mask", tokens));
  Value* x = embeddings(b, ids, b.input("token_type_ids", tokens), variant.channels);
  {
    const auto scope = b.enter("encoder");
    const auto layers = b.enter("layer");
    for (int i = 0; i < variant.layers; ++i) {
      const auto number = b.enter(i);
      x = layer(b, x, mask, variant.heads);
    }
  }
  return b.finish({{x, "last_hidden_state"}, {pooler(b, x), "pooler_output"}});
}

}  // namespace headway::models
