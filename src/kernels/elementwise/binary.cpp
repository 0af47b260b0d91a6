#include "kernels/elementwise/binary.h"

#include "kernels/inner_loops.h"
#include "kernels/strided.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

constexpr int kChunk = 1024;

/// Operands whose innermost stride is neither 0 nor 1 are gathered chunk by chunk.
struct Gathered {
  float elements[kChunk];

  const float* get(const float* from, std::int64_t stride, int count) {
    if (stride == 0 || stride == 1) return from;
    for (int i = 0; i < count; ++i) elements[i] = from[i * stride];
    return elements;
  }
};

int step_of(std::int64_t stride) {
  return stride == 0 ? 0 : 1;
}

struct Row {
  BinaryOp op;
  Unary activation;
  std::int64_t size;
  std::int64_t a_stride;
  std::int64_t b_stride;
};

void run_row(const InnerLoops& loops, const Row& row, const float* a, const float* b,
             float* output) {
  Gathered from_a, from_b;
  for (std::int64_t i = 0; i < row.size; i += kChunk) {
    const int count = static_cast<int>(std::min<std::int64_t>(kChunk, row.size - i));
    const float* x = from_a.get(a + i * row.a_stride, row.a_stride, count);
    const float* y = from_b.get(b + i * row.b_stride, row.b_stride, count);
    loops.binary(row.op, count, x, step_of(row.a_stride), y, step_of(row.b_stride), output + i);
    loops.unary(row.activation, count, output + i, output + i);
  }
}

}  // namespace

void binary(const KernelContext& context, BinaryOp op, std::span<const std::int64_t> extents,
            const float* a, std::span<const std::int64_t> a_strides, const float* b,
            std::span<const std::int64_t> b_strides, Unary activation, float* output) noexcept {
  const auto dense = dense_strides(extents);
  const StridedNest<3> nest(extents,
                            {a_strides, b_strides, std::span(dense).first(extents.size())});
  const int last = nest.rank() - 1;
  const Row row{op, activation, nest.extent(last), nest.stride(0, last), nest.stride(1, last)};
  if (nest.rank() == 1) {
    for_chunks(context, row.size, [&](std::int64_t first, std::int64_t count) {
      Row piece = row;
      piece.size = count;
      run_row(context.loops, piece, a + first * row.a_stride, b + first * row.b_stride,
              output + first);
    });
    return;
  }
  for_tasks(context, nest.outer_size(1), row.size, [&](std::int64_t first, std::int64_t end, int) {
    nest.for_outer(1, first, end, [&](const std::array<std::int64_t, 3>& offsets) {
      run_row(context.loops, row, a + offsets[0], b + offsets[1], output + offsets[2]);
    });
  });
}

}  // namespace headway
