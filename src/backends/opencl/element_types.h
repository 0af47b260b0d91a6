#pragma once

#include <optional>
#include <string>

#include "headway/dtype.h"

namespace headway::opencl {

/// OpenCL's name of the elements of a dtype that kernels compute with: "float", "uchar" (also of
/// bool), "long", …; nullopt for other floating-point numbers, strings and narrow types.
std::optional<std::string> computed_type(DType dtype);

/// The same, narrow types and strings excepted, for kernels that only move elements of so many
/// bytes: "uchar", "ushort", "uint", "uint2", "uint4".
std::string moved_type(std::size_t bytes);

}  // namespace headway::opencl
