#include "kernels/integer/byte_gemm.h"

#include <algorithm>
#include <cstring>

#include "kernels/inner_loops.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

/// Rows whose tiles share a panel before the next one comes.
constexpr std::int64_t kRowBlock = 8 * kMaxByteRows;

/// The widest panel of any instruction set.
constexpr std::int64_t kMostColumns = 32;

/// A zero point of signed elements, from one of `dtype`.
std::int32_t signed_zero(DType dtype, std::uint8_t zero) {
  return static_cast<std::int8_t>(zero ^ flip_to_signed(dtype));
}

struct PanelParts {
  const std::int8_t* elements;
  const std::int32_t *sums, *zeros;
};

PanelParts parts_of(const BytePanels& panels, const std::byte* b, std::int64_t panel) {
  const std::byte* elements = b + panel * panels.panel_bytes();
  const auto* sums =
      reinterpret_cast<const std::int32_t*>(elements + panels.fours() * 4 * panels.columns());
  return {reinterpret_cast<const std::int8_t*>(elements), sums, sums + panels.columns()};
}

void pack_panel(const InnerLoops& loops, const BytePanels& panels, const ByteMatrix& b,
                std::int64_t panel, std::byte* packed) {
  const std::int64_t columns = panels.columns(), first = panel * columns;
  const auto* data = static_cast<const std::uint8_t*>(b.data) + first;
  auto* sums = reinterpret_cast<std::int32_t*>(packed + panels.fours() * 4 * columns);
  std::memset(packed, 0, static_cast<std::size_t>(panels.panel_bytes()));
  ByteFour four{.columns = std::min(columns, panels.n - first),
                .flip = flip_to_signed(b.dtype),
                .output = reinterpret_cast<std::int8_t*>(packed),
                .sums = sums};
  for (std::int64_t k = 0; k < panels.k; k += 4) {
    for (std::int64_t i = 0; i < 4; ++i)
      four.rows[i] = k + i < panels.k ? data + (k + i) * panels.n : nullptr;
    loops.pack_four(four);
    four.output += 4 * columns;
  }
  const auto* zero = static_cast<const std::uint8_t*>(b.zero);
  for (std::int64_t i = 0; i < four.columns; ++i) {
    sums[columns + i] = signed_zero(b.dtype, zero ? zero[(first + i) * b.zero_step] : 0);
    sums[i] -= static_cast<std::int32_t>(panels.k) * sums[columns + i];
  }
}

}  // namespace

std::int32_t unsigned_zero(DType dtype, std::uint8_t zero) noexcept {
  return static_cast<std::uint8_t>(zero ^ flip_to_unsigned(dtype));
}

bool has_zero_points(const BytePanels& panels, const std::byte* packed) noexcept {
  for (std::int64_t panel = 0; panel < panels.count(); ++panel) {
    const std::int32_t* zeros = parts_of(panels, packed, panel).zeros;
    if (std::any_of(zeros, zeros + panels.columns(), [](std::int32_t zero) { return zero != 0; }))
      return true;
  }
  return false;
}

void pack_byte_panels(const KernelContext& context, const BytePanels& panels, const ByteMatrix& b,
                      std::byte* packed) noexcept {
  for_tasks(context, panels.count(), panels.panel_bytes(),
            [&](std::int64_t panel, std::int64_t last, int) {
              for (; panel < last; ++panel)
                pack_panel(context.loops, panels, b, panel, packed + panel * panels.panel_bytes());
            });
}

void start_sums(const BytePanels& panels, const std::byte* b, std::int32_t zero,
                const std::int32_t* bias, std::int32_t* starts) noexcept {
  const std::int64_t columns = panels.columns();
  for (std::int64_t column = 0; column < panels.count() * columns; ++column) {
    const std::int32_t sum = parts_of(panels, b, column / columns).sums[column % columns];
    const auto shift = static_cast<std::uint32_t>(zero) * static_cast<std::uint32_t>(sum);
    const auto first = static_cast<std::uint32_t>(bias ? bias[column] : 0);
    starts[column] = static_cast<std::int32_t>(first - shift);
  }
}

void multiply_bytes(const InnerLoops& loops, const BytePanels& panels, const ByteRows& a,
                    std::int64_t first, std::int64_t last, const std::byte* b, std::int64_t panel,
                    std::int64_t end, const std::int32_t* starts, const ByteEpilogue& epilogue,
                    void* c, std::int64_t c_stride) noexcept {
  alignas(64) std::int32_t sums[kMaxByteRows * kMostColumns];
  const std::int64_t columns = panels.columns();
  const bool to_bytes = epilogue.to != DType::kInt32;
  const RequantizeRows requantize = to_bytes ? loops.requantize_rows(epilogue.to) : nullptr;
  for (; panel < end; ++panel) {
    const PanelParts parts = parts_of(panels, b, panel);
    const std::int64_t column = panel * columns, there = std::min(columns, panels.n - column);
    // About equally high tiles.
    for (std::int64_t row = first, left = (last - first + kMaxByteRows - 1) / kMaxByteRows;
         left > 0; --left) {
      const auto rows = static_cast<int>((last - row + left - 1) / left);
      ByteTile tile{.rows = rows,
                    .runs = a.runs,
                    .fours = panels.fours() / a.runs,
                    .a = a.data + row * a.stride,
                    .a_runs = a.offsets,
                    .a_stride = a.stride,
                    .b = parts.elements,
                    .start = starts + column,
                    .corrections = {},
                    .c = sums};
      if (a.minus_zero) tile.corrections[0] = {a.minus_zero + row, parts.sums};
      if (a.minus_sum) tile.corrections[1] = {a.minus_sum + row, parts.zeros};
      loops.byte_tile(tile);
      if (to_bytes) {
        requantize({rows, there, columns, c_stride, sums, epilogue.factor + column, epilogue.zero,
                    static_cast<std::uint8_t*>(c) + row * c_stride + column});
      } else {
        auto* to = static_cast<std::int32_t*>(c) + row * c_stride + column;
        for (int r = 0; r < rows; ++r) std::copy_n(sums + r * columns, there, to + r * c_stride);
      }
      row += rows;
    }
  }
}

void byte_gemm(const KernelContext& context, const BytePanels& panels, const ByteRows& a,
               const std::byte* b, const std::int32_t* starts, const ByteEpilogue& epilogue,
               void* c) noexcept {
  const std::int64_t blocks = (a.m + kRowBlock - 1) / kRowBlock;
  const std::int64_t work = std::min(a.m, kRowBlock) * panels.panel_bytes() / 64;
  for_tasks(context, panels.count() * blocks, work, [&](std::int64_t task, std::int64_t end, int) {
    for (; task < end; ++task) {
      const std::int64_t panel = task / blocks, block = task % blocks;
      multiply_bytes(context.loops, panels, a, a.m * block / blocks, a.m * (block + 1) / blocks, b,
                     panel, panel + 1, starts, epilogue, c, panels.n);
    }
  });
}

}  // namespace headway
