#pragma once

#include <filesystem>
#include <fstream>
#include <span>
#include <string>

namespace headway {

/// Puts seeds that a fuzzer makes itself into its corpus folder, the first argument that is no
/// flag. To be called by LLVMFuzzerInitialize.
inline void write_seeds(std::span<char*> arguments, std::span<const std::string> seeds) {
  for (const std::filesystem::path folder : arguments.subspan(1)) {
    if (folder.string().starts_with("-") || !std::filesystem::is_directory(folder)) continue;
    int number = 0;
    for (const std::string& seed : seeds)
      std::ofstream(folder / ("seed" + std::to_string(number++)), std::ios::binary) << seed;
    return;
  }
}

}  // namespace headway
