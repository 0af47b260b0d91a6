#pragma once

#include "ops/window.h"

namespace headway {

/// Everything that the attributes and the input's shape of a MaxPool, AveragePool or LpPool
/// determine.
struct PoolGeometry {
  std::int64_t batch = 0;
  std::int64_t channels = 0;
  std::vector<WindowAxis> axes;    ///< Spatial, outermost first; usually height, width.
  bool count_include_pad = false;  ///< AveragePool: padding counts as zeros of the mean.

  std::int64_t input_points() const noexcept;
  std::int64_t output_points() const noexcept;
  /// [batch, channels, outputs…]
  Shape output_shape() const;

  friend bool operator==(const PoolGeometry&, const PoolGeometry&) = default;
};

/// Throws Error(kInvalidModel) naming the node if attributes and shape contradict each other.
PoolGeometry pool_geometry(const Node& node, const Shape& x);

/// For a node whose input type is static.
PoolGeometry pool_geometry(const Node& node);

}  // namespace headway
