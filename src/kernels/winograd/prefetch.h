#pragma once

#include <cstdint>

namespace headway {

/// A part of a blocked image that will be wanted soon, fetched some lines at a time while something
/// else is computed.
class Prefetch {
 public:
  Prefetch() = default;
  /// `blocks` × `rows` runs of `size` floats.
  Prefetch(const float* data, std::int64_t size, std::int64_t rows, std::int64_t row_stride,
           std::int64_t blocks, std::int64_t block_stride) noexcept
      : data_(data),
        size_(size),
        rows_(rows),
        row_stride_(row_stride),
        blocks_(blocks),
        block_stride_(block_stride) {}

  std::int64_t lines() const noexcept { return (size_ + 15) / 16 * rows_ * blocks_; }

  void fetch(std::int64_t lines) noexcept {
    for (; lines > 0 && block_ < blocks_; --lines) {
      __builtin_prefetch(data_ + block_ * block_stride_ + row_ * row_stride_ + at_, 0, 2);
      at_ += 16;
      if (at_ < size_) continue;
      at_ = 0;
      if (++row_ < rows_) continue;
      row_ = 0;
      ++block_;
    }
  }

 private:
  const float* data_ = nullptr;
  std::int64_t size_ = 0, rows_ = 0, row_stride_ = 0, blocks_ = 0, block_stride_ = 0;
  std::int64_t at_ = 0, row_ = 0, block_ = 0;
};

}  // namespace headway
