#include "kernels/integer/byte_gemm.h"

#include "kernels/isa/isa.h"
#include "kernels/test_support.h"

namespace headway {
namespace {

/// Every table that this machine can run: those without dot products as well.
std::vector<const InnerLoops*> all_loops() {
  std::vector<const InnerLoops*> loops = {&kPortableLoops};
#if defined(__x86_64__)
  const CpuFeatures cpu = detect_cpu();
  if (cpu.avx2) loops.push_back(&kAvx2Loops);
  if (cpu.avx_vnni) loops.push_back(&kAvxVnniLoops);
  if (cpu.avx512) loops.push_back(&kAvx512Loops);
  if (cpu.avx512_vnni) loops.push_back(&kAvx512VnniLoops);
#endif
  return loops;
}

/// Often the extremes, whose products are the largest.
std::vector<std::uint8_t> any_bytes(std::int64_t count, Generator& generator) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count));
  constexpr std::uint8_t kExtremes[] = {0, 127, 128, 255};
  for (std::uint8_t& byte : bytes) {
    byte = generator.chance(0.5) ? kExtremes[generator.integer(0, 3)]
                                 : static_cast<std::uint8_t>(generator.integer(0, 255));
  }
  return bytes;
}

int number(DType dtype, std::uint8_t byte) {
  return dtype == DType::kInt8 ? static_cast<std::int8_t>(byte) : byte;
}

struct Case {
  std::int64_t m, n, k;
  DType b_dtype;
  bool zero_points, to_bytes;
};

void expect_product(const Case& c, const InnerLoops& loops, ThreadPool& pool,
                    Generator& generator) {
  const KernelContext context{pool, loops};
  const BytePanels panels{c.n, c.k, loops.width};
  const std::int64_t stride = panels.fours() * 4, lanes = panels.count() * panels.columns();
  const auto a = any_bytes(c.m * stride, generator), b = any_bytes(c.k * c.n, generator);
  const auto zero = any_bytes(c.n, generator);
  const std::int32_t a_zero = c.zero_points ? zero[0] : 0;
  std::vector<std::byte> packed(static_cast<std::size_t>(panels.bytes()));
  pack_byte_panels(context, panels, {c.b_dtype, b.data(), c.zero_points ? zero.data() : nullptr, 1},
                   packed.data());
  std::vector<std::int32_t> sums, starts(static_cast<std::size_t>(lanes)), bias(starts.size(), 77);
  for (std::int64_t row = 0; row < c.m; ++row)
    sums.push_back(-loops.sum_bytes(c.k, a.data() + row * stride));
  start_sums(panels, packed.data(), a_zero, bias.data(), starts.data());
  ByteRows rows{.m = c.m, .data = a.data(), .stride = stride};
  if (has_zero_points(panels, packed.data())) rows.minus_sum = sums.data();
  const std::vector<double> factors(starts.size(), 0.0003);
  const ByteEpilogue epilogue{c.to_bytes ? DType::kUInt8 : DType::kInt32, nullptr, factors.data(),
                              99};
  std::vector<std::int32_t> result(static_cast<std::size_t>(c.m * c.n + 1));
  byte_gemm(context, panels, rows, packed.data(), starts.data(), epilogue, result.data());
  for (std::int64_t i = 0; i < c.m * c.n; ++i) {
    const std::int64_t row = i / c.n, column = i % c.n;
    std::int32_t sum = 77;
    for (std::int64_t k = 0; k < c.k; ++k) {
      const int point =
          c.zero_points ? number(c.b_dtype, zero[static_cast<std::size_t>(column)]) : 0;
      sum += (a[static_cast<std::size_t>(row * stride + k)] - a_zero) *
             (number(c.b_dtype, b[static_cast<std::size_t>(k * c.n + column)]) - point);
    }
    const auto byte = std::fmin(std::fmax(std::nearbyint(sum * 0.0003) + 99, 0), 255);
    const int actual = c.to_bytes ? reinterpret_cast<const std::uint8_t*>(result.data())[i]
                                  : result[static_cast<std::size_t>(i)];
    ASSERT_EQ(actual, c.to_bytes ? static_cast<int>(byte) : sum)
        << c.m << 'x' << c.k << 'x' << c.n << " at " << i;
  }
}

TEST(ByteGemm, IsExactOnEveryInstructionSet) {
  ThreadPool pool(3);
  for (const InnerLoops* loops : all_loops()) {
    SCOPED_TRACE(loops->name);
    Generator generator(1);
    for (int i = 0; i < 60; ++i) {
      const Case c{generator.integer(1, 40), generator.integer(1, 70),
                   generator.integer(1, 90), generator.chance(0.5) ? DType::kInt8 : DType::kUInt8,
                   generator.chance(0.5),    generator.chance(0.5)};
      expect_product(c, *loops, pool, generator);
    }
  }
}

TEST(ByteTranspose, AnyShape) {
  for (const InnerLoops* loops : all_loops()) {
    Generator generator(2);
    for (int i = 0; i < 30; ++i) {
      const std::int64_t rows = generator.integer(1, 50), columns = generator.integer(1, 50);
      const auto input = any_bytes(rows * columns, generator);
      std::vector<std::uint8_t> output(input.size());
      loops->transpose_bytes({rows, columns, columns, rows, 0x80, input.data(), output.data()});
      for (std::int64_t at = 0; at < rows * columns; ++at) {
        ASSERT_EQ(output[static_cast<std::size_t>(at % columns * rows + at / columns)],
                  input[static_cast<std::size_t>(at)] ^ 0x80);
      }
    }
  }
}

}  // namespace
}  // namespace headway
