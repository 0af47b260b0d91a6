#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

namespace headway {

/// A whole file mapped read-only. Tensors may borrow from it and keep it alive by its shared
/// pointer. The file must not shrink while it is mapped (a file replaced by rename is safe).
class MappedFile {
 public:
  /// Throws Error(kNotFound) if there is no such file, Error(kIo) if it cannot be opened or is no
  /// regular file, Error(kInvalidModel) if it is empty.
  static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path);

  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }
  std::span<const std::byte> bytes() const noexcept { return bytes_; }
  std::size_t size() const noexcept { return bytes_.size(); }

  /// Gives the memory of this range back to the system, for bytes that have been packed elsewhere.
  /// They stay readable (from the file again). `range` lies within bytes().
  void release(std::span<const std::byte> range) const noexcept;

 private:
  MappedFile(std::filesystem::path path, std::span<const std::byte> bytes)
      : path_(std::move(path)), bytes_(bytes) {}

  std::filesystem::path path_;
  std::span<const std::byte> bytes_;
};

/// An owner for a tensor over `range` of the file: keeps the file mapped and, when the last copy of
/// the tensor has gone, gives the memory of the range back to the system.
std::shared_ptr<const void> own_range(std::shared_ptr<const MappedFile> file,
                                      std::span<const std::byte> range);

/// Gives the memory of `part` back early if own_range made the owner, of a range that `part` lies
/// in; does nothing otherwise.
void release_part(const std::shared_ptr<const void>& owner,
                  std::span<const std::byte> part) noexcept;

}  // namespace headway
