#include <algorithm>
#include <type_traits>

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

template <typename Element>
void pad_row(const PadAxis& axis, Element value, const Element* input, std::int64_t size,
             Element* output) {
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

template <typename Element>
void pad_elements(const KernelContext& context, PadMode mode,
                  std::span<const std::int64_t> in_extents, std::span<const std::int64_t> before,
                  std::span<const std::int64_t> out_extents, const void* padding, const void* from,
                  void* to_begin) {
  const auto* input = static_cast<const Element*>(from);
  auto* output = static_cast<Element*>(to_begin);
  const Element value = padding == nullptr ? Element{0} : *static_cast<const Element*>(padding);
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
      Element* to = output + row * size;
      if (outside) {
        std::fill(to, to + size, value);
      } else {
        pad_row(last, value, input + offset, size, to);
      }
    }
  });
}

}  // namespace

void pad(const KernelContext& context, PadMode mode, std::span<const std::int64_t> in_extents,
         std::span<const std::int64_t> before, std::span<const std::int64_t> out_extents,
         std::size_t element_size, const void* value, const void* input, void* output) noexcept {
  const auto run = [&]<typename Element>(std::type_identity<Element>) {
    pad_elements<Element>(context, mode, in_extents, before, out_extents, value, input, output);
  };
  if (element_size == 1) return run(std::type_identity<std::uint8_t>{});
  if (element_size == 2) return run(std::type_identity<std::uint16_t>{});
  if (element_size == 4) return run(std::type_identity<std::uint32_t>{});
  run(std::type_identity<std::uint64_t>{});
}

}  // namespace headway
