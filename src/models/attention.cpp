#include "models/attention.h"

#include <cmath>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace headway::models {
namespace {

using Ints = std::vector<std::int64_t>;

/// The axes in order, but for two that change places.
Ints swapped(std::size_t rank, std::size_t a, std::size_t b) {
  Ints order(rank);
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::swap(order[a], order[b]);
  return order;
}

/// x / max(|x|, 1e-12) over the last axis, as in torch.nn.functional.normalize.
Value* normalized(ModelBuilder& b, std::string_view name, Value* x) {
  const auto scope = b.enter(name);
  Value* length =
      b.apply("ReduceL2", "ReduceL2", {x}, {{"axes", Ints{-1}}, {"keepdims", std::int64_t{1}}});
  length =
      b.apply("Clip", "Clip", {length, b.constant("Clip/min", Tensor::from<float>({}, {1e-12f}))});
  return b.apply("Div", "Div", {x, length});
}

}  // namespace

Value* Attention::split_heads(ModelBuilder& b, std::string_view name, Value* x) const {
  const auto scope = b.enter(name);
  Ints shape(rank - 1, 0);
  shape.insert(shape.end(), {heads, b.channels(x) / heads});
  x = b.reshape("Reshape", x, shape);
  return b.permute("Transpose", x, swapped(rank + 1, rank - 2, rank - 1));
}

Value* Attention::scores(ModelBuilder& b, Value* query, Value* key) const {
  query = split_heads(b, "query", query);
  key = split_heads(b, "key", key);
  if (cosine_scale != nullptr) {
    query = normalized(b, "query/normalized", query);
    key = normalized(b, "key/normalized", key);
  }
  Value* factor = cosine_scale;
  if (factor == nullptr)
    factor = b.constant("Mul/scale", Tensor::from<float>({}, {static_cast<float>(scale)}));
  query = b.apply("Mul", "Mul", {query, factor});
  key = b.permute("key/Transpose_1", key, swapped(rank + 1, rank - 1, rank));
  Value* product = b.apply("MatMul", "MatMul", {query, key});
  return mask == nullptr ? product : b.apply("Add", "Add", {product, mask});
}

Value* Attention::build(ModelBuilder& b, Value* query, Value* key, Value* value) const {
  const std::int64_t channels = b.channels(value);
  // Of n tokens whose scores have a normal distribution, softmax averages n exp(-variance).
  const double averaged = static_cast<double>(tokens) * std::exp(-kQueryVariance * kQueryVariance);
  Spread mixed = b.spread(value).averaged_over(static_cast<std::int64_t>(2 * averaged));
  Value* weights =
      b.apply("Softmax", "Softmax", {scores(b, query, key)}, {{"axis", std::int64_t{-1}}});
  Value* y = b.apply("MatMul", "MatMul_1", {weights, split_heads(b, "value", value)});
  y = b.permute("Transpose", y, swapped(rank + 1, rank - 2, rank - 1));
  Ints shape(rank - 1, 0);
  shape.push_back(channels);
  y = b.reshape("Reshape", y, shape);
  b.expect(y, std::move(mixed));
  return y;
}

}  // namespace headway::models
