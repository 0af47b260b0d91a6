#pragma once

#include <string_view>
#include <vector>

#include "headway/dtype.h"

#include "base/cpu.h"
#include "kernels/peak/loops.h"

namespace headway {

/// One way of multiplying and adding that processors of this architecture may have.
struct ArithmeticUnit {
  DType dtype = DType::kFloat32;  ///< Of the factors; sums have 32 bits.
  Isa isa = Isa::kPortable;
  const ArithmeticLoop* loop = nullptr;
  std::string_view lacks;  ///< What `cpu` would need to run the loop; empty if it can.
};

/// The units up to the instruction set `highest`, by type, the widest first.
std::vector<ArithmeticUnit> arithmetic_units(const CpuFeatures& cpu, Isa highest);

/// The machine must support `isa`.
const MemoryLoops& memory_loops(Isa isa) noexcept;

}  // namespace headway
