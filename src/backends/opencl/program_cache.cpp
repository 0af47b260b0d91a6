#include "backends/opencl/program_cache.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

#include <zlib.h>

#include "base/atomic_file.h"
#include "base/cache_folder.h"
#include "base/error.h"

namespace headway::opencl {
namespace {

namespace fs = std::filesystem;

/// FNV-1a of 64 bits (Fowler, Noll and Vo). Files hold the whole key, so that equal hashes do no
/// harm.
std::uint64_t hash_of(const std::string& text) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

/// What precedes the key and the binary in a file.
struct Header {
  std::uint64_t key_bytes, binary_bytes;
  std::uint32_t checksum, reserved = 0;
};

std::uint32_t checksum_of(const std::string& bytes) {
  return static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

std::optional<std::string> parse(const std::string& contents, const std::string& key) {
  Header header;
  if (contents.size() < sizeof(header)) return std::nullopt;
  std::memcpy(&header, contents.data(), sizeof(header));
  if (header.key_bytes != key.size() || header.binary_bytes > contents.size() ||
      contents.size() != sizeof(header) + key.size() + header.binary_bytes ||
      contents.compare(sizeof(header), key.size(), key) != 0) {
    return std::nullopt;
  }
  std::string binary = contents.substr(sizeof(header) + key.size());
  if (checksum_of(binary) != header.checksum) return std::nullopt;
  return binary;
}

}  // namespace

fs::path ProgramCache::default_folder() {
  const fs::path folder = cache_folder();
  return folder.empty() ? folder : folder / "opencl";
}

fs::path ProgramCache::file_of(const std::string& key) const {
  std::ostringstream name;
  name << std::hex << hash_of(key);
  return folder_ / name.str();
}

std::optional<std::string> ProgramCache::get(const std::string& key) const {
  if (folder_.empty()) return std::nullopt;
  const fs::path path = file_of(key);
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  const std::string contents{std::istreambuf_iterator<char>(file), {}};
  std::error_code ignored;
  fs::last_write_time(path, fs::file_time_type::clock::now(), ignored);
  return parse(contents, key);
}

void ProgramCache::put(const std::string& key, const std::string& binary) const {
  if (folder_.empty() || binary.empty()) return;
  const Header header{key.size(), binary.size(), checksum_of(binary)};
  std::string contents(reinterpret_cast<const char*>(&header), sizeof(header));
  contents += key;
  contents += binary;
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) return;
  try {
    write_file(file_of(key), contents);
  } catch (const Error&) {
    return;
  }
  make_room();
}

void ProgramCache::make_room() const {
  struct Entry {
    fs::file_time_type used;
    std::uintmax_t bytes;
    fs::path path;
  };
  std::vector<Entry> entries;
  std::uintmax_t total = 0;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, error)) {
    if (!entry.is_regular_file(error)) continue;
    const std::uintmax_t bytes = entry.file_size(error);
    if (error) continue;  // Another process removed it.
    entries.push_back({entry.last_write_time(error), bytes, entry.path()});
    total += bytes;
  }
  std::ranges::sort(entries, {}, &Entry::used);
  for (const Entry& entry : entries) {
    if (total <= limit_) break;
    fs::remove(entry.path, error);
    total -= entry.bytes;
  }
}

}  // namespace headway::opencl
