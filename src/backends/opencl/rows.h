#pragma once

#include <cstdint>

#include "backends/opencl/commands.h"

namespace headway::opencl {

/// One work-group for each of `rows` rows of `length` elements, whose work-items share the row:
/// their number is a power of two.
WorkSize work_for_rows(std::int64_t rows, std::int64_t length, const Device& device);

/// True if one work-item for each of `rows` rows keeps a device busier than a group would:
/// for short rows, or where neighbouring rows lie side by side.
bool are_columns(std::int64_t rows, std::int64_t length, bool side_by_side);

}  // namespace headway::opencl
