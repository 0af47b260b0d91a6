#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"

namespace headway {
namespace {

void infer_rotary_embedding(InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  const Node& node = context.node();
  const TensorType& x = context.input(0);
  for (const std::size_t cache : {1, 2}) {
    require_dtype(context, cache, kFloatTypes);
    require_rank(context, cache, context.has_input(3) ? 2 : 3);
  }
  require_same_shapes(context, 1, 2);
  if (context.has_input(3)) {
    require_dtype(context, 3, {DType::kInt64});
    require_rank(context, 3, 2);
  }
  if (x.shape && x.shape->size() != 3 && x.shape->size() != 4) {
    context.fail("input 0 is ", x.to_string(), " but must have rank 3 or 4");
  }
  const std::int64_t heads = node.get_int("num_heads", 0);
  if (x.shape && x.shape->size() == 3) {
    const Dim& hidden = x.shape->back();
    if (heads < 1 || (hidden.is_static() && hidden.extent() % heads != 0)) {
      context.fail("an input of rank 3 needs an attribute num_heads that divides its ",
                   hidden.to_string(), " columns");
    }
  }
  same_as_input(context);
}

/// Where the tokens of one head lie, whatever the layout.
struct Layout {
  std::int64_t batch, heads, tokens, size;
  bool packed;  ///< [batch, tokens, heads, size] rather than [batch, heads, tokens, size].

  Layout(const Tensor& x, std::int64_t packed_heads)
      : batch(x.dim(0)),
        heads(x.rank() == 3 ? packed_heads : x.dim(1)),
        tokens(x.dim(x.rank() - 2)),
        size(x.rank() == 3 ? x.dim(2) / packed_heads : x.dim(3)),
        packed(x.rank() == 3) {
    if (packed) tokens = x.dim(1);
  }

  std::int64_t row(std::int64_t image, std::int64_t head, std::int64_t token) const {
    return size * (packed ? (image * tokens + token) * heads + head
                          : (image * heads + head) * tokens + token);
  }
};

/// The row of the caches that holds the angles of each token.
std::vector<std::int64_t> cache_rows(const Node& node, std::span<const Tensor> inputs,
                                     const Layout& layout, std::int64_t half) {
  const bool by_position = inputs.size() > 3 && inputs[3].defined();
  const std::int64_t count = layout.batch * layout.tokens;
  std::vector<std::int64_t> rows;
  if (by_position) {
    rows = to_ints(inputs[3]);
  } else {
    for (std::int64_t i = 0; i < count; ++i) rows.push_back(i);
  }
  const std::int64_t available = half == 0 ? 0 : inputs[1].size() / half;
  const bool fits =
      std::ranges::all_of(rows, [&](std::int64_t row) { return row >= 0 && row < available; });
  if (inputs[1].shape().back() != half || static_cast<std::int64_t>(rows.size()) != count ||
      !fits) {
    fail(ErrorCode::kInvalidModel, node.described(), ": the caches of shape ",
         to_string(inputs[1].shape()), " do not hold ", half, " angles for every token");
  }
  return rows;
}

/// Pairs of elements are rotated as complex numbers: J. Su et al., "RoFormer", 2021, equation 34.
void run_rotary_embedding(const Node& node, std::span<const Tensor> inputs,
                          std::span<Tensor> outputs) {
  const Layout layout(inputs[0], node.get_int("num_heads", 1));
  const bool interleaved = node.get_int("interleaved", 0) != 0;
  std::int64_t rotated = node.get_int("rotary_embedding_dim", 0);
  if (rotated == 0) rotated = layout.size;
  if (rotated < 0 || rotated > layout.size || rotated % 2 != 0) {
    fail(ErrorCode::kInvalidModel, node.described(), ": ", rotated, " of ", layout.size,
         " elements cannot be rotated in pairs");
  }
  const std::int64_t half = rotated / 2;
  const std::vector<std::int64_t> rows = cache_rows(node, inputs, layout, half);
  const std::vector<double> cosines = to_doubles(inputs[1]), sines = to_doubles(inputs[2]);
  dispatch_floats(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    for (std::int64_t i = 0; i < layout.batch * layout.heads * layout.tokens; ++i) {
      const std::int64_t image = i / (layout.heads * layout.tokens), token = i % layout.tokens;
      const std::int64_t first = layout.row(image, i / layout.tokens % layout.heads, token);
      const T* x = inputs[0].data<T>() + first;
      T* y = outputs[0].data<T>() + first;
      const std::int64_t angles = rows[static_cast<std::size_t>(image * layout.tokens + token)];
      for (std::int64_t j = 0; j < half; ++j) {
        const std::int64_t a = interleaved ? 2 * j : j, b = interleaved ? 2 * j + 1 : j + half;
        const double cosine = cosines[static_cast<std::size_t>(angles * half + j)];
        const double sine = sines[static_cast<std::size_t>(angles * half + j)];
        y[a] = store<T>(cosine * load(x[a]) - sine * load(x[b]));
        y[b] = store<T>(sine * load(x[a]) + cosine * load(x[b]));
      }
      std::copy(x + rotated, x + layout.size, y + rotated);
    }
  });
}

}  // namespace

std::vector<Operator> rotary_embedding_operators() {
  return {{"RotaryEmbedding",
           "",
           23,
           3,
           4,
           1,
           1,
           {{"interleaved", AttributeKind::kInt},
            {"num_heads", AttributeKind::kInt},
            {"rotary_embedding_dim", AttributeKind::kInt}},
           infer_rotary_embedding,
           run_rotary_embedding}};
}

}  // namespace headway
