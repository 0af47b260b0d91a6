#include "kernels/integer/integer_gemm.h"

#include <algorithm>

#include "kernels/threshold.h"

namespace headway {
namespace {

/// Rows whose tiles share a panel before the next one comes.
constexpr std::int64_t kRowBlock = 4 * kMaxIntegerRows;

/// The widest panel of any instruction set.
constexpr std::int64_t kMostColumns = 32;

const std::byte* bytes_at(const void* data, std::int64_t offset) {
  return data ? static_cast<const std::byte*>(data) + offset : nullptr;
}

}  // namespace

void pack_integer_panel(const InnerLoops& loops, const IntegerPanels& panels,
                        const CentredMatrix& b, std::int64_t panel, std::int16_t* packed) noexcept {
  const CentreLoop centre = loops.centre(b.dtype);
  const std::int64_t first = panel * panels.columns();
  const std::int64_t there = std::min(panels.columns(), panels.n - first);
  const void* zero = bytes_at(b.zero, first * b.zero_step);
  std::int16_t low[kMostColumns] = {}, high[kMostColumns] = {};
  for (std::int64_t k = 0; k < panels.k; k += 2) {
    centre(there, bytes_at(b.data, k * panels.n + first), 1, zero, b.zero_step, low);
    if (k + 1 < panels.k) {
      centre(there, bytes_at(b.data, (k + 1) * panels.n + first), 1, zero, b.zero_step, high);
    } else {
      std::ranges::fill(high, std::int16_t{0});
    }
    loops.interleave(panels.columns(), low, high, 1, packed + k * panels.columns());
  }
}

void centre_rows(const KernelContext& context, const CentredMatrix& a, std::int64_t m,
                 std::int64_t k, std::int16_t* centred) noexcept {
  const CentreLoop centre = context.loops.centre(a.dtype);
  const std::int64_t padded = (k + 1) / 2 * 2;
  for_tasks(context, m, k, [&](std::int64_t row, std::int64_t last, int) {
    for (; row < last; ++row) {
      std::int16_t* to = centred + row * padded;
      to[padded - 1] = 0;
      centre(k, bytes_at(a.data, row * k), 1, bytes_at(a.zero, row * a.zero_step), 0, to);
    }
  });
}

void finish_sums(const InnerLoops& loops, const IntegerEpilogue& epilogue, std::int64_t row,
                 std::int64_t first, std::int64_t count, const std::int32_t* sums,
                 void* output_row) noexcept {
  if (epilogue.to == DType::kInt32) {
    std::copy_n(sums, count, static_cast<std::int32_t*>(output_row) + first);
    return;
  }
  const std::int64_t parameter = epilogue.by_rows ? row : epilogue.by_columns ? first : 0;
  loops.requantize(epilogue.to)(count, sums, epilogue.bias ? epilogue.bias + parameter : nullptr,
                                epilogue.factor + parameter, epilogue.by_columns ? 1 : 0,
                                epilogue.zero, static_cast<std::uint8_t*>(output_row) + first);
}

void integer_gemm(const KernelContext& context, const IntegerPanels& panels, std::int64_t m,
                  const std::int16_t* a, const std::int16_t* b, const IntegerEpilogue& epilogue,
                  void* c) noexcept {
  const std::int64_t blocks = (m + kRowBlock - 1) / kRowBlock, columns = panels.columns();
  const std::int64_t row_bytes = panels.n * static_cast<std::int64_t>(size_of(epilogue.to));
  const std::int64_t work = std::min(m, kRowBlock) * panels.k * columns / 16;
  for_tasks(context, panels.count() * blocks, work, [&](std::int64_t task, std::int64_t end, int) {
    alignas(64) std::int32_t sums[kMaxIntegerRows * kMostColumns];
    for (; task < end; ++task) {
      const std::int64_t panel = task / blocks, first = panel * columns;
      const std::int64_t last_row = std::min(m, (task % blocks + 1) * kRowBlock);
      for (std::int64_t row = task % blocks * kRowBlock; row < last_row; row += kMaxIntegerRows) {
        const auto rows = static_cast<int>(std::min<std::int64_t>(kMaxIntegerRows, last_row - row));
        context.loops.integer_tile({rows, panels.pairs(), a + row * panels.pairs() * 2,
                                    panels.pairs() * 2, b + panel * panels.panel_size(), sums});
        for (int r = 0; r < rows; ++r) {
          finish_sums(context.loops, epilogue, row + r, first, std::min(columns, panels.n - first),
                      sums + r * columns, static_cast<std::byte*>(c) + (row + r) * row_bytes);
        }
      }
    }
  });
}

}  // namespace headway
