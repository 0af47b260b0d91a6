#include "node_testing.h"

namespace headway {
namespace {

struct Extents {
  std::int64_t batch, heads, kv_heads, queries, keys, past, size, value_size;
};

Extents any_extents(Random& random) {
  const auto up_to = [&](std::int64_t most) {
    return 1 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(most)));
  };
  Extents e{up_to(2), 0, up_to(2), up_to(70), up_to(300), 0, up_to(40), up_to(40)};
  e.heads = e.kv_heads * up_to(3);
  if (random.below(3) == 0) e.past = up_to(20);
  return e;
}

/// Which keys each query sees, some queries none of them.
Tensor any_mask(const Extents& e, bool bools, Random& random) {
  const std::int64_t keys = e.past + e.keys - (random.below(3) == 0 ? 1 : 0);
  Shape shape = {e.batch, e.heads, e.queries, std::max<std::int64_t>(keys, 1)};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (random.below(2) == 0) shape[axis] = 1;
  }
  shape.erase(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(random.below(3)));
  if (bools) {
    Tensor mask = random_elements(DType::kBool, shape, random);
    std::fill_n(mask.data<bool>(), shape.back(), false);
    return mask;
  }
  Tensor mask = random_tensor(shape, random.next());
  std::fill_n(mask.data<float>(), shape.back(), -INFINITY);
  return mask;
}

NodeCase any_attention(Random& random) {
  const Extents e = any_extents(random);
  NodeCase c{"Attention", std::vector<Tensor>(7)};
  const bool packed = random.below(2) == 0;
  const auto heads = [&](std::int64_t count, std::int64_t tokens, std::int64_t size) {
    return random_tensor(
        packed ? Shape{e.batch, tokens, count * size} : Shape{e.batch, count, tokens, size},
        random.next());
  };
  c.inputs[0] = heads(e.heads, e.queries, e.size);
  c.inputs[1] = heads(e.kv_heads, e.keys, e.size);
  c.inputs[2] = heads(e.kv_heads, e.keys, e.value_size);
  if (random.below(2) == 0) c.inputs[3] = any_mask(e, random.below(2) == 0, random);
  if (e.past > 0) {
    c.inputs[4] = random_tensor({e.batch, e.kv_heads, e.past, e.size}, random.next());
    c.inputs[5] = random_tensor({e.batch, e.kv_heads, e.past, e.value_size}, random.next());
    if (random.below(2) == 0) c.outputs = 3;
  } else if (random.below(4) == 0) {
    c.inputs[6] = Tensor::allocate(DType::kInt64, {e.batch});
    for (std::int64_t& valid : c.inputs[6].values<std::int64_t>())
      valid = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(e.keys + 1)));
  }
  c.attributes = {{"q_num_heads", e.heads}, {"kv_num_heads", e.kv_heads}};
  if (random.below(2) == 0) c.attributes["is_causal"] = std::int64_t{1};
  if (random.below(3) == 0) c.attributes["softcap"] = 1.5F;
  if (random.below(3) == 0) c.attributes["scale"] = 0.3F;
  if (random.below(4) == 0) c.attributes["left_window_size"] = std::int64_t{3};
  if (random.below(4) == 0) c.attributes["right_window_size"] = std::int64_t{2};
  return c;
}

TEST(AttentionOperator, EveryKind) {
  Random random(1);
  for (int i = 0; i < 80; ++i) {
    const NodeCase c = any_attention(random);
    expect_near_reference(c, 2e-5);
  }
}

TEST(AttentionOperator, WithoutAPast) {
  const Tensor q = random_tensor({1, 2, 5, 8}, 1),
               past = Tensor::zeros(DType::kFloat32, {1, 2, 0, 8});
  expect_near_reference(
      {"Attention", {q, q, q, Tensor(), past, past}, {{"is_causal", std::int64_t{1}}}, 3}, 1e-5);
}

}  // namespace
}  // namespace headway
