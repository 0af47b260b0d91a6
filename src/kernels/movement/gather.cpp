#include <algorithm>
#include <cstring>

#include "kernels/movement/movement.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

/// Rows of more bytes than this are copied by several tasks.
constexpr std::int64_t kPiece = 16 * 1024;

struct Blocks {
  std::int64_t outer, extent, row_bytes;
};

/// Copies bytes [begin, begin + size) of each row; a size known at compile time makes the copy of a
/// single element an instruction.
template <typename Index, typename Size>
void copy_rows_at(const Blocks& blocks, std::int64_t block, std::int64_t begin, Size size,
                  const char* input, std::span<const Index> indices, char* output) {
  const char* from = input + block * blocks.extent * blocks.row_bytes + begin;
  for (const Index index : indices) {
    const std::int64_t row = index < 0 ? index + blocks.extent : index;
    std::memcpy(output + begin, from + row * blocks.row_bytes, static_cast<std::size_t>(size));
    output += blocks.row_bytes;
  }
}

template <typename Index>
void copy_piece(const Blocks& blocks, std::int64_t block, std::int64_t begin, const char* input,
                std::span<const Index> indices, char* output) {
  const std::int64_t size = std::min(kPiece, blocks.row_bytes - begin);
  const auto copy = [&](auto known) {
    copy_rows_at(blocks, block, begin, known, input, indices, output);
  };
  if (size == 4) return copy(std::integral_constant<std::int64_t, 4>{});
  if (size == 8) return copy(std::integral_constant<std::int64_t, 8>{});
  copy(size);
}

}  // namespace

template <typename Index>
std::optional<std::size_t> gather(const KernelContext& context, std::int64_t outer,
                                  std::int64_t extent, std::int64_t row_bytes, const void* input,
                                  std::span<const Index> indices, void* output) noexcept {
  const auto outside = std::ranges::find_if(
      indices, [&](Index index) { return index < -extent || index >= extent; });
  if (outside != indices.end()) return static_cast<std::size_t>(outside - indices.begin());

  // A task copies up to kPiece bytes: a piece of one row, or several rows of one block.
  const Blocks blocks{outer, extent, row_bytes};
  const auto count = static_cast<std::int64_t>(indices.size());
  const std::int64_t pieces = (row_bytes + kPiece - 1) / kPiece;
  const std::int64_t rows = std::min(count, std::max(kPiece / row_bytes, std::int64_t{1}));
  const std::int64_t groups = (count + rows - 1) / rows;
  const std::int64_t bytes = rows * std::min(row_bytes, kPiece);
  for_tasks(context, outer * groups * pieces, bytes / static_cast<std::int64_t>(sizeof(float)),
            [&](std::int64_t first, std::int64_t last, int) {
              for (std::int64_t task = first; task < last; ++task) {
                const std::int64_t piece = task % pieces, row = task / pieces % groups * rows;
                const std::int64_t block = task / pieces / groups;
                const auto taken =
                    indices.subspan(static_cast<std::size_t>(row),
                                    static_cast<std::size_t>(std::min(rows, count - row)));
                copy_piece(blocks, block, piece * kPiece, static_cast<const char*>(input), taken,
                           static_cast<char*>(output) + (block * count + row) * row_bytes);
              }
            });
  return std::nullopt;
}

template std::optional<std::size_t> gather(const KernelContext&, std::int64_t, std::int64_t,
                                           std::int64_t, const void*, std::span<const std::int32_t>,
                                           void*) noexcept;
template std::optional<std::size_t> gather(const KernelContext&, std::int64_t, std::int64_t,
                                           std::int64_t, const void*, std::span<const std::int64_t>,
                                           void*) noexcept;

}  // namespace headway
