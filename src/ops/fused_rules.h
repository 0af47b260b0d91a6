#pragma once

#include "ops/operator.h"

namespace headway {

/// `specs` and the attributes that fused_activation reads.
std::vector<AttributeSpec> with_activation(std::vector<AttributeSpec> specs);

/// Input 3, if it is given, has the shape of the output it is added to.
void require_residual(const InferContext& context, const TensorType& output);

/// The reference kernel of FusedConv.
void run_fused_conv(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs);

}  // namespace headway
