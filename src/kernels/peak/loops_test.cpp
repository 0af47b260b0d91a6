#include "kernels/peak/loops.h"

#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include "kernels/peak/units.h"
#include "kernels/test_support.h"

namespace headway {
namespace {

std::vector<ArithmeticUnit> runnable_units() {
  const CpuFeatures cpu = detect_cpu();
  std::vector<ArithmeticUnit> units = arithmetic_units(cpu, cpu.best_isa());
  std::erase_if(units, [](const ArithmeticUnit& unit) { return !unit.lacks.empty(); });
  return units;
}

class ArithmeticLoops : public testing::TestWithParam<ArithmeticUnit> {
 protected:
  /// What one lane becomes, in plain arithmetic.
  double lane_after(double start, std::int64_t rounds, double a, double b) const {
    const double products = GetParam().dtype == DType::kInt8 ? 4 : 2;
    double x = start;
    for (std::int64_t round = 0; round < rounds; ++round)
      x = GetParam().dtype == DType::kFloat32 ? x * a + b : x + products * a * b;
    return x;
  }
};

TEST_P(ArithmeticLoops, AddUpRightly) {
  const ArithmeticLoop& loop = *GetParam().loop;
  for (const auto& [a, b] : {std::pair(1.0F, 1.0F), {1, 3}, {2, -1}, {0, 5}, {3, -7}}) {
    for (const std::int64_t rounds : {0, 1, 2, 7, 10}) {
      double expected = 0;
      for (int chain = 0; chain < loop.chains; ++chain)
        expected += loop.lanes * lane_after(chain, rounds, a, b);
      EXPECT_EQ(loop.run(rounds, a, b), expected) << a << ' ' << b << ' ' << rounds;
    }
  }
}

TEST_P(ArithmeticLoops, CountTheirOperations) {
  const ArithmeticLoop& loop = *GetParam().loop;
  const int terms = GetParam().dtype == DType::kInt8       ? 4
                    : GetParam().dtype == DType::kBFloat16 ? 2
                                                           : 1;
  EXPECT_EQ(loop.operations, 2 * terms * loop.lanes * loop.chains);
  EXPECT_GE(loop.chains, 8);
}

INSTANTIATE_TEST_SUITE_P(Unit, ArithmeticLoops, testing::ValuesIn(runnable_units()),
                         [](const testing::TestParamInfo<ArithmeticUnit>& unit) {
                           return std::string(name_of(unit.param.dtype)) + '_' +
                                  std::string(name_of(unit.param.isa));
                         });

class MemoryTraffic : public testing::TestWithParam<Isa> {
 protected:
  const MemoryLoops& loops() const { return memory_loops(GetParam()); }
};

/// All bytes different from their neighbours, and every word from every other.
void fill(GuardedFloats& memory, std::uint32_t seed) {
  for (std::int64_t i = 0; i < memory.size(); ++i) {
    const std::uint32_t word = seed + static_cast<std::uint32_t>(i) * 2654435761U;
    std::memcpy(memory.data() + i, &word, sizeof word);
  }
}

TEST_P(MemoryTraffic, ReadsEveryByteAndNoneBeyond) {
  for (const std::int64_t steps : {1, 2, 5}) {
    const std::int64_t bytes = steps * kMemoryStep;
    GuardedFloats memory(bytes / 4);
    fill(memory, 7);
    std::vector<std::uint32_t> words(static_cast<std::size_t>(bytes / 4));
    std::memcpy(words.data(), memory.data(), static_cast<std::size_t>(bytes));
    const std::uint32_t sum = std::accumulate(words.begin(), words.end(), 0U);
    EXPECT_EQ(loops().read(memory.data(), bytes, 1), sum);
    EXPECT_EQ(loops().read(memory.data(), bytes, 3), 3 * sum);
    EXPECT_EQ(loops().read(memory.data(), bytes, 0), 0U);
    auto* raw = reinterpret_cast<unsigned char*>(memory.data());
    for (std::int64_t i = 0; i < bytes; ++i) {
      raw[i] ^= 0x40;
      EXPECT_NE(loops().read(memory.data(), bytes, 1), sum) << "byte " << i;
      raw[i] ^= 0x40;
    }
  }
}

TEST_P(MemoryTraffic, CopiesEveryByteAndNoneBeyond) {
  for (const std::int64_t steps : {1, 2, 5}) {
    const std::int64_t bytes = steps * kMemoryStep;
    GuardedFloats from(bytes / 4), to(bytes / 4);
    fill(from, 7);
    fill(to, 8);
    loops().copy(from.data(), to.data(), bytes, 2);
    EXPECT_EQ(std::memcmp(from.data(), to.data(), static_cast<std::size_t>(bytes)), 0);
  }
}

HEADWAY_TEST_EVERY_ISA(MemoryTraffic);

CpuFeatures processor(bool avx2, bool avx512) {
  CpuFeatures cpu;
  cpu.avx2 = avx2;
  cpu.avx512 = avx512;
  return cpu;
}

TEST(ArithmeticUnits, AreNeverBeyondTheIsa) {
  const CpuFeatures cpu = processor(true, true);
  for (const Isa isa : {Isa::kPortable, Isa::kAvx2, Isa::kAvx512}) {
    int floats = 0;
    for (const ArithmeticUnit& unit : arithmetic_units(cpu, isa)) {
      EXPECT_LE(unit.isa, isa);
      floats += unit.dtype == DType::kFloat32;
    }
    EXPECT_EQ(floats, static_cast<int>(isa) + 1);
  }
}

TEST(ArithmeticUnits, SayWhatTheProcessorLacks) {
  std::string lacking;
  for (const ArithmeticUnit& unit : arithmetic_units(processor(true, true), Isa::kAvx512))
    lacking += std::string(unit.lacks) + ' ';
  EXPECT_EQ(lacking, "   AVX512_BF16 AVX512_VNNI AVX-VNNI ");
  for (const ArithmeticUnit& unit : arithmetic_units(processor(false, false), Isa::kAvx512))
    EXPECT_EQ(unit.lacks.empty(), unit.isa == Isa::kPortable) << unit.loop->instruction;
}

}  // namespace
}  // namespace headway
