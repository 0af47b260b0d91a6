#include "kernels/elementwise/select.h"

#include "kernels/strided.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

using Nest = StridedNest<4>;

/// What lies below one position of the outer loops, in the order of select()'s operands.
struct Row {
  const bool* condition;
  const float* a;
  const float* b;
  float* output;
};

/// A known stride of 1 lets the compiler use vectors.
template <typename Stride>
void run_row(std::int64_t size, const Row& row, Stride condition, Stride a, Stride b) {
  for (std::int64_t i = 0; i < size; ++i)
    row.output[i] = row.condition[i * condition] ? row.a[i * a] : row.b[i * b];
}

void run_row(const Nest& nest, std::int64_t first, std::int64_t size, const Row& row) {
  const int last = nest.rank() - 1;
  const std::int64_t condition = nest.stride(0, last), a = nest.stride(1, last),
                     b = nest.stride(2, last);
  const Row piece{row.condition + first * condition, row.a + first * a, row.b + first * b,
                  row.output + first};
  constexpr std::integral_constant<std::int64_t, 1> kOne;
  if (condition == 1 && a == 1 && b == 1) return run_row(size, piece, kOne, kOne, kOne);
  run_row(size, piece, condition, a, b);
}

}  // namespace

void select(const KernelContext& context, std::span<const std::int64_t> extents,
            const bool* condition, std::span<const std::int64_t> condition_strides, const float* a,
            std::span<const std::int64_t> a_strides, const float* b,
            std::span<const std::int64_t> b_strides, float* output) noexcept {
  const auto dense = dense_strides(extents);
  const Nest nest(
      extents, {condition_strides, a_strides, b_strides, std::span(dense).first(extents.size())});
  const std::int64_t size = nest.extent(nest.rank() - 1);
  if (nest.rank() == 1) {
    return for_chunks(context, size, [&](std::int64_t first, std::int64_t count) {
      run_row(nest, first, count, {condition, a, b, output});
    });
  }
  for_tasks(context, nest.outer_size(1), size, [&](std::int64_t first, std::int64_t end, int) {
    nest.for_outer(1, first, end, [&](const Nest::Offsets& at) {
      run_row(nest, 0, size, {condition + at[0], a + at[1], b + at[2], output + at[3]});
    });
  });
}

}  // namespace headway
