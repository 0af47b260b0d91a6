#include <benchmark/benchmark.h>

#include "aligned_floats.h"
#include "base/processors.h"
#include "kernels/attention/attention.h"
#include "kernels/inner_loops.h"
#include "peak.h"

namespace headway {
namespace {

/// The operands come from the products before: each call gets others, out of the last cache.
constexpr std::int64_t kOperandFloats = 2 << 20;

/// Heads side by side in rows of one tensor each. Arguments: heads, queries, keys, head size,
/// causal, threads.
void attention(benchmark::State& state, Isa isa) {
  const std::int64_t heads = state.range(0), size = state.range(3), row = heads * size;
  const int threads = std::min(static_cast<int>(state.range(5)), available_processors());
  ThreadPool pool(threads);
  const ThreadPool::Busy busy(pool);
  const KernelContext context{pool, inner_loops(isa)};
  AttentionShape shape{.heads = heads,
                       .queries = state.range(1),
                       .keys = state.range(2),
                       .head_size = size,
                       .value_size = size,
                       .scale = 0.125F};
  shape.q = shape.k = shape.v = shape.y = {0, 0, size, row};
  BrgemmSet tiles(context.loops);
  const Attention plan(shape, tiles, threads);
  const std::int64_t q_floats = shape.queries * row, k_floats = shape.keys * row;
  const std::int64_t set = 2 * (q_floats + k_floats), sets = kOperandFloats / set + 1;
  AlignedFloats operands(sets * set);
  AlignedFloats scratch(static_cast<std::int64_t>(plan.scratch_bytes() / sizeof(float)));
  const AttentionKeys keys{
      .valid = shape.keys, .causal = state.range(4) != 0, .offset = shape.keys - shape.queries};
  std::int64_t used = 0;
  for (auto _ : state) {
    float* q = operands.data() + used * set;
    float* k = q + q_floats;
    plan.run(context, q, k, k + k_floats, nullptr, keys, k + 2 * k_floats, scratch.data());
    used = (used + 1) % sets;
    benchmark::ClobberMemory();
  }
  const double share = keys.causal && shape.queries > 1 ? 0.5 : 1;
  count_flops(
      state, isa, threads,
      share * 4.0 * static_cast<double>(row) * static_cast<double>(shape.queries * shape.keys));
}

void add_shapes(benchmark::internal::Benchmark& family) {
  family.ArgNames({"heads", "queries", "keys", "size", "causal", "threads"})->UseRealTime();
  for (const std::int64_t threads : {1, 2}) {
    for (const std::int64_t tokens : {128, 197, 512, 2048}) {
      family.Args({12, tokens, tokens, 64, 0, threads});
    }
    family.Args({12, 50, 50, 64, 0, threads})->Args({8, 2048, 2048, 64, 1, threads});
    family.Args({2, 4096, 4096, 64, 1, threads})->Args({8, 1024, 77, 40, 0, threads});
    family.Args({4, 512, 512, 128, 1, threads})->Args({3, 49, 49, 32, 0, threads});
    family.Args({12, 1, 1024, 64, 0, threads})->Args({12, 4, 1024, 64, 1, threads});
  }
}

[[maybe_unused]] const bool registered = [] {
  for (const Isa isa : {Isa::kPortable, Isa::kAvx2, Isa::kAvx512}) {
    if (isa > detect_cpu().best_isa()) continue;
    std::string name = "attention/";
    name.append(name_of(isa));
    add_shapes(*benchmark::RegisterBenchmark(name.c_str(), attention, isa));
  }
  return true;
}();

}  // namespace
}  // namespace headway
