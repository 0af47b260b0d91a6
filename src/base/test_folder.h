#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "base/temporary_folder.h"

namespace headway {

/// A temporary folder with what tests need to fill it and look into it.
class TestFolder : public TemporaryFolder {
 public:
  std::filesystem::path operator/(std::string_view name) const { return path() / name; }

  /// Creates a file and returns its path.
  std::filesystem::path write(std::string_view name, std::string_view contents) const {
    std::ofstream(path() / name, std::ios::binary) << contents;
    return path() / name;
  }

  static std::string read(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  std::size_t file_count() const {
    const auto files = std::filesystem::directory_iterator(path());
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
  }
};

}  // namespace headway
