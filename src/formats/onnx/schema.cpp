#include "formats/onnx/schema.h"

#include <array>

#include "base/error.h"

namespace headway::onnx {
namespace {

struct Element {
  std::string_view name;
  std::optional<DType> dtype;
};

// Indexed by TensorProto.DataType.
constexpr std::array<Element, 24> kElements = {{
    {"undefined", {}},
    {"float32", DType::kFloat32},
    {"uint8", DType::kUInt8},
    {"int8", DType::kInt8},
    {"uint16", DType::kUInt16},
    {"int16", DType::kInt16},
    {"int32", DType::kInt32},
    {"int64", DType::kInt64},
    {"string", {}},
    {"bool", DType::kBool},
    {"float16", DType::kFloat16},
    {"float64", DType::kFloat64},
    {"uint32", DType::kUInt32},
    {"uint64", DType::kUInt64},
    {"complex64", {}},
    {"complex128", {}},
    {"bfloat16", DType::kBFloat16},
    {"float8e4m3fn", {}},
    {"float8e4m3fnuz", {}},
    {"float8e5m2", {}},
    {"float8e5m2fnuz", {}},
    {"uint4", {}},
    {"int4", {}},
    {"float4e2m1", {}},
}};

bool is_listed(std::int64_t code) {
  return code >= 0 && code < static_cast<std::int64_t>(kElements.size());
}

}  // namespace

std::optional<DType> dtype_of_code(std::int64_t code) noexcept {
  if (!is_listed(code)) return std::nullopt;
  return kElements[static_cast<std::size_t>(code)].dtype;
}

std::int32_t code_of(DType dtype) {
  for (std::size_t code = 0; code < kElements.size(); ++code)
    if (kElements[code].dtype == dtype) return static_cast<std::int32_t>(code);
  fail(ErrorCode::kInternal, "dtype ", headway::name_of(dtype), " has no ONNX number");
}

std::string_view name_of_code(std::int64_t code) noexcept {
  return is_listed(code) ? kElements[static_cast<std::size_t>(code)].name : "of an unknown kind";
}

}  // namespace headway::onnx
