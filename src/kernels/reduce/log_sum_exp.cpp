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

}  // namespace

void log_sum_exp(const KernelContext& context, std::int64_t rows, std::int64_t columns,
                 const float* input, float* output) noexcept {
  for_tasks(context, rows, columns, [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t row = first; row < last; ++row)
      output[row] = log_sum_exp_row(context.loops, columns, input + row * columns);
  });
}

}  // namespace headway
