#include "kernels/elementwise/binary.h"

#include <algorithm>

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

using Nest = StridedNest<3>;

/// The last two axes, if one operand repeats its last axis along the one before it, and the other
/// is dense.
struct Repetition {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  bool swapped = false;  ///< The first operand repeats.
};

/// Rows so long that the usual loops do well.
constexpr std::int64_t kLongRow = 512;

Repetition repetition_of(const Nest& nest) {
  const int last = nest.rank() - 1;
  if (last < 1 || nest.stride(0, last) != 1 || nest.stride(1, last) != 1) return {};
  const std::int64_t columns = nest.extent(last);
  for (const bool swapped : {false, true}) {
    const bool dense = nest.stride(swapped ? 1 : 0, last - 1) == columns;
    const bool repeats = nest.stride(swapped ? 0 : 1, last - 1) == 0;
    if (dense && repeats && columns < kLongRow) return {nest.extent(last - 1), columns, swapped};
  }
  return {};
}

/// Where rows are not whole vectors, `repeated` is written out for as many rows as fit a chunk.
void run_rows(const InnerLoops& loops, BinaryOp op, const Repetition& rows, const float* dense,
              const float* repeated, float* output) {
  if (rows.columns % loops.width == 0) {
    loops.binary_repeated(op, rows.rows, rows.columns, dense, repeated, rows.swapped, output);
    return;
  }
  float chunk[kChunk];
  const std::int64_t fit = std::min(rows.rows, kChunk / rows.columns);
  for (std::int64_t row = 0; row < fit; ++row) {
    std::copy(repeated, repeated + rows.columns, chunk + row * rows.columns);
  }
  for (std::int64_t row = 0; row < rows.rows; row += fit) {
    const std::int64_t size = std::min(fit, rows.rows - row) * rows.columns;
    const float* at = dense + row * rows.columns;
    loops.binary(op, size, rows.swapped ? chunk : at, 1, rows.swapped ? at : chunk, 1,
                 output + row * rows.columns);
  }
}

void run_repeated(const KernelContext& context, BinaryOp op, const Nest& nest,
                  const Repetition& whole, const float* a, const float* b, Unary activation,
                  float* output) {
  constexpr std::int64_t kPiece = 4096;
  const std::int64_t rows = std::min(whole.rows, std::max<std::int64_t>(kPiece / whole.columns, 1));
  const std::int64_t pieces = (whole.rows + rows - 1) / rows;
  const auto run = [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t task = first; task < last; ++task) {
      nest.for_outer(2, task / pieces, task / pieces + 1, [&](const Nest::Offsets& offsets) {
        Repetition piece = whole;
        const std::int64_t row = task % pieces * rows;
        piece.rows = std::min(rows, whole.rows - row);
        const float* dense = whole.swapped ? b + offsets[1] : a + offsets[0];
        const float* repeated = whole.swapped ? a + offsets[0] : b + offsets[1];
        float* to = output + offsets[2] + row * whole.columns;
        run_rows(context.loops, op, piece, dense + row * whole.columns, repeated, to);
        context.loops.unary(activation, piece.rows * whole.columns, to, to);
      });
    }
  };
  for_tasks(context, nest.outer_size(2) * pieces, rows * whole.columns, run);
}

}  // namespace

void binary(const KernelContext& context, BinaryOp op, std::span<const std::int64_t> extents,
            const float* a, std::span<const std::int64_t> a_strides, const float* b,
            std::span<const std::int64_t> b_strides, Unary activation, float* output) noexcept {
  const auto dense = dense_strides(extents);
  const Nest nest(extents, {a_strides, b_strides, std::span(dense).first(extents.size())});
  const Repetition repetition = repetition_of(nest);
  if (repetition.rows > 0) {
    return run_repeated(context, op, nest, repetition, a, b, activation, output);
  }
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
