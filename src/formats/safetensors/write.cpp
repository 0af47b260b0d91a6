#include <algorithm>
#include <cstdio>
#include <unordered_set>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/strings.h"
#include "base/zip_format.h"
#include "formats/safetensors/dtypes.h"
#include "formats/safetensors/safetensors.h"

namespace headway {
namespace {

constexpr std::size_t kAlignment = 8;

std::string json_string(std::string_view text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned char>(c));
      json += escape;
    } else {
      json += c;
    }
  }
  return json + '"';
}

std::string extents(const Shape& shape) {
  std::string text;
  for (const std::int64_t extent : shape) text += concat(text.empty() ? "" : ",", extent);
  return text;
}

}  // namespace

void write_safetensors(const std::filesystem::path& file,
                       std::span<const std::pair<std::string, Tensor>> tensors) {
  using Named = std::pair<std::string, Tensor>;
  std::vector<const Named*> order;
  std::unordered_set<std::string_view> names;
  for (const Named& named : tensors) {
    order.push_back(&named);
    if (named.first == "__metadata__" || !names.insert(named.first).second)
      fail(ErrorCode::kInvalidArgument, "'", file.string(), "' cannot hold a tensor called ",
           quote(named.first), names.contains(named.first) ? " twice" : "");
    if (safetensors::name_of_dtype(named.second.dtype()).empty())
      fail(ErrorCode::kUnsupported, "tensor ", quote(named.first), ": safetensors files have no ",
           name_of(named.second.dtype()));
  }
  std::ranges::stable_sort(order, std::ranges::greater(),
                           [](const Named* named) { return size_of(named->second.dtype()); });

  std::string header = "{";
  std::uint64_t offset = 0;
  for (const auto* named : order) {
    const auto& [name, tensor] = *named;
    header += concat(offset == 0 && header.size() == 1 ? "" : ",", json_string(name),
                     ":{\"dtype\":\"", safetensors::name_of_dtype(tensor.dtype()), "\",\"shape\":[",
                     extents(tensor.shape()), "],\"data_offsets\":[", offset, ",",
                     offset + tensor.byte_size(), "]}");
    offset += tensor.byte_size();
  }
  header += '}';
  header.resize((header.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');

  AtomicFile out(file);
  std::string length;
  zip::put64(length, header.size());
  out.write(length);
  out.write(header);
  for (const auto* named : order)
    out.write(
        std::span(static_cast<const std::byte*>(named->second.raw()), named->second.byte_size()));
  out.commit();
}

}  // namespace headway
