#pragma once

#include <cstdint>

#include "kernels/context.h"

namespace headway {

/// output[i] = input[i], rounded to nearest; true is 1. From is bool, uint8, int32 or int64.
template <typename From>
void to_float(const KernelContext& context, std::int64_t size, const From* input,
              float* output) noexcept;

}  // namespace headway
