#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/context.h"

namespace headway {

/// How one axis of an image is resampled: output element i is the sum over t < taps of
/// weights[t · out + i] · input[positions[t · out + i]].
struct ResampledAxis {
  std::int64_t in = 0, out = 0;
  int taps = 1;
  std::vector<std::int32_t> positions;
  std::vector<float> weights;  ///< Empty if there is one tap and it has weight 1 everywhere.
};

/// `planes` images [height.in × width.in] become [height.out × width.out] ones, along the rows
/// first, a part of an image at a time.
struct ResizeShape {
  std::int64_t planes = 0;
  ResampledAxis height, width;
};

/// Bytes of scratch memory that resize needs with that many threads, 64-byte aligned.
std::size_t resize_scratch_bytes(const ResizeShape& shape, int threads) noexcept;

void resize(const KernelContext& context, const ResizeShape& shape, const float* input,
            float* output, void* scratch) noexcept;

/// For axes without weights, whose output elements are input elements: of 1, 2, 4 or 8 bytes.
void resize_nearest(const KernelContext& context, const ResizeShape& shape,
                    std::size_t element_size, const void* input, void* output) noexcept;

}  // namespace headway
