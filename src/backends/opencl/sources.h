#pragma once

#include <string_view>

namespace headway::opencl {

/// The text of a kernel file of this folder, as it was when Headway was built.
std::string_view source_of(std::string_view file);

}  // namespace headway::opencl
