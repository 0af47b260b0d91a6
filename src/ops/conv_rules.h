#pragma once

#include "ops/operator.h"

namespace headway {

/// The attributes shared by Conv, ConvTranspose and FusedConv.
std::vector<AttributeSpec> conv_attributes();

/// The shape rule of Conv, also of the first three inputs of FusedConv. Returns the output type.
TensorType infer_convolution(InferContext& context);

}  // namespace headway
