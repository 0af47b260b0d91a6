#pragma once

#include <string>
#include <utility>
#include <vector>

#include "formats/torch/pickle_value.h"

namespace headway::torch {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// The tensors of a state dict, wherever it is inside of what was saved: below "state_dict",
/// "model" and the like of a checkpoint, in nested dicts, or in a module's parameters, buffers and
/// submodules. Names are joined by dots. In the order of the file.
NamedTensors tensors_of(const PickleValue& root);

}  // namespace headway::torch
