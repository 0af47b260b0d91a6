#pragma once

#include <filesystem>

namespace headway {

/// A private folder under $TMPDIR (else /tmp), removed with everything in it at the end.
class TemporaryFolder {
 public:
  /// Throws Error(kIo).
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace headway
