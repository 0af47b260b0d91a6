#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/torchscript/emitter.h"

namespace headway::torchscript {

/// The sliding-window attributes of a convolution or pooling node, and its input padded where ATen
/// cannot pad by itself.
struct Window {
  std::vector<std::int64_t> kernel, strides, dilations, padding;
  std::string input;  ///< Expression.
  std::size_t rank() const { return kernel.size(); }
};

/// `kernel` are the spatial extents of the window. `fill` is what padding holds. Uneven padding,
/// and padding above half the kernel if `is_pool`, becomes a statement before the node.
Window window_of(Emitter& emitter, const std::vector<std::int64_t>& kernel, double fill,
                 bool is_pool);

}  // namespace headway::torchscript
