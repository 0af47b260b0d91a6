#pragma once

#include <optional>
#include <vector>

#include "graph/graph.h"

namespace headway {

/// A sliding window (of a convolution or a pooling) along one spatial axis, all resolved.
struct WindowAxis {
  std::int64_t input = 0;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  std::int64_t pad_begin = 0;  ///< With auto_pad already resolved.
  std::int64_t pad_end = 0;
  std::int64_t output = 0;

  /// Input positions from the first to the last tap of one window.
  std::int64_t extent() const noexcept { return (kernel - 1) * dilation + 1; }

  friend bool operator==(const WindowAxis&, const WindowAxis&) = default;
};

enum class AutoPad { kNotSet, kSameUpper, kSameLower, kValid };

/// The attributes `strides`, `dilations`, `pads`, `auto_pad` and `ceil_mode` of a node, checked and
/// completed; one entry per spatial axis, outermost first.
struct WindowAttributes {
  std::vector<std::int64_t> kernel, strides, dilations, pads_begin, pads_end;
  AutoPad auto_pad = AutoPad::kNotSet;
  bool ceil_mode = false;

  /// The window along one axis over `input` positions. Throws Error(kInvalidModel) naming the node
  /// if the window does not fit.
  WindowAxis axis(const Node& node, std::size_t axis, std::int64_t input) const;
};

/// Throws Error(kInvalidModel) naming the node and the attribute.
WindowAttributes window_attributes(const Node& node, std::vector<std::int64_t> kernel);

}  // namespace headway
