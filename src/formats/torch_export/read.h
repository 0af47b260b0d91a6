#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "formats/torchscript/read.h"
#include "graph/graph.h"

namespace headway {

/// Reads an archive of torch.export.save (.pt2; PyTorch 2.4 and newer): the operators that the
/// program leaves, decomposed to Core ATen or not, become nodes.
///
/// Inputs are called what the program calls them; outputs after their places in what the module
/// returns ("output", "logits", "states.0"). Symbolic extents stay symbolic; where an operator
/// needs to know them, they are taken from `shapes`.
///
/// Throws Error naming the file, and the node with its line of the source, for what Headway does
/// not know, for programs that change their buffers, and for an unknown version.
Graph read_torch_export(const std::filesystem::path& file,
                        std::span<const script::InputShape> shapes = {});

/// The same from bytes in memory, which outlive the graph. For tests.
Graph read_torch_export(std::span<const std::byte> bytes, const std::string& source);

}  // namespace headway
