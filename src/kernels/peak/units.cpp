#include "kernels/peak/units.h"

namespace headway {

std::vector<ArithmeticUnit> arithmetic_units(const CpuFeatures& cpu, Isa highest) {
  const auto needs = [](bool present, std::string_view feature) {
    return present ? std::string_view() : feature;
  };
  std::vector<ArithmeticUnit> units {
#if defined(__x86_64__)
    {DType::kFloat32, Isa::kAvx512, &kAvx512Float32, needs(cpu.avx512, "AVX-512")},
        {DType::kFloat32, Isa::kAvx2, &kAvx2Float32, needs(cpu.avx2, "AVX2")},
#endif
        {DType::kFloat32, Isa::kPortable, &kPortableFloat32, {}},
#if defined(__x86_64__)
        {DType::kBFloat16, Isa::kAvx512, &kAvx512Bfloat16, needs(cpu.avx512_bf16, "AVX512_BF16")},
        {DType::kInt8, Isa::kAvx512, &kAvx512VnniInt8, needs(cpu.avx512_vnni, "AVX512_VNNI")},
        {DType::kInt8, Isa::kAvx2, &kAvxVnniInt8, needs(cpu.avx_vnni, "AVX-VNNI")},
#endif
  };
  std::erase_if(units, [&](const ArithmeticUnit& unit) { return unit.isa > highest; });
  return units;
}

const MemoryLoops& memory_loops(Isa isa) noexcept {
#if defined(__x86_64__)
  if (isa == Isa::kAvx512) return kAvx512Memory;
  if (isa == Isa::kAvx2) return kAvx2Memory;
#endif
  (void)isa;
  return kPortableMemory;
}

}  // namespace headway
