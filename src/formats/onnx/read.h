#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "graph/graph.h"

namespace headway {

/// Reads an ONNX model of any opset and upgrades its operators to their opset-17 meaning.
/// Constants borrow their elements from the mapped file (perhaps unaligned) and keep it mapped.
///
/// Operators that Headway does not know are kept as they are: infer_types() and operator_of()
/// refuse them. Throws Error naming the file and the tensor or node if it is malformed
/// (kInvalidModel), uses something Headway has no form for, such as subgraphs (kUnsupported), or
/// does not exist (kNotFound).
Graph read_onnx(const std::filesystem::path& path);

/// The same from bytes that `owner` keeps alive. `source` names them in messages; external data is
/// looked for in `folder`.
Graph read_onnx(std::span<const std::byte> bytes, std::string_view source,
                const std::filesystem::path& folder, std::shared_ptr<const void> owner);

}  // namespace headway
