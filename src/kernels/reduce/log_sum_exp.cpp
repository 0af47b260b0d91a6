#include <algorithm>
#include <cmath>

#include "kernels/inner_loops.h"
#include "kernels/reduce/reduce.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

/// The largest exponent is taken out first, so that nothing overflows.
float log_sum_exp_row(const InnerLoops& loops, std::int64_t size, const float* input) {
  constexpr std::int64_t kChunk = 1024;
  alignas(64) float powers[kChunk];
  const float largest = loops.reduce_row(ReduceOp::kMax, size, input);
  const float shift = std::isinf(largest) ? 0.0F : largest;
  float sum = 0;
  for (std::int64_t i = 0; i < size; i += kChunk)
    sum += loops.exp_sum_row(std::min(kChunk, size - i), shift, input + i, powers);
  return shift + std::log(sum);
}

/// Neighbouring lines that are summed together.
constexpr std::int64_t kStrip = 64;

void log_sum_exp_strip(const InnerLoops& loops, std::int64_t axis, std::int64_t inner,
                       std::int64_t columns, const float* input, float* output) {
  float largest[kStrip], powers[kStrip], total[kStrip] = {};
  std::copy_n(input, columns, largest);
  for (std::int64_t i = 1; i < axis; ++i)
    loops.reduce_into(ReduceOp::kMax, columns, input + i * inner, largest);
  for (std::int64_t c = 0; c < columns; ++c) largest[c] = std::isinf(largest[c]) ? 0 : largest[c];
  for (std::int64_t i = 0; i < axis; ++i) {
    loops.binary(BinaryOp::kSub, columns, input + i * inner, 1, largest, 1, powers);
    loops.unary({UnaryOp::kExp, 0, 0}, columns, powers, powers);
    loops.reduce_into(ReduceOp::kSum, columns, powers, total);
  }
  loops.unary({UnaryOp::kLog, 0, 0}, columns, total, total);
  loops.binary(BinaryOp::kAdd, columns, total, 1, largest, 1, output);
}

}  // namespace

void log_sum_exp(const KernelContext& context, std::int64_t outer, std::int64_t axis,
                 std::int64_t inner, const float* input, float* output) noexcept {
  const std::int64_t strips = (inner + kStrip - 1) / kStrip;
  for_tasks(
      context, outer * strips, 8 * axis * kStrip, [&](std::int64_t i, std::int64_t last, int) {
        for (; i < last; ++i) {
          const std::int64_t line = i / strips, column = i % strips * kStrip;
          log_sum_exp_strip(context.loops, axis, inner, std::min(kStrip, inner - column),
                            input + line * axis * inner + column, output + line * inner + column);
        }
      });
}

void log_sum_exp(const KernelContext& context, std::int64_t rows, std::int64_t columns,
                 const float* input, float* output) noexcept {
  for_tasks(context, rows, columns, [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t row = first; row < last; ++row)
      output[row] = log_sum_exp_row(context.loops, columns, input + row * columns);
  });
}

}  // namespace headway
