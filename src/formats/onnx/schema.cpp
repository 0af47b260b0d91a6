#include "formats/onnx/schema.h"

#include <array>

#include "ops/onnx_dtype.h"

namespace headway::onnx {
namespace {

struct Element {
  std::int64_t code;
  std::string_view name;
};

// Those without a dtype of their own here.
constexpr auto kOthers =
    std::to_array<Element>({{0, "undefined"}, {14, "complex64"}, {15, "complex128"}});

}  // namespace

std::string_view name_of_code(std::int64_t code) noexcept {
  if (const auto dtype = dtype_of_onnx_number(code)) return name_of(*dtype);
  for (const Element& other : kOthers)
    if (other.code == code) return other.name;
  return "of an unknown kind";
}

}  // namespace headway::onnx
