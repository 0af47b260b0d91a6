#include "backends/opencl/copy.h"

#include <algorithm>
#include <span>

#include "backends/opencl/element_types.h"
#include "base/error.h"

namespace headway::opencl {
namespace {

constexpr std::size_t kTile = 16;  ///< As in copy.cl.
constexpr std::size_t kWidest = 16;

std::int64_t size_of_walk(const Walk& walk) {
  std::int64_t size = 1;
  for (cl_int axis = 0; axis < walk.rank; ++axis) size *= walk.extents[axis];
  return size;
}

std::size_t in_tiles(cl_int extent) {
  return (static_cast<std::size_t>(extent) + kTile - 1) / kTile * kTile;
}

}  // namespace

std::optional<Copier> Copier::of(const StridedCopy& copy, const Device& device) {
  const auto walk = walk_over(copy.extents, {copy.from_strides, copy.to_strides});
  if (!walk) return std::nullopt;
  Copier copier;
  copier.walk_ = *walk;
  copier.element_size_ = copy.element_size;
  copier.from_offset_ = copy.from_offset;
  copier.to_offset_ = copy.to_offset;
  copier.widen();
  if (device.max_group_size >= kTile * kTile) copier.swap_ = copier.swap();
  return copier;
}

/// Neighbouring elements are moved as one where all rows allow it.
void Copier::widen() {
  const auto is_even = [](std::int64_t number) { return number % 2 == 0; };
  const auto rank = static_cast<std::size_t>(walk_.rank);
  while (rank > 0 && element_size_ < kWidest) {
    bool fits = is_even(walk_.extents[0]) && is_even(from_offset_) && is_even(to_offset_);
    for (const auto& strides : std::span(walk_.strides).first(2)) {
      fits = fits && strides[0] == 1;
      fits = fits && std::all_of(strides + 1, strides + rank, is_even);
    }
    if (!fits) return;
    element_size_ *= 2;
    from_offset_ /= 2;
    to_offset_ /= 2;
    walk_.extents[0] /= 2;
    for (auto& strides : std::span(walk_.strides).first(2)) {
      for (std::size_t axis = 1; axis < rank; ++axis) strides[axis] /= 2;
    }
  }
}

/// nullopt unless the innermost axis has its elements side by side at the target, and another one
/// at the source.
std::optional<Copier::Swap> Copier::swap() const {
  constexpr cl_int kLeast = 8;
  const auto& [from, to, none] = walk_.strides;
  if (walk_.rank < 2 || to[0] != 1 || from[0] <= 1 || to_offset_ != 0) return std::nullopt;
  const cl_int* const end = from + walk_.rank;
  const auto axis = std::find(from + 1, end, 1) - from;
  if (axis == walk_.rank || std::min(walk_.extents[0], walk_.extents[axis]) < kLeast)
    return std::nullopt;
  Swap swap{walk_.extents[0], walk_.extents[axis], from[0], to[axis], {}, 1};
  for (cl_int other = 1; other < walk_.rank; ++other) {
    if (other == axis) continue;
    const cl_int at = swap.others.rank++;
    swap.others.extents[at] = walk_.extents[other];
    swap.others.strides[0][at] = from[other];
    swap.others.strides[1][at] = to[other];
    swap.batches *= static_cast<std::size_t>(walk_.extents[other]);
  }
  return swap;
}

void Copier::record(Commands& commands, const Buffer& from, const Buffer& to) const {
  const std::string options = concat("-DT=", moved_type(element_size_));
  if (swap_) {
    const auto& [columns, rows, from_column_stride, to_row_stride, others, batches] = *swap_;
    commands.launch({"copy.cl", "transpose", options},
                    {{in_tiles(columns), in_tiles(rows), batches}, {kTile, kTile, 1}}, from, to,
                    LocalMemory{kTile * (kTile + 1) * element_size_}, columns, rows,
                    from_column_stride, to_row_stride, static_cast<cl_int>(from_offset_), others);
    return;
  }
  const std::int64_t count = size_of_walk(walk_);
  commands.launch({"copy.cl", "copy", options}, work_for(count), from, to,
                  static_cast<cl_int>(count), static_cast<cl_int>(from_offset_),
                  static_cast<cl_int>(to_offset_), walk_);
}

}  // namespace headway::opencl
