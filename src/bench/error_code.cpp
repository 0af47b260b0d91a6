#include "bench/error_code.h"

#include <array>
#include <utility>

namespace headway::bench {
namespace {

constexpr std::array<std::pair<ErrorCode, std::string_view>, 7> kNames{{
    {ErrorCode::kInvalidArgument, "invalid_argument"},
    {ErrorCode::kNotFound, "not_found"},
    {ErrorCode::kIo, "io"},
    {ErrorCode::kInvalidModel, "invalid_model"},
    {ErrorCode::kUnsupported, "unsupported"},
    {ErrorCode::kOutOfMemory, "out_of_memory"},
    {ErrorCode::kInternal, "internal"},
}};

}  // namespace

std::string_view name_of(ErrorCode code) noexcept {
  for (const auto& [known, name] : kNames) {
    if (known == code) return name;
  }
  return "internal";
}

ErrorCode parse_error_code(std::string_view name) noexcept {
  for (const auto& [code, known] : kNames) {
    if (known == name) return code;
  }
  return ErrorCode::kInternal;
}

}  // namespace headway::bench
