#pragma once

#include <cstdint>

namespace headway {

enum class ReduceOp : std::uint8_t { kSum, kMean, kMax, kMin, kSumSquare, kL2, kL1, kProd };

}  // namespace headway
