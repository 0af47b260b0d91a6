#include "kernels/peak/isa/chains.h"

namespace headway {
namespace {

double dot_product(std::int64_t rounds, float a, float b) noexcept {
  const __m256i left = _mm256_set1_epi8(static_cast<char>(a));
  const __m256i right = _mm256_set1_epi8(static_cast<char>(b));
  return run_chains<Bits>(rounds, [&](Bits x) {
    return reinterpret_cast<Bits>(
        _mm256_dpbusd_avx_epi32(reinterpret_cast<__m256i>(x), left, right));
  });
}

}  // namespace

const ArithmeticLoop kAvxVnniInt8 = arithmetic_loop("vpdpbusd ymm", 4, dot_product);

}  // namespace headway
