#include <algorithm>
#include <vector>

#include <benchmark/benchmark.h>

#include "aligned_floats.h"
#include "kernels/brgemm/brgemm.h"
#include "kernels/context.h"
#include "peak.h"

namespace headway {
namespace {

/// One register tile of the greatest height with operands in the caches. Arguments: vectors, rows
/// (0: the greatest), depth in steps of 16, panels of B that are gone through in turn.
void brgemm(benchmark::State& state, Isa isa) {
  BrgemmSet set(inner_loops(isa));
  const int width = set.loops().width;
  BrgemmShape shape;
  shape.vectors = static_cast<int>(state.range(0));
  shape.rows = max_brgemm_rows(shape.vectors, set.loops());
  if (state.range(1) > 0) shape.rows = std::min(shape.rows, static_cast<int>(state.range(1)));
  shape.k = 16;
  shape.a_row_stride = 16;
  shape.c_row_stride = width;
  shape.c_vector_stride = std::int64_t{shape.rows} * width;
  const Brgemm tile = set.get(shape);

  const std::int64_t batch = state.range(2), panels = state.range(3);
  const std::int64_t panel_size = batch * shape.k * shape.vectors * width;
  AlignedFloats a(batch * shape.rows * 16), b(panels * panel_size);
  AlignedFloats c(std::int64_t{shape.rows} * shape.vectors * width);
  std::vector<std::int64_t> offsets;
  for (std::int64_t i = 0; i < batch; ++i) offsets.push_back(i * shape.rows * 16 * 4);
  for (auto _ : state) {
    for (std::int64_t panel = 0; panel < panels; ++panel) {
      tile({a.data(), offsets.data(), batch, b.data() + panel * panel_size, c.data()});
    }
    benchmark::ClobberMemory();
  }
  count_flops(state, isa, 1, 2.0 * shape.rows * static_cast<double>(panels * panel_size));
}

[[maybe_unused]] const bool registered = [] {
  for (Isa isa : {Isa::kPortable, Isa::kAvx2, Isa::kAvx512}) {
    if (isa > detect_cpu().best_isa()) continue;
    auto* family = benchmark::RegisterBenchmark(std::string("brgemm/").append(name_of(isa)).c_str(),
                                                brgemm, isa);
    family->ArgNames({"vectors", "rows", "batch", "panels"});
    for (const std::int64_t panels : {1, 16, 64}) {
      for (const std::int64_t vectors : {1, 2, 3, 4}) family->Args({vectors, 0, 16, panels});
      family->Args({2, 7, 16, panels})->Args({4, 4, 16, panels});
    }
  }
  return true;
}();

}  // namespace
}  // namespace headway
