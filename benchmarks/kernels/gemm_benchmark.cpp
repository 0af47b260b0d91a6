#include <vector>

#include <benchmark/benchmark.h>

#include "base/processors.h"
#include "kernels/gemm/gemm.h"
#include "kernels/inner_loops.h"
#include "peak.h"

namespace headway {
namespace {

/// The register tile alone, operands in the first-level cache. Arguments: rows, depth.
void tile(benchmark::State& state, Isa isa) {
  const InnerLoops& loops = inner_loops(isa);
  GemmTile tile;
  tile.rows = std::min(static_cast<int>(state.range(0)), loops.tile_rows);
  tile.columns = loops.tile_columns;
  tile.k = state.range(1);
  const auto size = [&](std::int64_t n) { return static_cast<std::size_t>(n); };
  std::vector<float> a(size(tile.rows * tile.k), 1.0F), b(size(tile.columns * tile.k), 1.0F);
  std::vector<float> c(size(tile.rows * tile.columns));
  tile.a = a.data();
  tile.b = b.data();
  tile.c = c.data();
  tile.c_stride = tile.columns;
  for (auto _ : state) {
    loops.gemm_tile(tile);
    benchmark::ClobberMemory();
  }
  count_flops(state, isa, 1, 2.0 * tile.rows * tile.columns * static_cast<double>(tile.k));
}

/// A product with packed B on all threads. Arguments: m, n, k.
void gemm(benchmark::State& state, Isa isa) {
  const int threads = available_processors();
  ThreadPool pool(threads);
  const KernelContext context{pool, inner_loops(isa)};
  GemmShape shape;
  shape.m = state.range(0);
  shape.n = state.range(1);
  shape.k = state.range(2);
  const Gemm product(shape, context.loops);
  std::vector<float> a(static_cast<std::size_t>(shape.m * shape.k), 1.0F);
  std::vector<float> b(static_cast<std::size_t>(shape.k * shape.n), 1.0F);
  std::vector<float> c(static_cast<std::size_t>(shape.m * shape.n));
  std::vector<float> packed(product.packed_b_size());
  std::vector<float> scratch(product.scratch_bytes(threads, true) / sizeof(float));
  product.pack_b(b.data(), packed.data());
  for (auto _ : state) {
    product.run_packed(context, a.data(), packed.data(), {}, c.data(), scratch.data());
    benchmark::ClobberMemory();
  }
  count_flops(state, isa, threads,
              2.0 * static_cast<double>(shape.m) * static_cast<double>(shape.n * shape.k));
}

[[maybe_unused]] const bool registered = [] {
  for (Isa isa : {Isa::kPortable, Isa::kAvx2, Isa::kAvx512}) {
    if (isa > detect_cpu().best_isa()) continue;
    const std::string suffix = std::string(1, '/').append(name_of(isa));
    benchmark::RegisterBenchmark(("tile" + suffix).c_str(), tile, isa)
        ->Args({14, 64})
        ->Args({14, 256})
        ->Args({12, 256})
        ->Args({1, 256});
    benchmark::RegisterBenchmark(("gemm" + suffix).c_str(), gemm, isa)
        ->Args({128, 768, 768})
        ->Args({197, 3072, 768})
        ->Args({1, 1000, 2048})
        ->UseRealTime();
  }
  return true;
}();

}  // namespace
}  // namespace headway
