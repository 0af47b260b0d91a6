#pragma once

#include <string_view>

namespace headway::tools {

/// Writes to the standard output. Throws Error(kIo) if it is closed or full.
void print(std::string_view text);

}  // namespace headway::tools
