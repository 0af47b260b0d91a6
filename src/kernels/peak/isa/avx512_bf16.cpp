#include "kernels/peak/isa/chains.h"

namespace headway {
namespace {

/// Both halves of every lane are the upper half of `value`.
__m512bh splat_bfloat16(float value) {
  const Bits bits = to_bits(splat(value));
  const Bits upper = bits & splat_bits(static_cast<std::int32_t>(0xffff0000U));
  return reinterpret_cast<__m512bh>(upper | (upper >> 16 & splat_bits(0xffff)));
}

double dot_product(std::int64_t rounds, float a, float b) noexcept {
  const __m512bh left = splat_bfloat16(a), right = splat_bfloat16(b);
  return run_chains<Vector>(rounds, [&](Vector x) {
    return reinterpret_cast<Vector>(_mm512_dpbf16_ps(reinterpret_cast<__m512>(x), left, right));
  });
}

}  // namespace

const ArithmeticLoop kAvx512Bfloat16 = arithmetic_loop("vdpbf16ps zmm", 2, dot_product);

}  // namespace headway
