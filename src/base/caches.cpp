#include "base/caches.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>
#include <set>
#include <string>

namespace headway {
namespace {

namespace fs = std::filesystem;

/// The number at the front of `text`, which is removed; negative if there is none.
std::int64_t take_number(std::string_view& text) {
  std::int64_t value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return -1;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::string first_word(const fs::path& path) {
  std::string word;
  std::ifstream(path) >> word;
  return word;
}

std::vector<int> allowed_processors(const fs::path& root) {
  constexpr std::string_view kKey = "Cpus_allowed_list:";
  std::ifstream status(root / "proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(kKey)) continue;
    const std::size_t start = line.find_first_of("0123456789");
    if (start != std::string::npos) return parse_processor_list(line.substr(start));
  }
  return {};
}

}  // namespace

std::vector<int> parse_processor_list(std::string_view text) {
  constexpr std::int64_t kMost = 1 << 16;
  std::vector<int> processors;
  while (!text.empty()) {
    std::string_view range = text.substr(0, text.find(','));
    text.remove_prefix(std::min(range.size() + 1, text.size()));
    const std::int64_t first = take_number(range);
    std::int64_t last = first;
    if (range.starts_with('-')) {
      range.remove_prefix(1);
      last = take_number(range);
    }
    if (first < 0 || last >= kMost) continue;
    for (std::int64_t i = first; i <= last; ++i) processors.push_back(static_cast<int>(i));
  }
  return processors;
}

std::int64_t parse_cache_size(std::string_view text) {
  constexpr std::string_view kUnits = "KMG";
  const std::int64_t number = take_number(text);
  if (number <= 0 || number >= std::int64_t{1} << 32) return 0;
  if (text.empty()) return number;
  const std::size_t unit = kUnits.find(text.front());
  return unit == std::string_view::npos ? 0 : number << (10 * (unit + 1));
}

std::vector<Cache> data_caches(const fs::path& root) {
  std::map<int, Cache> caches;
  std::set<std::string> seen;
  for (const int processor : allowed_processors(root)) {
    const fs::path folder =
        root / "sys/devices/system/cpu" / ("cpu" + std::to_string(processor)) / "cache";
    for (int index = 0; fs::exists(folder / ("index" + std::to_string(index))); ++index) {
      const fs::path file = folder / ("index" + std::to_string(index));
      const std::string level = first_word(file / "level"), type = first_word(file / "type");
      const std::int64_t bytes = parse_cache_size(first_word(file / "size"));
      if (type == "Instruction" || bytes == 0) continue;
      if (!seen.insert(level + ':' + first_word(file / "shared_cpu_list")).second) continue;
      Cache& cache = caches[std::atoi(level.c_str())];
      cache.level = std::atoi(level.c_str());
      cache.bytes = cache.count == 0 ? bytes : std::min(cache.bytes, bytes);
      ++cache.count;
    }
  }
  std::vector<Cache> result;
  for (const auto& [level, cache] : caches) result.push_back(cache);
  return result;
}

}  // namespace headway
