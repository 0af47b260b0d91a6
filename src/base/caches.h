#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace headway {

/// One level of the data caches that this process's processors have.
struct Cache {
  int level = 0;           ///< 1 is nearest to the processor.
  std::int64_t bytes = 0;  ///< Of one cache; of the smallest, should they differ.
  int count = 0;           ///< How many there are; fewer than processors if they share one.
};

/// In the order of their levels, as sysfs tells; empty if it does not. `root` replaces "/" in
/// tests.
std::vector<Cache> data_caches(const std::filesystem::path& root = "/");

/// The numbers in "0-3,8,10-11"; what makes no sense is left out.
std::vector<int> parse_processor_list(std::string_view text);

/// Bytes in "48K", "2M" or "512"; 0 if it makes no sense.
std::int64_t parse_cache_size(std::string_view text);

}  // namespace headway
