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

}  // namespace headway
