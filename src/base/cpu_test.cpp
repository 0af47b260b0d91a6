#include "base/cpu.h"

#include "base/test_error.h"

namespace headway {
namespace {

CpuFeatures machine(bool avx2, bool avx512) {
  CpuFeatures cpu;
  cpu.avx2 = avx2;
  cpu.avx512 = avx512;
  cpu.model = "Test CPU";
  return cpu;
}

TEST(Cpu, TheBestIsChosenUnlessForced) {
  EXPECT_EQ(choose_isa(machine(false, false), {}), Isa::kPortable);
  EXPECT_EQ(choose_isa(machine(true, false), {}), Isa::kAvx2);
  EXPECT_EQ(choose_isa(machine(true, true), {}), Isa::kAvx512);
  EXPECT_EQ(choose_isa(machine(true, true), "portable"), Isa::kPortable);
  EXPECT_EQ(choose_isa(machine(true, true), "avx2"), Isa::kAvx2);
  EXPECT_EQ(choose_isa(machine(true, true), "avx512"), Isa::kAvx512);
}

TEST(Cpu, ForcingWhatTheMachineLacksIsAnError) {
  EXPECT_EQ(
      error_message(ErrorCode::kUnsupported, [] { choose_isa(machine(true, false), "avx512"); }),
      "HEADWAY_ISA=avx512 cannot run on this machine (Test CPU), whose best is avx2");
}

TEST(Cpu, ForcingTheUnknownIsAnError) {
  for (const char* name : {"", "AVX2", "sse4"})
    EXPECT_NE(
        error_message(ErrorCode::kInvalidArgument, [&] { choose_isa(machine(true, true), name); })
            .find("use portable, avx2 or avx512"),
        std::string::npos);
}

TEST(Cpu, DetectionAgreesWithTheCompiler) {
  const CpuFeatures cpu = detect_cpu();
  EXPECT_FALSE(cpu.model.empty());
#if defined(__x86_64__)
  __builtin_cpu_init();
  EXPECT_EQ(cpu.avx2, __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
  EXPECT_EQ(cpu.avx512,
            cpu.avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"));
  EXPECT_EQ(cpu.avx512_vnni, cpu.avx512 && __builtin_cpu_supports("avx512vnni"));
#if !defined(__clang__)
  EXPECT_EQ(cpu.avx_vnni, cpu.avx2 && __builtin_cpu_supports("avxvnni"));
#endif
  EXPECT_EQ(cpu.avx512_bf16, cpu.avx512 && __builtin_cpu_supports("avx512bf16"));
#endif
}

}  // namespace
}  // namespace headway
