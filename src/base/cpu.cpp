#include "base/cpu.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "base/error.h"

namespace headway {
namespace {

constexpr Isa kAllIsas[] = {Isa::kPortable, Isa::kAvx2, Isa::kAvx512};

#if defined(__x86_64__)

struct Registers {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

/// All zero if the processor does not know the leaf.
Registers cpuid(unsigned leaf, unsigned subleaf = 0) noexcept {
  Registers r;
  if (__get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx) == 0) return {};
  return r;
}

/// Which register files the operating system saves when it switches threads.
std::uint64_t saved_state() noexcept {
  unsigned low = 0;
  unsigned high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<std::uint64_t>(high) << 32) | low;
}

constexpr bool bit(unsigned word, unsigned index) noexcept {
  return ((word >> index) & 1U) != 0;
}

// Bit numbers: Intel Software Developer's Manual, volume 2A, CPUID; XCR0: volume 1, 13.3.
void detect_instructions(CpuFeatures& cpu) noexcept {
  const Registers basic = cpuid(1);
  const bool osxsave = bit(basic.ecx, 27);
  const std::uint64_t state = osxsave ? saved_state() : 0;
  const bool ymm_saved = (state & 0x06U) == 0x06U;
  const bool zmm_saved = (state & 0xe6U) == 0xe6U;
  const bool fma = bit(basic.ecx, 12);
  const bool f16c = bit(basic.ecx, 29);

  const Registers extended = cpuid(7);
  cpu.avx2 = ymm_saved && fma && f16c && bit(extended.ebx, 5);
  const bool f = bit(extended.ebx, 16);
  const bool dq = bit(extended.ebx, 17);
  const bool bw = bit(extended.ebx, 30);
  const bool vl = bit(extended.ebx, 31);
  cpu.avx512 = cpu.avx2 && zmm_saved && f && dq && bw && vl;
  cpu.avx512_vnni = cpu.avx512 && bit(extended.ecx, 11);
  const Registers more = extended.eax >= 1 ? cpuid(7, 1) : Registers{};
  cpu.avx_vnni = cpu.avx2 && bit(more.eax, 4);
  cpu.avx512_bf16 = cpu.avx512 && bit(more.eax, 5);
}

#else

void detect_instructions(CpuFeatures&) noexcept {}

#endif

std::string model_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (!line.starts_with("model name")) continue;
    const std::size_t start = line.find_first_not_of(" \t", line.find(':') + 1);
    if (start != std::string::npos) return line.substr(start);
  }
  return "unknown";
}

}  // namespace

std::string_view name_of(Isa isa) noexcept {
  switch (isa) {
    case Isa::kPortable:
      return "portable";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx512:
      return "avx512";
  }
  return "unknown";
}

Isa CpuFeatures::best_isa() const noexcept {
  if (avx512) return Isa::kAvx512;
  return avx2 ? Isa::kAvx2 : Isa::kPortable;
}

CpuFeatures detect_cpu() {
  CpuFeatures cpu;
  cpu.model = model_name();
  detect_instructions(cpu);
  return cpu;
}

bool has_vnni(Isa isa) noexcept {
  CpuFeatures cpu;
  detect_instructions(cpu);
  return isa == Isa::kAvx512 ? cpu.avx512_vnni : isa == Isa::kAvx2 && cpu.avx_vnni;
}

Isa choose_isa(const CpuFeatures& cpu, std::optional<std::string_view> forced) {
  if (!forced) return cpu.best_isa();
  for (const Isa isa : kAllIsas) {
    if (name_of(isa) != *forced) continue;
    if (isa > cpu.best_isa()) {
      fail(ErrorCode::kUnsupported, "HEADWAY_ISA=", *forced, " cannot run on this machine (",
           cpu.model, "), whose best is ", name_of(cpu.best_isa()));
    }
    return isa;
  }
  fail(ErrorCode::kInvalidArgument, "HEADWAY_ISA='", *forced,
       "' is unknown; use portable, avx2 or avx512, or leave it unset");
}

Isa choose_isa() {
  const char* forced = std::getenv("HEADWAY_ISA");
  const bool given = forced != nullptr && *forced != '\0';
  return choose_isa(detect_cpu(), given ? std::optional<std::string_view>(forced) : std::nullopt);
}

}  // namespace headway
