#include "kernels/pool/pool.h"

#include <algorithm>

#include "kernels/inner_loops.h"
#include "kernels/pool/blocked_pool.h"
#include "kernels/range.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

/// Floats of the input of one band of rows: it stays in the second-level cache.
constexpr std::int64_t kBandSize = 32 * 1024;

/// Output rows that are computed at once, from input rows that were put into blocks.
struct Bands {
  Bands(const PoolShape& pool, std::int64_t lanes) : shape(pool) {
    const std::int64_t fitting = kBandSize / std::max<std::int64_t>(shape.in_width * lanes, 1);
    const std::int64_t window = (shape.kernel_height - 1) * shape.dilation_height + 1;
    rows = std::clamp<std::int64_t>((fitting - window) / shape.stride_height + 1, 1,
                                    std::max<std::int64_t>(shape.out_height, 1));
    in_size = ((rows - 1) * shape.stride_height + window) * shape.in_width * lanes;
    out_size = rows * shape.out_width * lanes;
  }

  std::int64_t count() const { return (shape.out_height + rows - 1) / rows; }
  Range out_rows(std::int64_t band) const {
    return {band * rows, std::min((band + 1) * rows, shape.out_height)};
  }
  Range in_rows(Range out) const {
    const std::int64_t window = (shape.kernel_height - 1) * shape.dilation_height + 1;
    const std::int64_t first = out.first * shape.stride_height - shape.pad_top;
    const std::int64_t last = (out.last - 1) * shape.stride_height - shape.pad_top + window;
    return {std::clamp<std::int64_t>(first, 0, shape.in_height),
            std::clamp<std::int64_t>(last, 0, shape.in_height)};
  }

  const PoolShape& shape;
  std::int64_t rows, in_size, out_size;
};

}  // namespace

std::size_t pool_scratch_bytes(const PoolShape& shape, const InnerLoops& loops,
                               int threads) noexcept {
  const Bands bands(shape, loops.width);
  return static_cast<std::size_t>(threads * (bands.in_size + bands.out_size)) * sizeof(float);
}

void pool(const KernelContext& context, PoolOp op, const PoolShape& shape, const float* input,
          float* output, void* scratch) noexcept {
  if (shape.out_width == 0) return;
  const std::int64_t lanes = context.loops.width;
  const Bands bands(shape, lanes);
  const std::int64_t in_pixels = shape.in_height * shape.in_width;
  const std::int64_t out_pixels = shape.out_height * shape.out_width;
  const std::int64_t blocks = (shape.planes + lanes - 1) / lanes;
  const PoolBand whole = pool_band_of(op, shape);
  const auto slide = [&](std::int64_t first, std::int64_t last, int thread) {
    float* in = static_cast<float*>(scratch) + thread * (bands.in_size + bands.out_size);
    float* out = in + bands.in_size;
    for (std::int64_t task = first; task < last; ++task) {
      const std::int64_t plane = task / bands.count() * lanes;
      const int planes = static_cast<int>(std::min(lanes, shape.planes - plane));
      const Range out_rows = bands.out_rows(task % bands.count());
      const Range in_rows = bands.in_rows(out_rows);
      context.loops.block_pixels(planes, (in_rows.last - in_rows.first) * shape.in_width,
                                 input + plane * in_pixels + in_rows.first * shape.in_width,
                                 in_pixels, in);
      PoolBand band = whole;
      band.first_row = out_rows.first;
      band.last_row = out_rows.last;
      band.input = in - in_rows.first * shape.in_width * lanes;
      band.output = out - out_rows.first * shape.out_width * lanes;
      context.loops.pool_band(band);
      context.loops.unblock_pixels(planes, (out_rows.last - out_rows.first) * shape.out_width, out,
                                   output + plane * out_pixels + out_rows.first * shape.out_width,
                                   out_pixels);
    }
  };
  const std::int64_t taps = shape.kernel_height * shape.kernel_width;
  for_tasks(context, blocks * bands.count(), bands.in_size + bands.out_size * taps, slide);
}

}  // namespace headway
