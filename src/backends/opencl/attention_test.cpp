#include "ops/attention.h"

#include "backends/opencl/test_support.h"

namespace headway::opencl {
namespace {

std::string list(const std::vector<std::int64_t>& numbers) {
  std::string text;
  for (const std::int64_t number : numbers) text += concat(text.empty() ? "" : ", ", number);
  return concat('[', text, ']');
}

struct Extents {
  std::int64_t batch, heads, queries, keys, size, value_size;
};

/// Heads side by side in rows of tokens. `mask`: shape and strides of a mask, or none.
void expect_attention(Context& context, const Extents& e, const std::string& mask_shape = "",
                      const std::vector<std::int64_t>& mask_strides = {}) {
  const auto strides = [&](std::int64_t offset, std::int64_t tokens, std::int64_t size) {
    const std::int64_t row = e.heads * size;
    return list({offset, tokens * row, size, row});
  };
  const auto tokens = [&](std::int64_t count, std::int64_t size) {
    return list({e.batch, count, e.heads * size});
  };
  const bool has_mask = !mask_shape.empty();
  expect_like_reference(
      context,
      concat("graph g (%q: float32", tokens(e.queries, e.size), ", %k: float32",
             tokens(e.keys, e.size), ", %v: float32", tokens(e.keys, e.value_size),
             has_mask ? concat(", %m: float32", mask_shape) : "",
             ") -> (%y) { %y = headway.FusedAttention(%q, %k, %v", has_mask ? ", %m" : "",
             ") {extents = ", list({e.batch, e.heads, e.queries, e.keys, e.size, e.value_size}),
             ", q_strides = ", strides(0, e.queries, e.size), ", k_strides = ",
             strides(0, e.keys, e.size), ", v_strides = ", strides(0, e.keys, e.value_size),
             ", y_strides = ", strides(0, e.queries, e.value_size),
             has_mask ? concat(", m_strides = ", list(mask_strides)) : "",
             ", output_shape = ", tokens(e.queries, e.value_size), ", scale = 0.25} }"));
}

TEST(OpenClAttention, OfEverySize) {
  HEADWAY_OPEN_DEVICE(context);
  for (const Extents& e : {Extents{1, 1, 1, 1, 1, 1},
                           {2, 3, 17, 17, 8, 8},
                           {1, 2, 33, 33, 20, 12},
                           {2, 1, 3, 70, 64, 64},
                           {1, 2, 40, 65, 33, 40},
                           {1, 1, 9, 20, 200, 100}})
    expect_attention(*context, e);
}

TEST(OpenClAttention, Masks) {
  HEADWAY_OPEN_DEVICE(context);
  const Extents e{2, 2, 17, 18, 8, 8};
  expect_attention(*context, e, "[2,1,1,18]", {0, 18, 0, 0, 1});
  expect_attention(*context, e, "[17,18]", {0, 0, 0, 18, 1});
  expect_attention(*context, e, "[2,2,17,18]", {0, 2 * 17 * 18, 17 * 18, 18, 1});
  expect_attention(*context, e, "[2,2,1,1]", {0, 2, 1, 0, 0});
}

/// Queries, keys and values in one packed tensor; the first keys are masked out altogether.
TEST(OpenClAttention, PackedTensorAndInfiniteMask) {
  HEADWAY_OPEN_DEVICE(context);
  std::string mask;
  for (int key = 0; key < 40; ++key) mask += concat(key > 0 ? ", " : "", key < 34 ? "-inf" : "0.5");
  expect_like_reference(
      *context,
      concat("graph g (%x: float32[2,40,48]) -> (%y) { %m: float32[40] = constant {", mask,
             "} %y = headway.FusedAttention(%x, %x, %x, %m) {extents = [2, 2, 40, 40, 8, 8], ",
             "q_strides = [0, 1920, 8, 48], k_strides = [16, 1920, 8, 48], ",
             "v_strides = [32, 1920, 8, 48], y_strides = [0, 640, 8, 16], ",
             "m_strides = [0, 0, 0, 0, 1], output_shape = [2, 40, 16], scale = 0.35} }"));
}

}  // namespace
}  // namespace headway::opencl
