#include "kernels/softmax/softmax.h"

#include <algorithm>
#include <cmath>

#include "kernels/inner_loops.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

/// An exponential costs about as much as this many moved elements.
constexpr std::int64_t kExpWork = 4;

/// Columns that are normalized together, each down the whole axis.
constexpr int kStrip = 64;

struct Strip {
  const float* input;
  float* output;
  std::int64_t axis;
  std::int64_t stride;
  std::int64_t columns;
};

void softmax_strip(const InnerLoops& loops, bool logarithm, const Strip& strip) {
  float largest[kStrip], total[kStrip];
  const std::int64_t n = strip.columns;
  std::copy(strip.input, strip.input + n, largest);
  std::fill(total, total + n, 0.0F);
  for (std::int64_t i = 1; i < strip.axis; ++i) {
    loops.reduce_into(ReduceOp::kMax, n, strip.input + i * strip.stride, largest);
  }
  for (std::int64_t i = 0; i < strip.axis; ++i) {
    float* to = strip.output + i * strip.stride;
    float powers[kStrip];
    loops.binary(BinaryOp::kSub, n, strip.input + i * strip.stride, 1, largest, 1, to);
    loops.unary({UnaryOp::kExp, 0, 0}, n, to, powers);
    loops.reduce_into(ReduceOp::kSum, n, powers, total);
    if (!logarithm) std::copy(powers, powers + n, to);
  }
  if (logarithm) loops.unary({UnaryOp::kLog, 0, 0}, n, total, total);
  const BinaryOp normalize = logarithm ? BinaryOp::kSub : BinaryOp::kDiv;
  for (std::int64_t i = 0; i < strip.axis; ++i) {
    float* to = strip.output + i * strip.stride;
    loops.binary(normalize, n, to, 1, total, 1, to);
  }
}

}  // namespace

void softmax(const KernelContext& context, bool logarithm, std::int64_t outer, std::int64_t axis,
             std::int64_t inner, const float* input, float* output) noexcept {
  if (axis == 0) return;
  if (inner == 1) {
    for_tasks(context, outer, axis * kExpWork, [&](std::int64_t first, std::int64_t last, int) {
      for (std::int64_t i = first; i < last; ++i) {
        context.loops.softmax_row(logarithm, axis, input + i * axis, output + i * axis);
      }
    });
    return;
  }
  const std::int64_t strips = (inner + kStrip - 1) / kStrip;
  for_tasks(context, outer * strips, axis * kStrip * kExpWork,
            [&](std::int64_t first, std::int64_t last, int) {
              for (std::int64_t task = first; task < last; ++task) {
                const std::int64_t column = task % strips * kStrip;
                const std::int64_t offset = task / strips * axis * inner + column;
                softmax_strip(context.loops, logarithm,
                              {input + offset, output + offset, axis, inner,
                               std::min<std::int64_t>(kStrip, inner - column)});
              }
            });
}

void softmax(const KernelContext& context, bool logarithm, std::int64_t outer, std::int64_t axis,
             std::int64_t inner, const double* input, double* output) noexcept {
  const auto normalize = [&](const double* x, double* y) {
    double largest = x[0], sum = 0;
    for (std::int64_t i = 1; i < axis; ++i) largest = std::max(largest, x[i * inner]);
    for (std::int64_t i = 0; i < axis; ++i) {
      const double shifted = x[i * inner] - largest, power = std::exp(shifted);
      sum += power;
      y[i * inner] = logarithm ? shifted : power;
    }
    const double log_sum = logarithm ? std::log(sum) : 0;
    for (std::int64_t i = 0; i < axis; ++i) {
      double& element = y[i * inner];
      element = logarithm ? element - log_sum : element / sum;
    }
  };
  if (axis == 0) return;
  for_tasks(context, outer * inner, axis * 4 * kExpWork,
            [&](std::int64_t line, std::int64_t last, int) {
              for (; line < last; ++line) {
                const std::int64_t first = line / inner * axis * inner + line % inner;
                normalize(input + first, output + first);
              }
            });
}

}  // namespace headway
