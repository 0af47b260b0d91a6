#pragma once

#include <string_view>
#include <vector>

#include "formats/onnx/proto.h"

namespace headway::onnx {

/// The names that the bodies of a node take from the graph around it, each once, in the order in
/// which they are met.
std::vector<std::string_view> captured_names(const NodeProto& node);

}  // namespace headway::onnx
