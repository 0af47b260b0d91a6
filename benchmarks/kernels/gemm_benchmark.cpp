#include <benchmark/benchmark.h>

#include "aligned_floats.h"
#include "base/processors.h"
#include "kernels/gemm/gemm.h"
#include "kernels/inner_loops.h"
#include "peak.h"

namespace headway {
namespace {

/// Weights of many layers are larger than the caches: each call gets others.
constexpr std::int64_t kWeightFloats = 32 << 20;

/// A product with packed B, or one that may be regrouped. Arguments: m, n, k, threads.
void gemm(benchmark::State& state, Isa isa, bool regroups) {
  const int threads = std::min(static_cast<int>(state.range(3)), available_processors());
  ThreadPool pool(threads);
  const ThreadPool::Busy busy(pool);
  const KernelContext context{pool, inner_loops(isa)};
  const GemmShape shape{.m = state.range(0), .n = state.range(1), .k = state.range(2)};
  BrgemmSet tiles(context.loops);
  const Gemm product(shape, {.bias = true}, tiles, threads, regroups);
  const auto packed_size = static_cast<std::int64_t>(product.packed_b_size());
  const std::int64_t copies = kWeightFloats / packed_size + 1;
  AlignedFloats a(shape.m * shape.k), bias(shape.n), c(shape.m * shape.n);
  AlignedFloats packed(copies * packed_size);
  AlignedFloats scratch(static_cast<std::int64_t>(product.scratch_bytes(true) / sizeof(float)));
  std::int64_t copy = 0;
  for (auto _ : state) {
    product.run_packed(context, a.data(), packed.data() + copy * packed_size, {bias.data()},
                       c.data(), scratch.data());
    copy = (copy + 1) % copies;
    benchmark::ClobberMemory();
  }
  count_flops(state, isa, threads,
              2.0 * static_cast<double>(shape.m) * static_cast<double>(shape.n * shape.k));
}

void add_shapes(benchmark::internal::Benchmark& family) {
  family.ArgNames({"m", "n", "k", "threads"})->UseRealTime();
  for (const std::int64_t threads : {1, 2}) {
    for (const std::int64_t tokens : {128, 197}) {
      family.Args({tokens, 768, 768, threads})->Args({tokens, 2304, 768, threads});
      family.Args({tokens, 3072, 768, threads})->Args({tokens, 768, 3072, threads});
    }
    family.Args({1576, 3072, 768, threads});
    family.Args({1, 1000, 2048, threads})->Args({1, 4096, 25088, threads});
  }
}

[[maybe_unused]] const bool registered = [] {
  for (const Isa isa : {Isa::kPortable, Isa::kAvx2, Isa::kAvx512}) {
    if (isa > detect_cpu().best_isa()) continue;
    for (const bool regroups : {false, true}) {
      std::string name = regroups ? "regrouped_gemm/" : "gemm/";
      name.append(name_of(isa));
      add_shapes(*benchmark::RegisterBenchmark(name.c_str(), gemm, isa, regroups));
    }
  }
  return true;
}();

}  // namespace
}  // namespace headway
