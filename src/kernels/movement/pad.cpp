#include <algorithm>

#include "kernels/movement/movement.h"
#include "kernels/strided.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

constexpr std::int64_t kOutside = -1;

/// One axis of a pad: where an output index reads.
struct PadAxis {
  PadMode mode;
  std::int64_t in;
  std::int64_t before;

  std::int64_t source(std::int64_t out) const {
    const std::int64_t at = out - before;
    if (at >= 0 && at < in) return at;
    if (mode == PadMode::kConstant) return kOutside;
    if (mode == PadMode::kEdge) return at < 0 ? 0 : in - 1;
    return at < 0 ? -at : 2 * (in - 1) - at;
  }
};

void pad_row(const PadAxis& axis, float value, const float* input, std::int64_t size,
             float* output) {
  const std::int64_t begin = std::clamp<std::int64_t>(axis.before, 0, size);
  const std::int64_t end = std::clamp<std::int64_t>(axis.before + axis.in, begin, size);
  const auto outside = [&](std::int64_t i) {
    const std::int64_t at = axis.source(i);
    output[i] = at == kOutside ? value : input[at];
  };
  for (std::int64_t i = 0; i < begin; ++i) outside(i);
  std::copy(input + begin - axis.before, input + end - axis.before, output + begin);
  for (std::int64_t i = end; i < size; ++i) outside(i);
}

}  // namespace

void pad(const KernelContext& context, PadMode mode, std::span<const std::int64_t> in_extents,
         std::span<const std::int64_t> before, std::span<const std::int64_t> out_extents,
         float value, const float* input, float* output) noexcept {
  const std::size_t rank = out_extents.size();
  if (rank == 0) {
    *output = *input;
    return;
  }
  const PadAxis last{mode, in_extents[rank - 1], before[rank - 1]};
  const std::int64_t size = out_extents[rank - 1];
  std::int64_t rows = 1;
  for (std::size_t axis = 0; axis + 1 < rank; ++axis) rows *= out_extents[axis];

  for_tasks(context, rows, size, [&](std::int64_t first, std::int64_t end, int) {
    for (std::int64_t row = first; row < end; ++row) {
      std::int64_t rest = row;
      std::int64_t offset = 0;
      std::int64_t stride = last.in;
      bool outside = false;
      for (std::size_t axis = rank - 1; axis-- > 0;) {
        const PadAxis here{mode, in_extents[axis], before[axis]};
        const std::int64_t source = here.source(rest % out_extents[axis]);
        rest /= out_extents[axis];
        outside = outside || source == kOutside;
        offset += source * stride;
        stride *= in_extents[axis];
      }
      float* to = output + row * size;
      if (outside) {
        std::fill(to, to + size, value);
      } else {
        pad_row(last, value, input + offset, size, to);
      }
    }
  });
}

}  // namespace headway
