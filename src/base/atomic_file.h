#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/descriptor.h"

namespace headway {

/// Writes a file that appears complete under its name or not at all: the bytes go to a temporary
/// file in the same folder, which commit() renames. A target that exists and is no regular file
/// (/dev/stdout, a pipe) is written directly.
/// Every failure (disk full included) throws Error(kIo) naming the file, and leaves nothing behind.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& target);
  /// Discards what was written unless commit() has returned.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }

  /// Bytes written so far.
  std::uint64_t position() const noexcept { return position_; }
  const std::filesystem::path& target() const noexcept { return target_; }

  /// Makes the file durable and gives it its name. Nothing may be written afterwards.
  void commit();

 private:
  void flush();
  void write_through(std::span<const std::byte> bytes);
  [[noreturn]] void reject(std::string_view reason) const;

  std::filesystem::path target_;
  std::filesystem::path temporary_;  // Empty when written directly or once committed.
  Descriptor file_;
  std::string buffer_;
  std::uint64_t position_ = 0;
};

/// AtomicFile for a text that is complete already.
void write_file(const std::filesystem::path& target, std::string_view contents);

}  // namespace headway
