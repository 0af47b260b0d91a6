#include "kernels/elementwise/scale_shift.h"

#include <algorithm>

#include "kernels/inner_loops.h"
#include "kernels/threshold.h"

namespace headway {

void scale_channels(const KernelContext& context, const ChannelScale& scale, const float* input,
                    float* output) noexcept {
  constexpr std::int64_t kPixels = 256;
  const std::int64_t lanes = context.loops.width;
  const std::int64_t pieces = (scale.pixels + kPixels - 1) / kPixels;
  const bool relu = scale.activation.op == UnaryOp::kRelu;
  const auto run = [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t task = first; task < last; ++task) {
      const std::int64_t plane = task / pieces;
      const std::int64_t pixel = task % pieces * kPixels;
      const std::int64_t count = std::min(kPixels, scale.pixels - pixel);
      const std::int64_t offset = (plane * scale.pixels + pixel) * lanes;
      const std::int64_t block = plane % scale.blocks;
      context.loops.scale_shift_pixels(
          {count, input + offset, scale.scale + (scale.per_image ? plane : block) * lanes,
           scale.shift ? scale.shift + block * lanes : nullptr, relu, output + offset});
      if (!relu) {
        context.loops.unary(scale.activation, count * lanes, output + offset, output + offset);
      }
    }
  };
  for_tasks(context, scale.planes * pieces, std::min(scale.pixels, kPixels) * lanes, run);
}

}  // namespace headway
