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
  kExtension,     ///< torch.jit.freeze, then the graph passes of a loaded extension (IPEX).
};

/// "eager", "channels_last", "traced", "optimized" or "extension"; the default is "eager", and
/// "extension" in a worker that was built with one. Throws Error(kInvalidArgument) naming them.
Mode parse_mode(const bench::Settings& options);

/// Loads the extension that this worker was built with. Throws Error(kNotFound).
void load_extension();

/// "2.15.0", or "2.8.0 + IPEX 2.8.0".
std::string torch_version();

/// Sets the executor up, rewrites `module` as the mode asks for, and says what was done.
bench::Settings prepare(torch::jit::Module& module, Mode mode, bool tuned);

/// The memory order in which the mode wants its four-dimensional inputs.
at::MemoryFormat input_format(Mode mode) noexcept;

}  // namespace headway::workers
