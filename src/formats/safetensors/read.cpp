#include <algorithm>

#include "base/error.h"
#include "base/strings.h"
#include "base/zip_format.h"
#include "formats/safetensors/dtypes.h"
#include "formats/safetensors/header.h"
#include "formats/safetensors/safetensors.h"

namespace headway::safetensors {
namespace {

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;
constexpr std::size_t kMaxRank = 64;

std::vector<Entry> read_header(std::span<const std::byte> bytes, std::uint64_t& data_offset) {
  if (bytes.size() < 8) fail(ErrorCode::kInvalidModel, "it is shorter than its header's length");
  const auto length = zip::get<std::uint64_t>(bytes, 0);
  if (length > kMaxHeaderBytes)
    fail(ErrorCode::kInvalidModel, "its header is said to have ", length, " bytes; at most ",
         kMaxHeaderBytes, " are possible");
  if (length > bytes.size() - 8)
    fail(ErrorCode::kInvalidModel, "its header is cut off; copy or download the file again");
  data_offset = 8 + length;
  return parse_header({reinterpret_cast<const char*>(bytes.data()) + 8, length});
}

/// Every byte belongs to exactly one tensor.
void check_cover(const std::vector<Entry>& entries, std::uint64_t size) {
  std::vector<const Entry*> order;
  for (const Entry& entry : entries) order.push_back(&entry);
  std::ranges::sort(order, {}, [](const Entry* e) { return std::pair(e->begin, e->end); });
  std::uint64_t end = 0;
  for (const Entry* entry : order) {
    if (entry->begin != end || entry->end < entry->begin)
      fail(ErrorCode::kInvalidModel, "tensor ", quote(entry->name),
           " overlaps another one or leaves a hole before it");
    end = entry->end;
  }
  if (end != size)
    fail(ErrorCode::kInvalidModel, "its tensors take ", end, " bytes, but it has ", size,
         "; it may be cut off");
}

Tensor tensor_of(const Entry& entry, std::span<const std::byte> data, const OwnerOf& owner_of) {
  const auto dtype = dtype_of_name(entry.dtype);
  if (!dtype) fail(ErrorCode::kUnsupported, "its dtype ", quote(entry.dtype), " is not supported");
  if (entry.shape.size() > kMaxRank) fail(ErrorCode::kInvalidModel, "its shape is too long");
  std::uint64_t expected = size_of(*dtype);
  for (const std::int64_t extent : entry.shape)
    if (__builtin_mul_overflow(expected, static_cast<std::uint64_t>(extent), &expected))
      fail(ErrorCode::kInvalidModel, "its shape overflows");
  if (expected != entry.end - entry.begin)
    fail(ErrorCode::kInvalidModel, "its shape ", to_string(entry.shape), " takes ", expected,
         " bytes, but it has ", entry.end - entry.begin);
  if (expected == 0) return Tensor::allocate(*dtype, entry.shape);
  const auto bytes = data.subspan(entry.begin, expected);
  // Any byte but 0 and 1 is no valid bool in C++.
  if (*dtype == DType::kBool &&
      std::ranges::any_of(bytes, [](std::byte byte) { return byte > std::byte{1}; }))
    fail(ErrorCode::kInvalidModel, "it holds bools other than 0 and 1");
  return Tensor::borrow(const_cast<std::byte*>(bytes.data()), *dtype, entry.shape, owner_of(bytes));
}

}  // namespace

NamedTensors read(std::span<const std::byte> bytes, std::string_view source,
                  const OwnerOf& owner_of) {
  NamedTensors tensors;
  std::string current;
  try {
    std::uint64_t data_offset = 0;
    const std::vector<Entry> entries = read_header(bytes, data_offset);
    const auto data = bytes.subspan(data_offset);
    check_cover(entries, data.size());
    for (const Entry& entry : entries) {
      current = concat("tensor ", quote(entry.name), ": ");
      tensors.emplace_back(entry.name, tensor_of(entry, data, owner_of));
    }
  } catch (const Error& error) {
    fail(error.code(), "'", source, "' is no sound safetensors file: ", current, error.what());
  }
  return tensors;
}

}  // namespace headway::safetensors
