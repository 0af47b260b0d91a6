#pragma once

#include <memory>

#include "kernels/brgemm/brgemm.h"

namespace headway {

/// Machine code for one tile, in memory of its own.
class BrgemmCode {
 public:
  virtual ~BrgemmCode() = default;
  virtual void (*entry() const noexcept)(const BrgemmCall*) = 0;
};

/// Code with vectors of `width` floats (8: AVX2 with FMA, 16: AVX-512F); nullptr if there is no
/// generator for this processor family or the system refuses executable memory.
std::unique_ptr<BrgemmCode> generate_brgemm(const BrgemmShape& shape, int width);

}  // namespace headway
