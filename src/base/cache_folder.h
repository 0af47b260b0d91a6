#pragma once

#include <filesystem>

namespace headway {

/// Where files are kept that can be made again: $XDG_CACHE_HOME/headway, or .cache/headway in
/// $HOME; empty if there is no home.
std::filesystem::path cache_folder();

}  // namespace headway
