#pragma once

#include <deque>
#include <string>

#include "formats/onnx/proto.h"

namespace headway::onnx {

/// Puts the nodes of a model's own functions where they are called, at any depth. New names live
/// in `names`. Throws Error(kInvalidModel) naming a function that calls itself, or if the result
/// has too many nodes.
void inline_functions(ModelProto& model, std::deque<std::string>& names);

}  // namespace headway::onnx
