#include "kernels/attention/attention.h"

#include <limits>

#include "kernels/test_support.h"

namespace headway {
namespace {

class AttentionTest : public EveryIsa {};
HEADWAY_TEST_EVERY_ISA(AttentionTest);

/// Heads side by side in a row, or one after the other.
AttentionOperand any_layout(Generator& generator, std::int64_t heads, std::int64_t tokens,
                            std::int64_t size) {
  if (generator.chance(0.5)) return {0, heads * tokens * size, size, heads * size};
  return {0, heads * tokens * size, tokens * size, size};
}

AttentionShape any_shape(Generator& generator) {
  AttentionShape s;
  s.batch = generator.integer(1, 2);
  s.heads = generator.integer(1, 4);
  s.queries = generator.integer(1, 80);
  s.keys = generator.chance(0.3) ? generator.integer(250, 600) : generator.integer(1, 100);
  s.head_size = generator.integer(1, 70);
  s.value_size = generator.integer(1, 70);
  s.scale = 0.5F;
  s.q = any_layout(generator, s.heads, s.queries, s.head_size);
  s.k = any_layout(generator, s.heads, s.keys, s.head_size);
  s.v = any_layout(generator, s.heads, s.keys, s.value_size);
  s.y = any_layout(generator, s.heads, s.queries, s.value_size);
  return s;
}

std::int64_t at(const AttentionOperand& o, std::int64_t b, std::int64_t h, std::int64_t t,
                std::int64_t i) {
  return o.offset + b * o.batch + h * o.head + t * o.token + i * o.element;
}

struct Tensors {
  Tensors(const AttentionShape& s, Generator& generator)
      : q(s.batch * s.heads * s.queries * s.head_size),
        k(s.batch * s.heads * s.keys * s.head_size),
        v(s.batch * s.heads * s.keys * s.value_size),
        mask(s.batch * s.queries * s.keys),
        y(s.batch * s.heads * s.queries * s.value_size) {
    for (GuardedFloats* floats : {&q, &k, &v, &mask}) generator.fill(*floats);
  }
  GuardedFloats q, k, v, mask, y;
};

std::vector<double> expected_of(const AttentionShape& s, const Tensors& t, bool masked,
                                const AttentionKeys& limits) {
  std::vector<double> result(static_cast<std::size_t>(t.y.size()));
  const auto row = [&](std::int64_t b, std::int64_t h, std::int64_t query) {
    std::vector<double> weights;
    double largest = -std::numeric_limits<double>::infinity(), total = 0;
    const std::int64_t visible = limits.visible(query);
    for (std::int64_t key = 0; key < visible; ++key) {
      double score = 0;
      for (std::int64_t i = 0; i < s.head_size; ++i) {
        score += static_cast<double>(t.q[at(s.q, b, h, query, i)]) *
                 static_cast<double>(t.k[at(s.k, b, h, key, i)]);
      }
      score *= static_cast<double>(s.scale);
      const auto cap = static_cast<double>(s.softcap);
      if (cap > 0) score = cap * std::tanh(score / cap);
      if (masked) score += static_cast<double>(t.mask[at(s.mask, b, h, query, key)]);
      weights.push_back(score);
      largest = std::fmax(largest, score);
    }
    for (double& weight : weights) total += weight = std::exp(weight - largest);
    for (std::int64_t j = 0; j < s.value_size; ++j) {
      double sum = 0;
      for (std::int64_t key = 0; key < visible; ++key) {
        sum += weights[static_cast<std::size_t>(key)] / total *
               static_cast<double>(t.v[at(s.v, b, h, key, j)]);
      }
      result[static_cast<std::size_t>(at(s.y, b, h, query, j))] = sum;
    }
  };
  for (std::int64_t b = 0; b < s.batch; ++b) {
    for (std::int64_t h = 0; h < s.heads; ++h) {
      for (std::int64_t query = 0; query < s.queries; ++query) row(b, h, query);
    }
  }
  return result;
}

void check(const KernelContext& context, const AttentionShape& shape, Tensors& tensors, bool masked,
           int threads, const AttentionKeys& keys) {
  SCOPED_TRACE(testing::Message() << shape.batch << "x" << shape.heads << " queries "
                                  << shape.queries << " keys " << shape.keys << " sizes "
                                  << shape.head_size << ", " << shape.value_size);
  BrgemmSet tiles(context.loops);
  const Attention attention(shape, tiles, threads);
  GuardedFloats scratch(static_cast<std::int64_t>(attention.scratch_bytes() / sizeof(float)));
  attention.run(context, tensors.q.data(), tensors.k.data(), tensors.v.data(),
                masked ? tensors.mask.data() : nullptr, keys, tensors.y.data(), scratch.data());
  expect_near(tensors.y, expected_of(shape, tensors, masked, keys), 2e-5);
}

void check(const KernelContext& context, const AttentionShape& shape, Tensors& tensors, bool masked,
           int threads) {
  check(context, shape, tensors, masked, threads, {.valid = shape.keys});
}

TEST_P(AttentionTest, EqualsPlainLoopsOverGeneratedShapes) {
  Generator generator(1);
  for (int round = 0; round < 60 && !HasFatalFailure(); ++round) {
    AttentionShape shape = any_shape(generator);
    Tensors tensors(shape, generator);
    shape.mask = {0, shape.queries * shape.keys, 0, shape.keys, 1};
    check(context(), shape, tensors, generator.chance(0.5),
          static_cast<int>(generator.integer(1, 3)));
  }
}

TEST_P(AttentionTest, MasksHideKeys) {
  Generator generator(2);
  AttentionShape shape = any_shape(generator);
  shape.keys = 300;
  shape.k = {0, shape.heads * shape.keys * shape.head_size, shape.keys * shape.head_size,
             shape.head_size};
  shape.v = {0, shape.heads * shape.keys * shape.value_size, shape.keys * shape.value_size,
             shape.value_size};
  Tensors tensors(shape, generator);
  // The same for all queries; the whole first block is hidden.
  shape.mask = {0, shape.queries * shape.keys, 0, 0, 1};
  for (std::int64_t key = 0; key < 270; ++key) {
    for (std::int64_t b = 0; b < shape.batch; ++b) {
      tensors.mask[b * shape.queries * shape.keys + key] = -std::numeric_limits<float>::infinity();
    }
  }
  check(context(), shape, tensors, true, 2);
}

TEST_P(AttentionTest, GreatScoresDoNotOverflow) {
  Generator generator(3);
  AttentionShape shape = any_shape(generator);
  shape.scale = 300;
  Tensors tensors(shape, generator);
  for (std::int64_t i = 0; i < tensors.q.size(); ++i) tensors.q[i] = std::round(4 * tensors.q[i]);
  for (std::int64_t i = 0; i < tensors.k.size(); ++i) tensors.k[i] = std::round(4 * tensors.k[i]);
  check(context(), shape, tensors, false, 2);
}

/// Some keys are not there yet, others come after the query; a query may see none.
AttentionKeys any_keys(Generator& generator, const AttentionShape& shape) {
  AttentionKeys keys{.valid = generator.integer(0, shape.keys), .zero_if_none = true};
  keys.causal = generator.chance(0.7);
  keys.offset = generator.integer(-2, shape.keys);
  return keys;
}

TEST_P(AttentionTest, KeysAreLimitedScoresCapped) {
  Generator generator(4);
  for (int round = 0; round < 40 && !HasFatalFailure(); ++round) {
    AttentionShape shape = any_shape(generator);
    if (generator.chance(0.5)) shape.softcap = 0.7F;
    if (generator.chance(0.2)) shape.scale = -0.3F;
    Tensors tensors(shape, generator);
    shape.mask = {0, shape.queries * shape.keys, 0, shape.keys, 1};
    const auto threads = static_cast<int>(generator.integer(1, 16));
    check(context(), shape, tensors, generator.chance(0.3), threads, any_keys(generator, shape));
  }
}

TEST_P(AttentionTest, HeadsShareKeysAndValues) {
  Generator generator(5);
  for (int round = 0; round < 20 && !HasFatalFailure(); ++round) {
    AttentionShape shape = any_shape(generator);
    shape.k.head = 0;
    if (generator.chance(0.5)) shape.v.head = 0;
    Tensors tensors(shape, generator);
    check(context(), shape, tensors, false, static_cast<int>(generator.integer(1, 7)));
  }
}

TEST_P(AttentionTest, RowsMayBeAPageApart) {
  Generator generator(6);
  AttentionShape shape{.heads = 16, .queries = 31, .keys = 40, .head_size = 64, .value_size = 64};
  shape.q = shape.k = shape.v = shape.y = {0, 0, 64, 1024};
  Tensors tensors(shape, generator);
  check(context(), shape, tensors, false, 2);
}

}  // namespace
}  // namespace headway
