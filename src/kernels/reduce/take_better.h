#pragma once

#include <cstdint>

namespace headway {

/// Where row[i] beats champions[i], it becomes the champion and `index` its index.
using TakeBetterLoop = void (*)(std::int64_t size, const void* row, std::int32_t index,
                                void* champions, std::int32_t* indices) noexcept;

}  // namespace headway
