#pragma once

#include "ops/operator.h"

namespace headway {

/// The attributes shared by Conv, ConvTranspose and FusedConv.
std::vector<AttributeSpec> conv_attributes();

/// The shape rule of Conv, also of the first three inputs of FusedConv. Returns the output type.
TensorType infer_convolution(InferContext& context);

/// The output shape of a convolution of input `input` with the weights of input `filter`; nullopt
/// if the rank is unknown. Throws Error(kInvalidModel) naming the node.
std::optional<SymbolicShape> convolution_shape(const InferContext& context, std::size_t input,
                                               std::size_t filter);

}  // namespace headway
