#pragma once

#include <string_view>

#include "headway/error.h"

namespace headway::bench {

/// "not_found", "unsupported", …: how an ErrorCode is written in worker messages and reports.
std::string_view name_of(ErrorCode code) noexcept;

/// Inverse of name_of; kInternal for anything unknown.
ErrorCode parse_error_code(std::string_view name) noexcept;

}  // namespace headway::bench
