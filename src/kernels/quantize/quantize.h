#pragma once

#include <cstddef>
#include <cstdint>

#include "headway/dtype.h"

#include "kernels/context.h"

namespace headway {

/// Which scale and zero point belong to an element of [outer × extent × inner].
struct ScaleLayout {
  std::int64_t outer = 1, extent = 1, inner = 1;
  bool whole = false;      ///< One for all elements.
  std::int64_t block = 0;  ///< One for each block along `extent`; 0: one for each position along
                           ///< it, whatever the outer and inner index.

  std::int64_t size() const noexcept { return outer * extent * inner; }
};

/// The zero points have the dtype of the quantized elements, or are null. float32 to int8, uint8,
/// int16 or uint16; a NaN becomes 0.
void quantize(const KernelContext& context, DType to, const ScaleLayout& layout, const float* x,
              const float* scale, const void* zero, void* output) noexcept;

/// The integers of up to 16 bits, and int32, to float32.
void dequantize(const KernelContext& context, DType from, const ScaleLayout& layout, const void* x,
                const float* scale, const void* zero, float* output) noexcept;

/// The range of the elements, widened to contain 0, becomes [0, 255].
void dynamic_quantize(const KernelContext& context, std::int64_t size, const float* x,
                      std::uint8_t* output, float* scale, std::uint8_t* zero) noexcept;

}  // namespace headway
