#pragma once

#include <string>

#include "bench/worker.h"
#include "pytorch/torch.h"

namespace headway::workers {

/// How the same program is run.
enum class Mode {
  kEager,  ///< Operator by operator, every graph optimization off: what Python's eager mode runs.
  kChannelsLast,  ///< Eager, with weights and inputs in NHWC order.
  kTraced,        ///< As torch.jit.load gives it: the profiling executor specializes while it runs.
  kOptimized,     ///< torch.jit.freeze and torch.jit.optimize_for_inference.
};

/// Inverse of the names in the registry: "eager", "channels_last", "traced", "optimized".
/// Throws Error(kInvalidArgument) naming them.
Mode parse_mode(const std::string& name);

/// Sets the executor up, rewrites `module` as the mode asks for, and says what was done.
bench::Settings prepare(torch::jit::Module& module, Mode mode, bool tuned);

/// The memory order in which the mode wants its four-dimensional inputs.
at::MemoryFormat input_format(Mode mode) noexcept;

}  // namespace headway::workers
