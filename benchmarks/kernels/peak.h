#pragma once

#include <benchmark/benchmark.h>

#include "base/cpu.h"

namespace headway {

/// Multiplications and additions per second of one thread's fused multiply-add units (of separate
/// ones on the portable path), measured once per instruction set over some milliseconds.
double peak_flops(Isa isa);

/// Sets the counters "GFLOP/s" and "of peak": `flops` per iteration on `threads` threads.
void count_flops(benchmark::State& state, Isa isa, int threads, double flops);

}  // namespace headway
