#pragma once

#include <cstdint>
#include <new>
#include <string>

#include <benchmark/benchmark.h>

#include "base/processors.h"
#include "kernels/context.h"
#include "kernels/inner_loops.h"

namespace headway {

/// Floats at a cache line's boundary, as the engine's arena has them.
class AlignedFloats {
 public:
  explicit AlignedFloats(std::int64_t size)
      : data_(static_cast<float*>(operator new(static_cast<std::size_t>(size) * sizeof(float),
                                               kLine))) {
    for (std::int64_t i = 0; i < size; ++i) data_[i] = static_cast<float>(i % 17) * 0.125F - 1.0F;
  }
  ~AlignedFloats() { operator delete(data_, kLine); }
  AlignedFloats(const AlignedFloats&) = delete;
  AlignedFloats& operator=(const AlignedFloats&) = delete;

  float* data() { return data_; }

 private:
  static constexpr std::align_val_t kLine{64};
  float* data_;
};

/// Registers `family`/`isa`/`name` for every instruction set of this machine, on one thread and on
/// all.
template <typename Function, typename Shape>
void register_for_every_isa(const std::string& family, const std::string& name, Function function,
                            const Shape& shape) {
  for (Isa isa : {Isa::kPortable, Isa::kAvx2, Isa::kAvx512}) {
    if (isa > detect_cpu().best_isa()) continue;
    const std::string full = family + "/" + std::string(name_of(isa)) + "/" + name;
    auto* benchmark = benchmark::RegisterBenchmark(full.c_str(), function, isa, shape);
    benchmark->Arg(1)->UseRealTime();
    if (available_processors() > 1) benchmark->Arg(available_processors());
  }
}

}  // namespace headway
