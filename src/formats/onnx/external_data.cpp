#include "formats/onnx/external_data.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/error.h"

namespace headway::onnx {
namespace {

namespace fs = std::filesystem;

std::uint64_t parse_number(const std::string& key, const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) {
    fail(ErrorCode::kInvalidModel, "its external ", key, " '", text, "' is not a number of bytes");
  }
  return number;
}

/// Both paths are canonical.
bool lies_within(const fs::path& file, const fs::path& folder) {
  const auto [in_folder, in_file] =
      std::mismatch(folder.begin(), folder.end(), file.begin(), file.end());
  return in_folder == folder.end() && in_file != file.end();
}

fs::path resolve(const fs::path& folder, const std::string& location) {
  const fs::path relative(location);
  const bool climbs = std::ranges::find(relative, fs::path("..")) != relative.end();
  if (location.empty() || location.find('\0') != std::string::npos || relative.is_absolute() ||
      climbs) {
    fail(ErrorCode::kInvalidModel, "its external data '", location,
         "' must be a path inside the model's folder, without '..'");
  }
  std::error_code error;
  const fs::path root = fs::canonical(folder.empty() ? fs::path(".") : folder, error);
  const fs::path file = error ? fs::path() : fs::canonical(root / relative, error);
  if (error) {
    fail(ErrorCode::kNotFound, "its external data '", location,
         "' cannot be found beside the model; copy that file there too");
  }
  if (!lies_within(file, root)) {
    fail(ErrorCode::kInvalidModel, "its external data '", location,
         "' leads outside the model's folder through a symbolic link; copy the file there instead");
  }
  return file;
}

}  // namespace

const std::shared_ptr<const MappedFile>& ExternalData::open(const std::string& location) {
  auto& file = files_[location];
  if (file == nullptr) file = MappedFile::open(resolve(folder_, location));
  return file;
}

ExternalData::Slice ExternalData::find(const std::map<std::string, std::string>& entries,
                                       std::size_t expected) {
  const auto location = entries.find("location");
  if (location == entries.end())
    fail(ErrorCode::kInvalidModel, "its external data has no location");
  const auto& file = open(location->second);
  const std::uint64_t available = file->bytes().size();

  const auto offset_entry = entries.find("offset");
  const std::uint64_t offset =
      offset_entry == entries.end() ? 0 : parse_number("offset", offset_entry->second);
  const auto length_entry = entries.find("length");
  const std::uint64_t length =
      length_entry == entries.end() ? expected : parse_number("length", length_entry->second);
  if (length != expected) {
    fail(ErrorCode::kInvalidModel, "its external data has ", length,
         " bytes where its shape needs ", expected);
  }
  if (offset > available || length > available - offset) {
    fail(ErrorCode::kInvalidModel, "its external data ends at byte ", offset, " + ", length,
         " but '", location->second, "' has only ", available, " bytes; is it truncated?");
  }
  const std::span<const std::byte> range = file->bytes().subspan(offset, length);
  return {range, own_range(file, range)};
}

}  // namespace headway::onnx
