#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

namespace headway::opencl {

/// Compiled programs on disk, so that the next process need not compile them. Files that cannot be
/// read or written cost only time.
class ProgramCache {
 public:
  /// `folder`: empty for no cache. Once the files take more than `limit` bytes, those used longest
  /// ago are removed.
  ProgramCache(std::filesystem::path folder, std::uintmax_t limit)
      : folder_(std::move(folder)), limit_(limit) {}

  /// The binary that was put under the key, which names everything it depends on.
  std::optional<std::string> get(const std::string& key) const;
  void put(const std::string& key, const std::string& binary) const;

  /// $XDG_CACHE_HOME/headway/opencl, or the same below $HOME/.cache; empty if there is no home.
  static std::filesystem::path default_folder();

 private:
  std::filesystem::path file_of(const std::string& key) const;
  void make_room() const;

  std::filesystem::path folder_;
  std::uintmax_t limit_;
};

}  // namespace headway::opencl
