#pragma once

#include <filesystem>

#include "graph/graph.h"

namespace headway {

/// Writes a TorchScript archive that torch::jit::load of libtorch 1.13 and newer reads: one module
/// whose parameters and buffers are the graph's constants, and whose forward calls the operators
/// that tracing the same network would have recorded. Symbolic extents stay symbolic.
///
/// The file appears complete or not at all. Throws Error(kUnsupported) naming a node that ATen has
/// no operator for, Error(kInvalidModel) if the graph's types are inconsistent, Error(kIo) if the
/// file cannot be written.
void write_torchscript(const Graph& graph, const std::filesystem::path& path);

}  // namespace headway
