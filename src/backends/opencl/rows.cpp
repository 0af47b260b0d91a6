#include "backends/opencl/rows.h"

#include <algorithm>

namespace headway::opencl {

WorkSize work_for_rows(std::int64_t rows, std::int64_t length, const Device& device) {
  constexpr std::size_t kLeast = 32, kMost = 256, kElementsEach = 4;
  std::size_t group = kLeast;
  while (group < kMost && group * kElementsEach < static_cast<std::size_t>(length)) group *= 2;
  while (group > device.max_group_size) group /= 2;
  return {{static_cast<std::size_t>(rows) * group, 1, 1}, {group, 1, 1}};
}

bool are_columns(std::int64_t rows, std::int64_t length, bool side_by_side) {
  constexpr std::int64_t kShort = 32, kMany = 1024;
  return length <= kShort || (side_by_side && rows >= kMany);
}

}  // namespace headway::opencl
