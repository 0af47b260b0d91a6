#include "kernels/pool/pool.h"

#include <algorithm>
#include <limits>

#include "kernels/inner_loops.h"
#include "kernels/padded_plane.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

SlideAxis height_of(const PoolShape& shape) {
  return {shape.in_height,     shape.out_height,      shape.kernel_height,
          shape.stride_height, shape.dilation_height, shape.pad_top};
}

SlideAxis width_of(const PoolShape& shape) {
  return {shape.in_width,     shape.out_width,      shape.kernel_width,
          shape.stride_width, shape.dilation_width, shape.pad_left};
}

/// Taps of the window at `out` that fall inside the image and `pad_before`, `pad_behind` around it.
float taps_inside(const SlideAxis& axis, std::int64_t out, std::int64_t pad_before,
                  std::int64_t pad_behind) {
  float count = 0;
  for (std::int64_t k = 0; k < axis.kernel; ++k) {
    const std::int64_t at = out * axis.stride - axis.pad + k * axis.dilation;
    if (at >= -pad_before && at < axis.in + pad_behind) ++count;
  }
  return count;
}

/// What an average divides by, per axis.
struct Counts {
  Counts(PoolOp op, const PoolShape& pool)
      : height(height_of(pool)),
        width(width_of(pool)),
        shape(pool),
        includes_pad(op == PoolOp::kAverageIncludingPad) {}

  float in_row(std::int64_t y) const {
    return includes_pad ? taps_inside(height, y, shape.pad_top, shape.pad_bottom)
                        : taps_inside(height, y, 0, 0);
  }
  float in_column(std::int64_t x) const {
    return includes_pad ? taps_inside(width, x, shape.pad_left, shape.pad_right)
                        : taps_inside(width, x, 0, 0);
  }
  void set_factors(std::int64_t y, const float* columns, float* factors) const {
    const float row = in_row(y);
    for (std::int64_t x = 0; x < shape.out_width; ++x) {
      factors[x] = 1.0F / std::max(1.0F, row * columns[x]);
    }
  }

  SlideAxis height, width;
  const PoolShape& shape;
  bool includes_pad;
};

std::int64_t rounded_width(const PoolShape& shape) {
  return (shape.out_width + 15) / 16 * 16;
}

/// A plane, then the counts and the factors of an output row.
std::size_t bytes_per_thread(const PoolShape& shape, const PaddedPlane& plane) {
  return plane.scratch_bytes() + 2 * static_cast<std::size_t>(rounded_width(shape)) * sizeof(float);
}

}  // namespace

std::size_t pool_scratch_bytes(const PoolShape& shape, const InnerLoops& loops,
                               int threads) noexcept {
  const PaddedPlane plane(height_of(shape), width_of(shape), loops.width);
  return bytes_per_thread(shape, plane) * static_cast<std::size_t>(threads);
}

void pool(const KernelContext& context, PoolOp op, const PoolShape& shape, const float* input,
          float* output, void* scratch) noexcept {
  const PaddedPlane plane(height_of(shape), width_of(shape), context.loops.width);
  const std::size_t per_thread = bytes_per_thread(shape, plane);
  const std::int64_t in_size = shape.in_height * shape.in_width;
  const std::int64_t out_size = shape.out_height * shape.out_width;
  const Counts counts(op, shape);
  const float fill = op == PoolOp::kMax ? -std::numeric_limits<float>::infinity() : 0.0F;
  const auto slide = [&](std::int64_t first, std::int64_t last, int thread) {
    char* mine = static_cast<char*>(scratch) + static_cast<std::size_t>(thread) * per_thread;
    float* columns = reinterpret_cast<float*>(mine + plane.scratch_bytes());
    float* factors = columns + rounded_width(shape);
    for (std::int64_t x = 0; x < shape.out_width; ++x) columns[x] = counts.in_column(x);
    for (std::int64_t i = first; i < last; ++i) {
      plane.fill(input + i * in_size, fill, mine);
      for (std::int64_t y = 0; y < shape.out_height; ++y) {
        if (op != PoolOp::kMax) counts.set_factors(y, columns, factors);
        context.loops.pool_row({op == PoolOp::kMax, plane.taps(), plane.rows(y, mine),
                                shape.out_width, factors,
                                output + i * out_size + y * shape.out_width});
      }
    }
  };
  for_tasks(context, shape.planes, in_size + out_size * plane.taps(), slide);
}

}  // namespace headway
