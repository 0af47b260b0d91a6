#pragma once

#include <cstdint>

#include "base/cpu.h"
#include "base/thread_pool.h"

namespace headway {

struct InnerLoops;

/// The innermost loops compiled for one instruction set (kernels/inner_loops.h). The machine must
/// support it.
const InnerLoops& inner_loops(Isa isa) noexcept;

/// What every kernel runs on. Cheap to copy; both referents must outlive it.
struct KernelContext {
  ThreadPool& pool;
  const InnerLoops& loops;
};

}  // namespace headway
