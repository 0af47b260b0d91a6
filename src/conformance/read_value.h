#pragma once

#include <filesystem>

#include "headway/tensor.h"

namespace headway::conformance {

/// Reads an input or output of a case: a file that holds one TensorProto.
/// Throws Error naming the file.
Tensor read_value(const std::filesystem::path& file);

}  // namespace headway::conformance
