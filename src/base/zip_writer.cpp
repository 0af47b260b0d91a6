#include <algorithm>

#include <zlib.h>

#include "base/error.h"
#include "base/strings.h"
#include "base/zip.h"
#include "base/zip_format.h"

namespace headway {
namespace {

using zip::put16;
using zip::put32;
using zip::put64;

constexpr std::uint16_t kVersion = 45;          // 4.5: the first with zip64.
constexpr std::uint16_t kUtf8Names = 1U << 11;  // General-purpose flag.
constexpr std::uint16_t kFirstOf1980 = 0x0021;  // The same archive whenever it is written.
constexpr std::uint16_t kPaddingExtra = 0x4246;
constexpr std::size_t kExtraHeaderBytes = 4;

/// What local and central headers share, from the version needed to the CRC.
void put_common(std::string& out, std::uint32_t crc) {
  put16(out, kVersion);
  put16(out, kUtf8Names);
  put16(out, zip::kStored);
  put16(out, 0);
  put16(out, kFirstOf1980);
  put32(out, crc);
}

/// An extra field that moves what follows it from `position` on to a multiple of `alignment`.
std::string padding_extra(std::uint64_t position, std::size_t alignment) {
  std::size_t size = (alignment - position % alignment) % alignment;
  if (size == 0) return "";
  while (size < kExtraHeaderBytes) size += alignment;
  std::string extra;
  put16(extra, kPaddingExtra);
  put16(extra, size - kExtraHeaderBytes);
  extra.resize(size, '\0');
  return extra;
}

}  // namespace

void ZipWriter::add(std::string_view name, std::span<const std::byte> bytes,
                    std::size_t alignment) {
  const bool taken = !names_.emplace(name).second;
  if (name.empty() || name.size() > zip::kSeeZip64Short || taken) {
    fail(ErrorCode::kInvalidArgument, "cannot add ", quote(name.substr(0, 100)), " to '",
         file_.target().string(), taken ? "': it is there already" : "': no proper name");
  }
  const auto* data = reinterpret_cast<const Bytef*>(bytes.data());
  const Written entry = {std::string(name), file_.position(), bytes.size(),
                         static_cast<std::uint32_t>(crc32_z(0, data, bytes.size()))};
  const bool wide = entry.size >= zip64_from_;

  std::string extra;
  if (wide) {
    put16(extra, zip::kZip64Extra);
    put16(extra, 16);
    put64(extra, entry.size);
    put64(extra, entry.size);
  }
  extra += padding_extra(file_.position() + zip::kLocalBytes + name.size() + extra.size(),
                         std::max<std::size_t>(alignment, 1));

  std::string header;
  put32(header, zip::kLocalSignature);
  put_common(header, entry.crc);
  put32(header, wide ? zip::kSeeZip64 : entry.size);
  put32(header, wide ? zip::kSeeZip64 : entry.size);
  put16(header, name.size());
  put16(header, extra.size());
  header += name;
  header += extra;
  file_.write(header);
  file_.write(bytes);
  written_.push_back(entry);
}

void ZipWriter::finish() {
  const std::uint64_t offset = file_.position();
  for (const Written& entry : written_) file_.write(central_header(entry));
  file_.write(end_records(offset, file_.position() - offset));
}

std::string ZipWriter::central_header(const Written& entry) const {
  const bool wide_size = entry.size >= zip64_from_;
  const bool wide_offset = entry.header_offset >= zip64_from_;
  std::string extra;
  if (wide_size || wide_offset) {
    put16(extra, zip::kZip64Extra);
    put16(extra, (wide_size ? 16 : 0) + (wide_offset ? 8 : 0));
    if (wide_size) put64(extra, entry.size);
    if (wide_size) put64(extra, entry.size);
    if (wide_offset) put64(extra, entry.header_offset);
  }
  std::string header;
  put32(header, zip::kCentralSignature);
  put16(header, kVersion);
  put_common(header, entry.crc);
  put32(header, wide_size ? zip::kSeeZip64 : entry.size);
  put32(header, wide_size ? zip::kSeeZip64 : entry.size);
  put16(header, entry.name.size());
  put16(header, extra.size());
  put16(header, 0);  // Comment.
  put16(header, 0);  // Disk.
  put16(header, 0);  // Internal attributes.
  put32(header, 0);  // External attributes.
  put32(header, wide_offset ? zip::kSeeZip64 : entry.header_offset);
  return header + entry.name + extra;
}

std::string ZipWriter::end_records(std::uint64_t directory_offset,
                                   std::uint64_t directory_size) const {
  const std::uint64_t count = written_.size();
  const bool wide = count >= zip::kSeeZip64Short || directory_size >= zip64_from_ ||
                    directory_offset >= zip64_from_;
  std::string records;
  if (wide) {
    put32(records, zip::kEnd64Signature);
    put64(records, zip::kEnd64Bytes - 12);  // Bytes after this field.
    put16(records, kVersion);
    put16(records, kVersion);
    put32(records, 0);
    put32(records, 0);
    put64(records, count);
    put64(records, count);
    put64(records, directory_size);
    put64(records, directory_offset);

    put32(records, zip::kLocator64Signature);
    put32(records, 0);
    put64(records, directory_offset + directory_size);
    put32(records, 1);  // Disks.
  }
  put32(records, zip::kEndSignature);
  put16(records, 0);
  put16(records, 0);
  put16(records, wide ? zip::kSeeZip64Short : count);
  put16(records, wide ? zip::kSeeZip64Short : count);
  put32(records, wide ? zip::kSeeZip64 : directory_size);
  put32(records, wide ? zip::kSeeZip64 : directory_offset);
  put16(records, 0);
  return records;
}

}  // namespace headway
