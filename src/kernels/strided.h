#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace headway {

/// Greatest rank that the strided kernels accept.
inline constexpr int kMaxRank = 8;

/// Of a row-major tensor, in elements.
inline std::array<std::int64_t, kMaxRank> dense_strides(std::span<const std::int64_t> extents) {
  std::array<std::int64_t, kMaxRank> strides{};
  std::int64_t stride = 1;
  for (std::size_t axis = extents.size(); axis-- > 0;) {
    strides[axis] = stride;
    stride *= extents[axis];
  }
  return strides;
}

/// A loop nest over `kOperands` strided views, made as shallow as it can be: extents of 1 dropped,
/// neighbours merged that every view walks through evenly. The last extent is the innermost.
template <int kOperands>
class StridedNest {
 public:
  using Offsets = std::array<std::int64_t, kOperands>;

  StridedNest(std::span<const std::int64_t> extents,
              const std::array<std::span<const std::int64_t>, kOperands>& strides) noexcept {
    for (std::size_t axis = 0; axis < extents.size(); ++axis) {
      if (extents[axis] == 1) continue;
      Offsets stride;
      for (std::size_t i = 0; i < kOperands; ++i) stride[i] = strides[i][axis];
      append(extents[axis], stride);
    }
    if (rank_ == 0) append(1, Offsets{});
  }

  int rank() const noexcept { return rank_; }
  std::int64_t extent(int axis) const noexcept { return extents_[at(axis)]; }
  std::int64_t stride(int operand, int axis) const noexcept {
    return strides_[at(axis)][at(operand)];
  }

  /// Product of all extents but the last `inner` ones.
  std::int64_t outer_size(int inner) const noexcept {
    std::int64_t size = 1;
    for (int axis = 0; axis < rank_ - inner; ++axis) size *= extent(axis);
    return size;
  }

  /// Calls body(offsets) for positions [first, last) of the outer loops.
  template <typename Body>
  void for_outer(int inner, std::int64_t first, std::int64_t last, const Body& body) const {
    std::array<std::int64_t, kMaxRank> index{};
    Offsets offsets{};
    std::int64_t rest = first;
    for (int axis = rank_ - inner - 1; axis >= 0; --axis) {
      index[at(axis)] = rest % extent(axis);
      rest /= extent(axis);
      move(offsets, axis, index[at(axis)]);
    }
    for (std::int64_t position = first; position < last; ++position) {
      body(offsets);
      for (int axis = rank_ - inner - 1; axis >= 0; --axis) {
        move(offsets, axis, 1);
        if (++index[at(axis)] < extent(axis)) break;
        move(offsets, axis, -extent(axis));
        index[at(axis)] = 0;
      }
    }
  }

  /// Makes `axis` the last one; the others keep their order.
  void move_to_end(int axis) noexcept {
    for (; axis + 1 < rank_; ++axis) {
      std::swap(extents_[at(axis)], extents_[at(axis + 1)]);
      std::swap(strides_[at(axis)], strides_[at(axis + 1)]);
    }
  }

 private:
  static std::size_t at(int index) noexcept { return static_cast<std::size_t>(index); }

  void append(std::int64_t extent, const Offsets& stride) noexcept {
    if (rank_ > 0) {
      bool merges = true;
      for (std::size_t i = 0; i < kOperands; ++i) {
        merges = merges && strides_[at(rank_ - 1)][i] == stride[i] * extent;
      }
      if (merges) {
        extents_[at(rank_ - 1)] *= extent;
        strides_[at(rank_ - 1)] = stride;
        return;
      }
    }
    extents_[at(rank_)] = extent;
    strides_[at(rank_)] = stride;
    ++rank_;
  }

  void move(Offsets& offsets, int axis, std::int64_t steps) const noexcept {
    for (std::size_t i = 0; i < kOperands; ++i) offsets[i] += strides_[at(axis)][i] * steps;
  }

  int rank_ = 0;
  std::array<std::int64_t, kMaxRank> extents_{};
  std::array<Offsets, kMaxRank> strides_{};
};

}  // namespace headway
