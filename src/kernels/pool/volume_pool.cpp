#include "kernels/pool/volume_pool.h"

#include <algorithm>
#include <limits>

#include "kernels/inner_loops.h"
#include "kernels/threshold.h"

namespace headway {

void pool_depth(const KernelContext& context, PoolOp op, std::int64_t planes,
                const SlideAxis& depth, std::int64_t pad_end, std::int64_t slice,
                const float* input, float* output) noexcept {
  const ReduceOp combine = op == PoolOp::kMax ? ReduceOp::kMax : ReduceOp::kSum;
  const float start = op == PoolOp::kMax ? -std::numeric_limits<float>::infinity() : 0.0F;
  const InnerLoops& loops = context.loops;
  const auto pool_slice = [&](const float* plane, std::int64_t z, float* to) {
    std::int64_t inside = 0, padded = 0;
    for (std::int64_t tap = 0; tap < depth.kernel; ++tap) {
      const std::int64_t at = z * depth.stride - depth.pad + tap * depth.dilation;
      if (at < depth.in + pad_end) ++padded;
      if (at < 0 || at >= depth.in) continue;
      if (inside++ == 0) {
        std::copy_n(plane + at * slice, slice, to);
      } else {
        loops.reduce_into(combine, slice, plane + at * slice, to);
      }
    }
    if (inside == 0) std::fill_n(to, slice, start);
    const std::int64_t count = op == PoolOp::kAverageIncludingPad ? padded : inside;
    if (op == PoolOp::kMax || count <= 1) return;
    loops.scale_shift(slice, to, 1.0F / static_cast<float>(count), 0.0F, to);
  };
  for_tasks(context, planes * depth.out, slice * depth.kernel,
            [&](std::int64_t task, std::int64_t last, int) {
              for (; task < last; ++task) {
                pool_slice(input + task / depth.out * depth.in * slice, task % depth.out,
                           output + task * slice);
              }
            });
}

}  // namespace headway
