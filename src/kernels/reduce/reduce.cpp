#include "kernels/reduce/reduce.h"

#include <algorithm>

#include "kernels/inner_loops.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

/// What remains to be done to the raw totals; an identity for most operations.
Unary last_step(ReduceOp op, std::int64_t axis) {
  if (op == ReduceOp::kMean) return {UnaryOp::kLinear, 1.0F / static_cast<float>(axis), 0};
  if (op == ReduceOp::kL2) return {UnaryOp::kSqrt, 0, 0};
  return {};
}

float start_of(ReduceOp op) {
  if (op == ReduceOp::kMax) return -__builtin_inff();
  if (op == ReduceOp::kMin) return __builtin_inff();
  return op == ReduceOp::kProd ? 1.0F : 0.0F;
}

void reduce_rows(const KernelContext& context, ReduceOp op, std::int64_t outer, std::int64_t axis,
                 const float* input, float* output) {
  const Unary finish = last_step(op, axis);
  for_tasks(context, outer, axis, [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t i = first; i < last; ++i) {
      output[i] = context.loops.reduce_row(op, axis, input + i * axis);
    }
    context.loops.unary(finish, last - first, output + first, output + first);
  });
}

/// Columns of `inner` stay apart; they are cut into strips so that one outer index still feeds all
/// threads, and the running totals stay in cache.
void reduce_columns(const KernelContext& context, ReduceOp op, std::int64_t outer,
                    std::int64_t axis, std::int64_t inner, const float* input, float* output) {
  constexpr std::int64_t kStrip = 1024;
  const Unary finish = last_step(op, axis);
  const std::int64_t strips = (inner + kStrip - 1) / kStrip;
  const std::int64_t width = std::min(inner, kStrip);
  for_tasks(context, outer * strips, axis * width, [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t task = first; task < last; ++task) {
      const std::int64_t column = task % strips * kStrip;
      const std::int64_t count = std::min(kStrip, inner - column);
      const float* from = input + task / strips * axis * inner + column;
      float* totals = output + task / strips * inner + column;
      std::fill(totals, totals + count, start_of(op));
      for (std::int64_t i = 0; i < axis; ++i) {
        context.loops.reduce_into(op, count, from + i * inner, totals);
      }
      context.loops.unary(finish, count, totals, totals);
    }
  });
}

}  // namespace

void reduce(const KernelContext& context, ReduceOp op, std::int64_t outer, std::int64_t axis,
            std::int64_t inner, const float* input, float* output) noexcept {
  if (inner == 1) {
    reduce_rows(context, op, outer, axis, input, output);
  } else {
    reduce_columns(context, op, outer, axis, inner, input, output);
  }
}

}  // namespace headway
