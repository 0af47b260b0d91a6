#pragma once

#include <benchmark/benchmark.h>

#include "base/cpu.h"

namespace headway {

/// Multiplications and additions per second of one thread's fused multiply-add units (of separate
/// ones on the portable path), measured once per instruction set over some milliseconds.
double peak_flops(Isa isa);

/// Sets the counters "GFLOP/s" and "of peak": `flops` per iteration on `threads` threads.
void count_flops(benchmark::State& state, Isa isa, int threads, double flops);

/// Bytes per second, read and written together, of a plain copy on that many threads between two
/// arrays that take `bytes` together, measured once per size.
double copy_bandwidth(std::int64_t bytes, int threads);

/// Sets the counters "GB/s" and "of copy": `bytes` read and written per iteration, beside a copy
/// that takes as much memory.
void count_bytes(benchmark::State& state, int threads, std::int64_t bytes);

}  // namespace headway
