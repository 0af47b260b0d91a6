#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "graph/graph.h"

namespace headway {

struct OnnxWriteOptions {
  /// A model larger than this has its large tensors in a second file, "<name>.data", beside it.
  /// Protobuf cannot hold 2 GiB.
  std::uint64_t max_embedded_bytes = (std::uint64_t{1} << 31) - 1;
};

/// Writes opset 17 (newer if an operator needs it). The files appear complete or not at all.
/// Throws Error(kUnsupported) naming a node of an internal domain; Error(kIo) if the file cannot be
/// written.
void write_onnx(const Graph& graph, const std::filesystem::path& path,
                const OnnxWriteOptions& options = {});

/// The bytes that write_onnx would write with all tensors embedded.
std::string to_onnx(const Graph& graph);

}  // namespace headway
