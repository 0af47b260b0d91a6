#pragma once

#include <cstdint>

#include "kernels/context.h"
#include "kernels/elementwise/function.h"

namespace headway {

/// What is applied to the channels of a blocked image [batch, CB, pixels, B]:
/// output = activation(input · scale + shift).
struct ChannelScale {
  std::int64_t planes = 0;  ///< batch · CB
  std::int64_t blocks = 0;  ///< CB
  std::int64_t pixels = 0;
  const float* scale = nullptr;  ///< [CB, B], or [batch, CB, B] if it has factors per image.
  bool per_image = false;
  const float* shift = nullptr;  ///< [CB, B], or null for zeros.
  Unary activation;
};

/// The output may be the input.
void scale_channels(const KernelContext& context, const ChannelScale& scale, const float* input,
                    float* output) noexcept;

}  // namespace headway
