#pragma once

#include "kernels/conv/conv.h"
#include "kernels/gemm/panels.h"

namespace headway {

// A convolution of one image and group is the product of its weights with an ImageWindow, packed
// panel by panel as it is needed. Two ways round: vectors along the image (rows of the product are
// channels), or vectors along the channels (rows are pixels, transposed as they are stored).

Panels over_image(const ConvShape& shape, const InnerLoops& loops);
Panels over_channels(const ConvShape& shape, const InnerLoops& loops);

std::size_t over_image_scratch_bytes(const ConvShape& shape, const InnerLoops& loops, int threads);
std::size_t over_channels_scratch_bytes(const ConvShape& shape, const InnerLoops& loops,
                                        int threads);

struct ConvOperands {
  const float* input;
  const float* packed;
  const Epilogue& epilogue;
  float* output;
  void* scratch;
};

void conv_over_image(const KernelContext& context, const ConvShape& shape,
                     const ConvOperands& operands) noexcept;
void conv_over_channels(const KernelContext& context, const ConvShape& shape,
                        const ConvOperands& operands) noexcept;

}  // namespace headway
