#include "kernels/elementwise/cast.h"

#include "kernels/threshold.h"

namespace headway {

template <typename From>
void to_float(const KernelContext& context, std::int64_t size, const From* input,
              float* output) noexcept {
  for_chunks(context, size, [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t i = first; i < first + count; ++i) output[i] = static_cast<float>(input[i]);
  });
}

template void to_float(const KernelContext&, std::int64_t, const bool*, float*) noexcept;
template void to_float(const KernelContext&, std::int64_t, const std::uint8_t*, float*) noexcept;
template void to_float(const KernelContext&, std::int64_t, const std::int32_t*, float*) noexcept;
template void to_float(const KernelContext&, std::int64_t, const std::int64_t*, float*) noexcept;

}  // namespace headway
