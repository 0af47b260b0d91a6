#pragma once

#include "kernels/isa/simd.h"
#include "kernels/peak/loops.h"

namespace headway {
namespace {

using Words = std::uint32_t __attribute__((vector_size(kWidth * sizeof(float))));

constexpr int kVectorsPerTurn = 8;
static_assert(kMemoryStep % (kVectorsPerTurn * sizeof(Words)) == 0);

/// The same pointer, of which the compiler no longer knows that; or it would read once, not once
/// per pass, and make a copying loop a call of memcpy.
template <typename T>
inline T* unknown(T* pointer) {
  __asm__ volatile("" : "+r"(pointer));
  return pointer;
}

std::uint32_t read_words(const void* data, std::int64_t bytes, std::int64_t passes) noexcept {
  Words sums[kVectorsPerTurn] = {};
  for (std::int64_t pass = 0; pass < passes; ++pass) {
    const char* p = unknown(static_cast<const char*>(data));
    for (std::int64_t done = 0; done < bytes; done += sizeof sums) {
#pragma GCC unroll 8
      for (int i = 0; i < kVectorsPerTurn; ++i) {
        Words words;
        __builtin_memcpy(&words, p + done + i * sizeof words, sizeof words);
        sums[i] += words;
      }
    }
  }
  std::uint32_t total = 0;
  for (const Words& sum : sums) {
    for (int lane = 0; lane < kWidth; ++lane) total += sum[lane];
  }
  return total;
}

void copy_words(const void* from, void* to, std::int64_t bytes, std::int64_t passes) noexcept {
  for (std::int64_t pass = 0; pass < passes; ++pass) {
    for (std::int64_t done = 0; done < bytes; done += kVectorsPerTurn * sizeof(Words)) {
      const char* source = unknown(static_cast<const char*>(from) + done);
      char* target = unknown(static_cast<char*>(to) + done);
#pragma GCC unroll 8
      for (int i = 0; i < kVectorsPerTurn; ++i) {
        Words words;
        __builtin_memcpy(&words, source + i * sizeof words, sizeof words);
        __builtin_memcpy(target + i * sizeof words, &words, sizeof words);
      }
    }
  }
}

constexpr MemoryLoops kMemoryLoops{read_words, copy_words};

}  // namespace
}  // namespace headway
