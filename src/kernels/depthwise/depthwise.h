#pragma once

#include <cstddef>

#include "kernels/conv/conv.h"

namespace headway {

/// A convolution whose groups have one input channel each; weights are read as they come,
/// [out_channels × 1 × kernel_height × kernel_width].
std::size_t depthwise_scratch_bytes(const ConvShape& shape, const InnerLoops& loops,
                                    int threads) noexcept;

void depthwise(const KernelContext& context, const ConvShape& shape, const float* input,
               const float* weights, const Epilogue& epilogue, float* output,
               void* scratch) noexcept;

}  // namespace headway
