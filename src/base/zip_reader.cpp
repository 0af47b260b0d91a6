#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include <zlib.h>

#include "base/error.h"
#include "base/strings.h"
#include "base/zip.h"
#include "base/zip_format.h"

namespace headway {
namespace {

using zip::get;
using Bytes = std::span<const std::byte>;

/// No deflated byte can stand for more than this many bytes.
constexpr std::uint64_t kMaxDeflateRatio = 1032;

std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// True for names that a careless reader would write elsewhere: "/a", "../a", "a\\..\\b", "c:a".
bool leads_out(std::string_view name) {
  if (name.front() == '/' || name.find('\\') != std::string_view::npos ||
      (name.size() > 1 && name[1] == ':'))
    return true;
  for (std::size_t start = 0; start <= name.size();) {
    const std::size_t end = std::min(name.find('/', start), name.size());
    if (name.substr(start, end - start) == "..") return true;
    start = end + 1;
  }
  return false;
}

struct Directory {
  std::uint64_t entries = 0;
  std::uint64_t size = 0;
  std::uint64_t offset = 0;
};

/// Reads the records at the end of an archive and its central directory.
class DirectoryReader {
 public:
  DirectoryReader(Bytes bytes, const std::string& source) : bytes_(bytes), source_(source) {}

  std::vector<ZipEntry> read() {
    const Directory directory = find_directory();
    Bytes rest = slice(directory.offset, directory.size, "its central directory");
    std::vector<ZipEntry> entries;
    while (!rest.empty()) {
      ZipEntry entry = take_entry(rest);
      locate(entry, directory.offset);
      if (!entry.name.ends_with('/')) entries.push_back(std::move(entry));
      ++taken_;
    }
    if (taken_ != directory.entries)
      damaged("it announces ", directory.entries, " entries, but lists ", taken_);
    check_overlap();
    return entries;
  }

 private:
  template <typename... Args>
  [[noreturn]] void damaged(const Args&... args) const {
    fail(ErrorCode::kInvalidModel, "'", source_, "' is no sound zip archive: ", args...);
  }
  template <typename... Args>
  [[noreturn]] void unsupported(const Args&... args) const {
    fail(ErrorCode::kUnsupported, "'", source_, "': ", args...);
  }

  Bytes slice(std::uint64_t offset, std::uint64_t size, std::string_view what) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset)
      damaged(what, " lies outside of the file; it may be truncated");
    return bytes_.subspan(offset, size);
  }

  /// The end record is the last thing in the file but for a comment, whose length it states.
  std::size_t find_end() const {
    constexpr std::size_t kMaxComment = 0xffff;
    if (bytes_.size() >= zip::kEndBytes) {
      const std::size_t last = bytes_.size() - zip::kEndBytes;
      for (std::size_t comment = 0; comment <= std::min(last, kMaxComment); ++comment) {
        const std::size_t end = last - comment;
        if (get<std::uint32_t>(bytes_, end) == zip::kEndSignature &&
            get<std::uint16_t>(bytes_, end + 20) == comment)
          return end;
      }
    }
    damaged("its end record is missing; the file may be truncated");
  }

  Directory find_directory() const {
    const std::size_t end = find_end();
    const Bytes record = bytes_.subspan(end);
    Directory directory = {get<std::uint16_t>(record, 10), get<std::uint32_t>(record, 12),
                           get<std::uint32_t>(record, 16)};
    const bool split = get<std::uint16_t>(record, 4) != 0 || get<std::uint16_t>(record, 6) != 0 ||
                       get<std::uint16_t>(record, 8) != directory.entries;
    std::uint64_t directory_end = end;
    const bool has_locator =
        end >= zip::kLocator64Bytes &&
        get<std::uint32_t>(bytes_, end - zip::kLocator64Bytes) == zip::kLocator64Signature;
    if (has_locator) {
      directory_end = get<std::uint64_t>(bytes_, end - zip::kLocator64Bytes + 8);
      directory = read_end64(directory_end);
    } else if (split) {
      unsupported("the archive is split over several files");
    }
    if (directory.size > directory_end || directory.offset != directory_end - directory.size)
      damaged("its central directory is not where its end record says");
    return directory;
  }

  Directory read_end64(std::uint64_t offset) const {
    const Bytes record = slice(offset, zip::kEnd64Bytes, "its zip64 end record");
    if (get<std::uint32_t>(record, 0) != zip::kEnd64Signature)
      damaged("its zip64 end record is missing");
    const auto entries = get<std::uint64_t>(record, 32);
    if (get<std::uint32_t>(record, 16) != 0 || get<std::uint32_t>(record, 20) != 0 ||
        get<std::uint64_t>(record, 24) != entries)
      unsupported("the archive is split over several files");
    return {entries, get<std::uint64_t>(record, 40), get<std::uint64_t>(record, 48)};
  }

  /// Cuts one record off the front of the central directory. `offset` is that of the local header.
  ZipEntry take_entry(Bytes& rest) const {
    if (rest.size() < zip::kCentralBytes || get<std::uint32_t>(rest, 0) != zip::kCentralSignature)
      damaged("entry ", taken_, " of its central directory is malformed");
    const std::size_t name_size = get<std::uint16_t>(rest, 28);
    const std::size_t extra_size = get<std::uint16_t>(rest, 30);
    const std::size_t comment_size = get<std::uint16_t>(rest, 32);
    const std::size_t record_size = zip::kCentralBytes + name_size + extra_size + comment_size;
    if (rest.size() < record_size)
      damaged("entry ", taken_, " of its central directory is truncated");

    ZipEntry entry;
    entry.name = as_text(rest.subspan(zip::kCentralBytes, name_size));
    if (entry.name.empty() || entry.name.find('\0') != std::string::npos)
      damaged("entry ", taken_, " has no proper name");
    if (leads_out(entry.name))
      damaged("entry ", quote(entry.name), " would lie outside of the folder it is unpacked to");
    check_method(entry, get<std::uint16_t>(rest, 8), get<std::uint16_t>(rest, 10));
    entry.crc = get<std::uint32_t>(rest, 16);
    entry.stored_size = get<std::uint32_t>(rest, 20);
    entry.size = get<std::uint32_t>(rest, 24);
    entry.offset = get<std::uint32_t>(rest, 42);
    apply_zip64(entry, rest.subspan(zip::kCentralBytes + name_size, extra_size));
    check_sizes(entry);
    rest = rest.subspan(record_size);
    return entry;
  }

  void check_method(ZipEntry& entry, std::uint16_t flags, std::uint16_t method) const {
    constexpr std::uint16_t kEncrypted = 0x2041;  // Bits 0, 6 and 13: every kind of encryption.
    if ((flags & kEncrypted) != 0) unsupported("entry ", quote(entry.name), " is encrypted");
    if (method != zip::kStored && method != zip::kDeflated) {
      unsupported("entry ", quote(entry.name), " is compressed by method ", method,
                  "; only stored and deflated entries are supported");
    }
    entry.deflated = method == zip::kDeflated;
  }

  /// The zip64 extra field holds only those numbers that did not fit, in this order.
  void apply_zip64(ZipEntry& entry, Bytes extra) const {
    std::optional<Bytes> wide;
    while (extra.size() >= 4) {
      const std::size_t size = get<std::uint16_t>(extra, 2);
      if (size > extra.size() - 4) damaged("entry ", quote(entry.name), " is malformed");
      if (get<std::uint16_t>(extra, 0) == zip::kZip64Extra && !wide) wide = extra.subspan(4, size);
      extra = extra.subspan(4 + size);
    }
    for (std::uint64_t* number : {&entry.size, &entry.stored_size, &entry.offset}) {
      if (*number != zip::kSeeZip64) continue;
      if (!wide || wide->size() < 8)
        damaged("entry ", quote(entry.name), " lacks its zip64 numbers");
      *number = get<std::uint64_t>(*wide, 0);
      wide = wide->subspan(8);
    }
  }

  void check_sizes(const ZipEntry& entry) const {
    const bool plausible = entry.deflated ? entry.size / kMaxDeflateRatio <= entry.stored_size
                                          : entry.size == entry.stored_size;
    if (!plausible) {
      damaged("entry ", quote(entry.name), " claims to hold ", entry.size, " bytes in ",
              entry.stored_size);
    }
  }

  /// Local sizes may be missing: 0 where they were not known yet, all ones where the zip64 record
  /// has them.
  static bool contradicts(const ZipEntry& entry, Bytes local_header) {
    const auto differs = [](std::uint32_t local, std::uint64_t size) {
      return local != 0 && local != zip::kSeeZip64 && local != size;
    };
    return differs(get<std::uint32_t>(local_header, 18), entry.stored_size) ||
           differs(get<std::uint32_t>(local_header, 22), entry.size);
  }

  /// Follows the entry to its local header, which must agree, and from there to its bytes.
  void locate(ZipEntry& entry, std::uint64_t directory_offset) {
    const std::uint64_t start = entry.offset;
    const Bytes header = slice(start, zip::kLocalBytes, "entry " + quote(entry.name));
    if (get<std::uint32_t>(header, 0) != zip::kLocalSignature)
      damaged("entry ", quote(entry.name), " has no local header");
    ZipEntry local;
    local.name = entry.name;
    check_method(local, get<std::uint16_t>(header, 6), get<std::uint16_t>(header, 8));
    const std::size_t name_size = get<std::uint16_t>(header, 26);
    const std::size_t extra_size = get<std::uint16_t>(header, 28);
    const Bytes name = slice(start + zip::kLocalBytes, name_size, "entry " + quote(entry.name));
    if (as_text(name) != entry.name || local.deflated != entry.deflated ||
        contradicts(entry, header))
      damaged("entry ", quote(entry.name), " contradicts its local header");

    entry.offset = start + zip::kLocalBytes + name_size + extra_size;
    if (entry.offset > directory_offset || entry.stored_size > directory_offset - entry.offset)
      damaged("entry ", quote(entry.name), " lies outside of the file; it may be truncated");
    extents_.emplace_back(start, entry.offset + entry.stored_size);
  }

  void check_overlap() {
    std::ranges::sort(extents_);
    for (std::size_t i = 1; i < extents_.size(); ++i)
      if (extents_[i].first < extents_[i - 1].second) damaged("two of its entries overlap");
  }

  Bytes bytes_;
  const std::string& source_;
  std::uint64_t taken_ = 0;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> extents_;
};

/// Inflates all of `input` into all of `output`; false if they do not fit each other exactly.
bool inflate_exactly(Bytes input, std::string& output) {
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return false;
  constexpr std::size_t kMaxChunk = std::numeric_limits<uInt>::max();
  std::size_t taken = 0;
  std::size_t made = 0;
  int status = Z_OK;
  while (status == Z_OK) {
    const std::size_t in = std::min(input.size() - taken, kMaxChunk);
    const std::size_t out = std::min(output.size() - made, kMaxChunk);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(input.data() + taken));
    stream.next_out = reinterpret_cast<Bytef*>(output.data() + made);
    stream.avail_in = static_cast<uInt>(in);
    stream.avail_out = static_cast<uInt>(out);
    status = inflate(&stream, Z_NO_FLUSH);
    taken += in - stream.avail_in;
    made += out - stream.avail_out;
  }
  inflateEnd(&stream);
  return status == Z_STREAM_END && taken == input.size() && made == output.size();
}

}  // namespace

ZipReader::ZipReader(const std::shared_ptr<const MappedFile>& file)
    : ZipReader(file->bytes(), file->path().string(), file) {}

ZipReader::ZipReader(std::span<const std::byte> bytes, std::string source,
                     std::shared_ptr<const void> owner)
    : bytes_(bytes),
      source_(std::move(source)),
      owner_(std::move(owner)),
      entries_(DirectoryReader(bytes_, source_).read()) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (index_.emplace(entries_[i].name, i).second) continue;
    fail(ErrorCode::kInvalidModel, "'", source_, "' holds two entries named ",
         quote(entries_[i].name));
  }
}

const ZipEntry* ZipReader::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &entries_[found->second];
}

const ZipEntry& ZipReader::at(std::string_view name) const {
  if (const ZipEntry* entry = find(name)) return *entry;
  fail(ErrorCode::kInvalidModel, "'", source_, "' has no entry ", quote(name));
}

std::span<const std::byte> ZipReader::view(const ZipEntry& entry) const {
  if (entry.deflated) {
    fail(ErrorCode::kUnsupported, "'", source_, "': entry ", quote(entry.name),
         " is compressed, but must be stored as it is");
  }
  return bytes_.subspan(entry.offset, entry.size);
}

std::string ZipReader::read(const ZipEntry& entry, std::uint64_t max_bytes) const {
  if (entry.size > max_bytes) {
    fail(ErrorCode::kOutOfMemory, "'", source_, "': entry ", quote(entry.name), " holds ",
         entry.size, " bytes, more than the ", max_bytes, " allowed here");
  }
  const Bytes stored = bytes_.subspan(entry.offset, entry.stored_size);
  std::string contents;
  bool sound = true;
  if (entry.deflated) {
    contents.resize(entry.size);
    sound = inflate_exactly(stored, contents);
  } else {
    contents = as_text(stored);
  }
  const auto* data = reinterpret_cast<const Bytef*>(contents.data());
  if (!sound || crc32_z(0, data, contents.size()) != entry.crc) {
    fail(ErrorCode::kInvalidModel, "'", source_, "': entry ", quote(entry.name),
         " is damaged; its contents do not match its checksum");
  }
  return contents;
}

}  // namespace headway
