#include "kernels/elementwise/unary.h"

#include "kernels/inner_loops.h"
#include "kernels/threshold.h"

namespace headway {

void unary(const KernelContext& context, Unary function, std::int64_t size, const float* input,
           float* output) noexcept {
  for_chunks(context, size, [&](std::int64_t first, std::int64_t count) {
    context.loops.unary(function, count, input + first, output + first);
  });
}

void scalar_unary(const KernelContext& context, float (*function)(float), std::int64_t size,
                  const float* input, float* output) noexcept {
  for_chunks(context, size, [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t i = first; i < first + count; ++i) output[i] = function(input[i]);
  });
}

}  // namespace headway
