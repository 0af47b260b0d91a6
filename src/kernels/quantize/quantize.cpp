#include "kernels/quantize/quantize.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/inner_loops.h"
#include "kernels/range.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

/// Neighbouring elements with one scale, or one each.
struct Run {
  std::int64_t length, scale;
  int step;
};

/// The longest run from `element` on.
Run run_at(const ScaleLayout& layout, std::int64_t element) {
  if (layout.whole) return {layout.size() - element, 0, 0};
  const std::int64_t inner = element % layout.inner, line = element / layout.inner;
  const std::int64_t along = line % layout.extent, outer = line / layout.extent;
  if (layout.block == 0) {
    if (layout.inner == 1) return {layout.extent - along, along, 1};
    return {layout.inner - inner, along, 0};
  }
  const std::int64_t blocks = (layout.extent + layout.block - 1) / layout.block;
  const std::int64_t block = outer * blocks + along / layout.block;
  if (layout.inner > 1) return {layout.inner - inner, block * layout.inner + inner, 1};
  return {std::min(layout.block - along % layout.block, layout.extent - along), block, 0};
}

template <typename Body>
void for_runs(const KernelContext& context, const ScaleLayout& layout, const Body& body) {
  for_chunks(context, layout.size(), [&](std::int64_t first, std::int64_t count) {
    for (const std::int64_t end = first + count; first < end;) {
      Run run = run_at(layout, first);
      run.length = std::min(run.length, end - first);
      body(first, run);
      first += run.length;
    }
  });
}

const std::byte* at(const void* data, std::int64_t element, std::size_t size) {
  return data ? static_cast<const std::byte*>(data) + element * static_cast<std::int64_t>(size)
              : nullptr;
}

}  // namespace

void quantize(const KernelContext& context, DType to, const ScaleLayout& layout, const float* x,
              const float* scale, const void* zero, void* output) noexcept {
  const QuantizeLoop loop = context.loops.quantize(to);
  const std::size_t size = size_of(to);
  for_runs(context, layout, [&](std::int64_t first, const Run& run) {
    loop(run.length, x + first, scale + run.scale, at(zero, run.scale, size), run.step,
         static_cast<std::byte*>(output) + first * static_cast<std::int64_t>(size));
  });
}

void dequantize(const KernelContext& context, DType from, const ScaleLayout& layout, const void* x,
                const float* scale, const void* zero, float* output) noexcept {
  const DequantizeLoop loop = context.loops.dequantize(from);
  const std::size_t size = size_of(from);
  for_runs(context, layout, [&](std::int64_t first, const Run& run) {
    loop(run.length, at(x, first, size), scale + run.scale, at(zero, run.scale, size), run.step,
         output + first);
  });
}

void dynamic_quantize(const KernelContext& context, std::int64_t size, const float* x,
                      std::uint8_t* output, float* scale, std::uint8_t* zero) noexcept {
  constexpr std::int64_t kMostParts = 64;
  std::array<float, kMostParts> lows{}, highs{};
  const std::int64_t parts = std::clamp<std::int64_t>(size / kSmallWork, 1, kMostParts);
  for_tasks(context, parts, size / parts, [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t part = first; part < last; ++part) {
      const Range range = part_of(size, part, parts);
      const auto i = static_cast<std::size_t>(part);
      context.loops.range_of_row(range.last - range.first, x + range.first, &lows[i], &highs[i]);
    }
  });
  const float low = *std::ranges::min_element(lows), high = *std::ranges::max_element(highs);
  *scale = high > low ? (high - low) / 255.0F : 1.0F;
  *zero = static_cast<std::uint8_t>(std::clamp(std::nearbyint(-low / *scale), 0.0F, 255.0F));
  quantize(context, DType::kUInt8, {.extent = size, .whole = true}, x, scale, zero, output);
}

}  // namespace headway
