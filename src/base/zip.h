#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/atomic_file.h"
#include "base/mapped_file.h"

namespace headway {

/// One file inside a zip archive.
struct ZipEntry {
  std::string name;
  std::uint64_t offset = 0;       ///< Of its bytes in the archive.
  std::uint64_t stored_size = 0;  ///< Bytes it takes in the archive.
  std::uint64_t size = 0;         ///< Bytes it holds.
  std::uint32_t crc = 0;          ///< CRC-32 of what it holds.
  bool deflated = false;          ///< Otherwise stored as it is.
};

/// Reads archives that nobody vouches for (.pt, .npz): the central directory alone says what there
/// is, and everything it says is checked against the file. Encrypted, split, overlapping or
/// duplicate entries, names that lead out of a folder, local headers that say something else, and
/// other methods than "stored" and "deflated" are refused.
class ZipReader {
 public:
  /// The largest entry that read() returns unless told otherwise.
  static constexpr std::uint64_t kMaxEntryBytes = std::uint64_t{1} << 32;

  /// Throws Error(kInvalidModel) naming the file if it is no sound archive, Error(kUnsupported) if
  /// it uses a feature that is refused.
  explicit ZipReader(const std::shared_ptr<const MappedFile>& file);
  /// `source` names the bytes in messages; `owner` keeps them alive.
  ZipReader(std::span<const std::byte> bytes, std::string source,
            std::shared_ptr<const void> owner = nullptr);

  ZipReader(ZipReader&&) noexcept = default;
  ZipReader& operator=(ZipReader&&) noexcept = default;

  /// In the order of the central directory; folders are left out.
  std::span<const ZipEntry> entries() const noexcept { return entries_; }
  /// nullptr if there is no such entry.
  const ZipEntry* find(std::string_view name) const;
  /// Throws Error(kInvalidModel) if there is no such entry.
  const ZipEntry& at(std::string_view name) const;

  /// A stored entry where it lies in the archive, its checksum not verified (that would read all of
  /// it). Throws Error(kUnsupported) if it is deflated.
  std::span<const std::byte> view(const ZipEntry& entry) const;
  /// A copy of any entry, its checksum verified. Throws Error(kInvalidModel) if it is damaged,
  /// Error(kOutOfMemory) if it holds more than `max_bytes`.
  std::string read(const ZipEntry& entry, std::uint64_t max_bytes = kMaxEntryBytes) const;

  const std::string& source() const noexcept { return source_; }
  /// Keeps the bytes that view() returns alive.
  const std::shared_ptr<const void>& owner() const noexcept { return owner_; }

 private:
  std::span<const std::byte> bytes_;
  std::string source_;
  std::shared_ptr<const void> owner_;
  std::vector<ZipEntry> entries_;
  std::unordered_map<std::string_view, std::size_t> index_;
};

/// Writes an archive of stored (uncompressed) entries, so that readers can map it. Turns to the
/// zip64 format where sizes, offsets or counts ask for it.
class ZipWriter {
 public:
  static constexpr std::uint64_t kZip64From = 0xffffffff;

  /// `file` is at its beginning. `zip64_from` is the smallest size or offset written as zip64
  /// (lowered in tests).
  explicit ZipWriter(AtomicFile& file, std::uint64_t zip64_from = kZip64From)
      : file_(file), zip64_from_(zip64_from) {}

  /// The entry's bytes begin at a multiple of `alignment` (PyTorch: 64). Names must differ.
  void add(std::string_view name, std::span<const std::byte> bytes, std::size_t alignment = 1);
  void add(std::string_view name, std::string_view text, std::size_t alignment = 1) {
    add(name, std::as_bytes(std::span(text)), alignment);
  }

  /// Writes the central directory. The caller commits the file.
  void finish();

 private:
  struct Written {
    std::string name;
    std::uint64_t header_offset;
    std::uint64_t size;
    std::uint32_t crc;
  };

  std::string central_header(const Written& entry) const;
  std::string end_records(std::uint64_t directory_offset, std::uint64_t directory_size) const;

  AtomicFile& file_;
  std::uint64_t zip64_from_;
  std::vector<Written> written_;
  std::unordered_set<std::string> names_;
};

}  // namespace headway
