#include "formats/safetensors/dtypes.h"

#include <algorithm>
#include <array>

namespace headway::safetensors {
namespace {

struct Entry {
  std::string_view name;
  DType dtype;
};

constexpr std::array kEntries = {
    Entry{"F64", DType::kFloat64},        Entry{"F32", DType::kFloat32},
    Entry{"F16", DType::kFloat16},        Entry{"BF16", DType::kBFloat16},
    Entry{"I64", DType::kInt64},          Entry{"I32", DType::kInt32},
    Entry{"I16", DType::kInt16},          Entry{"I8", DType::kInt8},
    Entry{"U64", DType::kUInt64},         Entry{"U32", DType::kUInt32},
    Entry{"U16", DType::kUInt16},         Entry{"U8", DType::kUInt8},
    Entry{"BOOL", DType::kBool},          Entry{"F8_E4M3", DType::kFloat8E4M3FN},
    Entry{"F8_E5M2", DType::kFloat8E5M2}, Entry{"F8_E8M0", DType::kFloat8E8M0},
};

}  // namespace

std::string_view name_of_dtype(DType dtype) {
  const auto found = std::ranges::find(kEntries, dtype, &Entry::dtype);
  return found == kEntries.end() ? std::string_view() : found->name;
}

std::optional<DType> dtype_of_name(std::string_view name) {
  const auto found = std::ranges::find(kEntries, name, &Entry::name);
  return found == kEntries.end() ? std::nullopt : std::optional(found->dtype);
}

}  // namespace headway::safetensors
