#pragma once

#include <cstdint>

namespace headway {

/// output[i] = round(x[i] / scale[i · step]) + zero[i · step], kept in the range of the output's
/// dtype, which is that of `zero`; `zero` may be null. A step is 1, or 0 for one scale and zero
/// point.
using QuantizeLoop = void (*)(std::int64_t size, const float* x, const float* scale,
                              const void* zero, int step, void* output) noexcept;
/// output[i] = (x[i] - zero[i · step]) · scale[i · step]
using DequantizeLoop = void (*)(std::int64_t size, const void* x, const float* scale,
                                const void* zero, int step, float* output) noexcept;

}  // namespace headway
