#include "kernels/normalization/lines.h"

#include <algorithm>
#include <cmath>

#include "kernels/inner_loops.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

/// Neighbouring lines that are normalized together.
constexpr std::int64_t kStrip = 64;

float inverse(bool squares, float sum) {
  const float norm = squares ? std::sqrt(sum) : sum;
  return norm == 0.0F ? 0.0F : 1.0F / norm;
}

void lp_strip(const InnerLoops& loops, bool squares, std::int64_t axis, std::int64_t inner,
              std::int64_t columns, const float* input, float* output) {
  float sums[kStrip] = {};
  for (std::int64_t i = 0; i < axis; ++i) {
    loops.reduce_into(squares ? ReduceOp::kSumSquare : ReduceOp::kL1, columns, input + i * inner,
                      sums);
  }
  for (std::int64_t c = 0; c < columns; ++c) sums[c] = inverse(squares, sums[c]);
  for (std::int64_t i = 0; i < axis; ++i) {
    loops.binary(BinaryOp::kMul, columns, input + i * inner, 1, sums, 1, output + i * inner);
  }
}

/// Where the greatest element is; as if NaN were nowhere but at the front.
std::int64_t first_greatest(const InnerLoops& loops, std::int64_t size, const float* x) {
  const float largest = loops.reduce_row(ReduceOp::kMax, size, x);
  if (largest == largest) return std::find(x, x + size, largest) - x;
  std::int64_t best = 0;
  for (std::int64_t i = 1; i < size; ++i) best = x[i] > x[best] ? i : best;
  return best;
}

}  // namespace

void lp_normalize(const KernelContext& context, bool squares, std::int64_t outer, std::int64_t axis,
                  std::int64_t inner, const float* input, float* output) noexcept {
  const InnerLoops& loops = context.loops;
  if (inner == 1) {
    return for_tasks(context, outer, axis, [&](std::int64_t row, std::int64_t last, int) {
      for (; row < last; ++row) {
        const float* x = input + row * axis;
        const ReduceOp op = squares ? ReduceOp::kSumSquare : ReduceOp::kL1;
        const float factor = inverse(squares, loops.reduce_row(op, axis, x));
        loops.scale_shift(axis, x, factor, 0.0F, output + row * axis);
      }
    });
  }
  const std::int64_t strips = (inner + kStrip - 1) / kStrip;
  for_tasks(context, outer * strips, axis * kStrip, [&](std::int64_t i, std::int64_t last, int) {
    for (; i < last; ++i) {
      const std::int64_t column = i % strips * kStrip;
      const std::int64_t first = i / strips * axis * inner + column;
      lp_strip(loops, squares, axis, inner, std::min(kStrip, inner - column), input + first,
               output + first);
    }
  });
}

void mean_variance_normalize(const KernelContext& context, std::int64_t outer, std::int64_t axis,
                             std::int64_t inner, const float* input, float* output) noexcept {
  const InnerLoops& loops = context.loops;
  const auto count = static_cast<double>(outer * inner);
  for_tasks(context, axis, outer * inner * 3, [&](std::int64_t i, std::int64_t last, int) {
    for (; i < last; ++i) {
      const auto row = [&](std::int64_t o) { return (o * axis + i) * inner; };
      double sum = 0, squares = 0, rest = 0;  // Of rows, of which there may be many short ones.
      for (std::int64_t o = 0; o < outer; ++o)
        sum += double{loops.reduce_row(ReduceOp::kSum, inner, input + row(o))};
      const auto mean = static_cast<float>(sum / count);
      for (std::int64_t o = 0; o < outer; ++o) {
        float* centred = output + row(o);
        loops.scale_shift(inner, input + row(o), 1.0F, -mean, centred);
        squares += double{loops.reduce_row(ReduceOp::kSumSquare, inner, centred)};
        rest += double{loops.reduce_row(ReduceOp::kSum, inner, centred)};
      }
      // What the rounded mean is off by (Chan, Golub and LeVeque, "Algorithms for Computing the
      // Sample Variance", 1983: the corrected two-pass algorithm).
      const double shift = rest / count;
      const double variance = std::max(squares / count - shift * shift, 0.0);
      const double factor = 1.0 / (std::sqrt(variance) + 1e-9);
      for (std::int64_t o = 0; o < outer; ++o)
        loops.scale_shift(inner, output + row(o), static_cast<float>(factor),
                          static_cast<float>(-shift * factor), output + row(o));
    }
  });
}

void hardmax(const KernelContext& context, std::int64_t rows, std::int64_t size, const float* input,
             float* output) noexcept {
  for_tasks(context, rows, size, [&](std::int64_t row, std::int64_t last, int) {
    for (; row < last; ++row) {
      float* to = output + row * size;
      const std::int64_t at = first_greatest(context.loops, size, input + row * size);
      std::fill_n(to, size, 0.0F);
      to[at] = 1.0F;
    }
  });
}

}  // namespace headway
