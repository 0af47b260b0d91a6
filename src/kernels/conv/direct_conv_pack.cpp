#include <algorithm>

#include "kernels/conv/direct_conv.h"

namespace headway {
namespace {

/// Greatest vector, and greatest window that is packed through a transposed copy on the stack.
constexpr std::int64_t kWidest = 16, kMostTapsTransposed = 25;

}  // namespace

void DirectConv::pack(const float* weights, float* packed) const noexcept {
  for (const ColumnGroup& group : groups_) pack_group(group, weights, packed + group.packed);
}

void DirectConv::pack_group(const ColumnGroup& group, const float* weights,
                            float* packed) const noexcept {
  const bool can_transpose = shape_.groups == 1 && taps() <= kMostTapsTransposed;
  for (int v = 0; v < group.vectors; ++v) {
    if (can_transpose) {
      transpose_block(group, v, weights, packed + v * width_);
    } else {
      pack_block(group, v, weights, packed + v * width_);
    }
  }
}

/// pack_block where there is one group: the rows of the weights, [channel][tap], become columns.
void DirectConv::transpose_block(const ColumnGroup& group, int vector, const float* weights,
                                 float* packed) const noexcept {
  const std::int64_t row = std::int64_t{group.vectors} * width_;
  const std::int64_t first_out = (group.first_block + vector) * width_;
  const std::int64_t lanes = std::min<std::int64_t>(width_, shape_.out_channels - first_out);
  const std::int64_t depth = shape_.in_channels * taps();
  const float* from = weights + first_out * depth;
  if (lanes < width_) {
    for (std::int64_t i = 0; i < depth; ++i) std::fill_n(packed + i * row, width_, 0.0F);
  }
  if (plain_input_ || taps() == 1) {
    loops_->transpose(lanes, depth, from, depth, packed, row);
    return;
  }
  alignas(64) float columns[kMostTapsTransposed * kWidest * kWidest] = {};
  for (std::int64_t c = 0; c < shape_.in_channels; c += width_) {
    const std::int64_t channels = std::min<std::int64_t>(width_, shape_.in_channels - c);
    loops_->transpose(lanes, channels * taps(), from + c * taps(), depth, columns, width_);
    for (std::int64_t tap = 0; tap < taps(); ++tap) {
      for (std::int64_t channel = 0; channel < channels; ++channel, packed += row) {
        std::copy_n(columns + (channel * taps() + tap) * width_, width_, packed);
      }
    }
  }
}

/// One vector's columns; rows are `vectors` vectors apart.
void DirectConv::pack_block(const ColumnGroup& group, int vector, const float* weights,
                            float* packed) const noexcept {
  const std::int64_t row = std::int64_t{group.vectors} * width_;
  const std::int64_t in_per_group = shape_.in_channels / shape_.groups;
  const std::int64_t out_per_group = shape_.out_channels / shape_.groups;
  const std::int64_t first_out = (group.first_block + vector) * width_;
  const std::int64_t block = plain_input_ ? 1 : width_;
  for (std::int64_t lane = 0; lane < width_; ++lane) {
    const std::int64_t out = first_out + lane;
    const std::int64_t owned = out < shape_.out_channels ? out / out_per_group * in_per_group : -1;
    float* to = packed + lane;
    for (std::int64_t c = group.first_channel; c < group.last_channel;) {
      const std::int64_t end = std::min((c / block + 1) * block, group.last_channel);
      for (std::int64_t tap = 0; tap < taps(); ++tap) {
        for (std::int64_t channel = c; channel < end; ++channel, to += row) {
          const bool is_mine = owned >= 0 && channel >= owned && channel < owned + in_per_group;
          *to = is_mine ? weights[(out * in_per_group + channel - owned) * taps() + tap] : 0.0F;
        }
      }
      c = end;
    }
  }
}

}  // namespace headway
