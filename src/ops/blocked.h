#pragma once

#include "graph/graph.h"
#include "ops/conv_geometry.h"

namespace headway {

/// [N, ceil(C / block), H, W, block] for a tensor [N, C, H, W].
Shape blocked_shape(const Shape& plain, std::int64_t block);

/// Whether a BlockedConv convolves the positive part of its scaled input only. Throws
/// Error(kInvalidModel) naming the node if its attribute is something else.
bool input_has_relu(const Node& node);

/// Whether a BlockedConv keeps the greatest of every 2 × 2 pixels only. Throws Error(kInvalidModel)
/// naming the node if its attribute is something else.
bool pools_maxima(const Node& node);

/// The geometry, before any pooling, of a BlockedConv whose input types are static.
ConvGeometry blocked_conv_geometry(const Node& node);

}  // namespace headway
