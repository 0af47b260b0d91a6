#include "kernels/peak/isa/chains.h"

namespace headway {
namespace {

double dot_product(std::int64_t rounds, float a, float b) noexcept {
  const __m512i left = _mm512_set1_epi8(static_cast<char>(a));
  const __m512i right = _mm512_set1_epi8(static_cast<char>(b));
  return run_chains<Bits>(rounds, [&](Bits x) {
    return reinterpret_cast<Bits>(_mm512_dpbusd_epi32(reinterpret_cast<__m512i>(x), left, right));
  });
}

}  // namespace

const ArithmeticLoop kAvx512VnniInt8 = arithmetic_loop("vpdpbusd zmm", 4, dot_product);

}  // namespace headway
