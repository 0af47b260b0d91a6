#pragma once

#include "backends/opencl/step.h"
#include "ops/conv_geometry.h"

namespace headway::opencl {

/// A 3×3 convolution by Winograd's F(4×4, 3×3), of a Conv or FusedConv with three spatial axes, the
/// first of which is 1; nullptr where it does not apply or does not pay.
std::unique_ptr<Step> lower_winograd(const Node& node, const ConvGeometry& geometry,
                                     Lowering& lowering);

}  // namespace headway::opencl
