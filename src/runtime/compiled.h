#pragma once

#include <filesystem>
#include <string>

#include "headway/model.h"

#include "backends/packed_weights.h"
#include "formats/hwy/hwy.h"

namespace headway {

/// A compiled file that was loaded. The model owns its graph.
struct CompiledFile {
  std::string path;
  CompiledModel model;
};

/// Throws Error(kUnsupported) if the file is of no use to these options or this machine.
void check_target(const CompiledFile& file, const CompileOptions& options);

/// `options` with what the file decides.
CompileOptions options_for(const CompiledModel& compiled, CompileOptions options);

/// Lets lowering find the packed weights of `graph`, which is the compiled model's.
void hand_over_weights(const CompiledModel& compiled, const Graph& graph, PackedWeights& weights);

/// Packs the weights of an optimized graph whose types are all static. `graph` moves into the
/// result.
CompiledModel compile_for_file(Graph graph, const CompileOptions& options);

}  // namespace headway
