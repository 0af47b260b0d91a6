#pragma once

#include <cstdint>

namespace headway {

/// A loop that does nothing but keep the arithmetic units busy: as many independent chains of one
/// instruction as its latency and the number of units ask for.
struct ArithmeticLoop {
  const char* instruction;  ///< "vdpbf16ps zmm".
  std::int64_t operations;  ///< Multiplications and additions of all lanes and chains in a round.
  int chains;
  int lanes;

  /// Every lane of chain i starts at i. A round makes x = x * a + b of it where the operands have
  /// 32 bits, and adds as many products a * b as a dot product has elsewhere. `a` and `b` are exact
  /// in the operands' type. Returns the sum of all lanes.
  double (*run)(std::int64_t rounds, float a, float b) noexcept;
};

/// Loops over memory that use the widest accesses of an instruction set. Bytes are multiples of
/// kMemoryStep.
struct MemoryLoops {
  /// The sum of all 32-bit words, times `passes`, modulo 2^32.
  std::uint32_t (*read)(const void* data, std::int64_t bytes, std::int64_t passes) noexcept;
  /// With ordinary stores, which read a line into the cache before they change it.
  void (*copy)(const void* from, void* to, std::int64_t bytes, std::int64_t passes) noexcept;
};

constexpr std::int64_t kMemoryStep = 512;

extern const ArithmeticLoop kPortableFloat32;
extern const MemoryLoops kPortableMemory;
#if defined(__x86_64__)
extern const ArithmeticLoop kAvx2Float32, kAvxVnniInt8;
extern const ArithmeticLoop kAvx512Float32, kAvx512VnniInt8, kAvx512Bfloat16;
extern const MemoryLoops kAvx2Memory, kAvx512Memory;
#endif

}  // namespace headway
