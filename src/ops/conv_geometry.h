#pragma once

#include "ops/window.h"

namespace headway {

/// Everything that the attributes and shapes of a Conv, ConvTranspose or FusedConv determine.
struct ConvGeometry {
  std::int64_t batch = 0;
  std::int64_t groups = 1;
  std::int64_t in_channels = 0;   ///< Of all groups.
  std::int64_t out_channels = 0;  ///< Of all groups.
  std::vector<WindowAxis> axes;   ///< Spatial, outermost first; usually height, width.

  std::int64_t group_in() const noexcept { return in_channels / groups; }
  std::int64_t group_out() const noexcept { return out_channels / groups; }
  /// Products over the spatial axes.
  std::int64_t input_points() const noexcept;
  std::int64_t kernel_points() const noexcept;
  std::int64_t output_points() const noexcept;
  /// Multiply-accumulates of the whole convolution.
  std::int64_t macs() const noexcept;
  /// [batch, out_channels, outputs…]
  Shape output_shape() const;

  friend bool operator==(const ConvGeometry&, const ConvGeometry&) = default;
};

/// The attribute group. Throws Error(kInvalidModel) naming the node if it is no number of groups.
std::int64_t checked_groups(const Node& node);

/// X is [batch, in_channels, spatial…], W is [out_channels, in_channels/groups, kernel…].
/// Throws Error(kInvalidModel) naming the node if attributes and shapes contradict each other.
ConvGeometry conv_geometry(const Node& node, const Shape& x, const Shape& w);

/// For a node whose input types are static.
ConvGeometry conv_geometry(const Node& node);

/// ConvTranspose: W is [in_channels, out_channels/groups, kernel…]. In `axes`, `input` and `output`
/// are those of the transposed convolution (output is the larger one); pads cut the output.
ConvGeometry conv_transpose_geometry(const Node& node, const Shape& x, const Shape& w);

}  // namespace headway
