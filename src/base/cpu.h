#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace headway {

/// The families of kernels. A later one needs everything an earlier one needs.
enum class Isa {
  kPortable,  ///< Plain C++.
  kAvx2,      ///< AVX2, FMA and F16C.
  kAvx512,    ///< AVX-512 F, BW, DQ and VL as well.
};

/// "portable", "avx2" or "avx512".
std::string_view name_of(Isa isa) noexcept;

/// What processor and operating system offer together.
struct CpuFeatures {
  bool avx2 = false;         ///< With FMA and F16C.
  bool avx_vnni = false;     ///< int8 dot products in 256 bits, without AVX-512.
  bool avx512 = false;       ///< F, BW, DQ and VL.
  bool avx512_vnni = false;  ///< int8 dot products in 512 bits.
  bool avx512_bf16 = false;  ///< bfloat16 dot products in 512 bits.
  std::string model;         ///< "Intel(R) Xeon(R) …"; "unknown" if the system does not say.

  Isa best_isa() const noexcept;
};

CpuFeatures detect_cpu();

/// Whether this processor has dot products of bytes in the vectors of that family.
bool has_vnni(Isa isa) noexcept;

/// The kernels to use: the best that `cpu` supports, unless `forced` names others. Throws
/// Error(kInvalidArgument) if `forced` is no known name, Error(kUnsupported) if `cpu` lacks it.
Isa choose_isa(const CpuFeatures& cpu, std::optional<std::string_view> forced);

/// choose_isa for this machine and the environment variable HEADWAY_ISA.
Isa choose_isa();

}  // namespace headway
