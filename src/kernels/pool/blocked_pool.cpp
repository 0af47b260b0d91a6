#include "kernels/pool/blocked_pool.h"

#include <algorithm>

#include "kernels/inner_loops.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

SlideAxis with_padding(SlideAxis axis, std::int64_t before, std::int64_t behind) {
  axis.in += before + behind;
  axis.pad -= before;
  return axis;
}

}  // namespace

PoolBand pool_band_of(PoolOp op, const PoolShape& shape) noexcept {
  PoolBand band;
  band.height = {shape.in_height,     shape.out_height,      shape.kernel_height,
                 shape.stride_height, shape.dilation_height, shape.pad_top};
  band.width = {shape.in_width,     shape.out_width,      shape.kernel_width,
                shape.stride_width, shape.dilation_width, shape.pad_left};
  band.maximum = op == PoolOp::kMax;
  const bool counts_pad = op == PoolOp::kAverageIncludingPad;
  band.counted_height =
      counts_pad ? with_padding(band.height, shape.pad_top, shape.pad_bottom) : band.height;
  band.counted_width =
      counts_pad ? with_padding(band.width, shape.pad_left, shape.pad_right) : band.width;
  return band;
}
void blocked_pool(const KernelContext& context, PoolOp op, const PoolShape& shape,
                  const float* input, float* output) noexcept {
  const PoolBand whole = pool_band_of(op, shape);
  const std::int64_t lanes = context.loops.width;
  const std::int64_t rows = shape.out_height;
  const auto slide = [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t row = first; row < last;) {
      const std::int64_t plane = row / rows;
      PoolBand band = whole;
      band.first_row = row % rows;
      band.last_row = std::min(rows, band.first_row + last - row);
      band.input = input + plane * shape.in_height * shape.in_width * lanes;
      band.output = output + plane * rows * shape.out_width * lanes;
      context.loops.pool_band(band);
      row += band.last_row - band.first_row;
    }
  };
  if (shape.out_width == 0) return;
  const std::int64_t taps = shape.kernel_height * shape.kernel_width;
  for_tasks(context, shape.planes * rows, shape.out_width * lanes * taps, slide);
}

}  // namespace headway
