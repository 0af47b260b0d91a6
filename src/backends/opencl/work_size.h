#pragma once

#include <array>
#include <cstddef>

namespace headway::opencl {

/// How many work-items, by axis. `local`, the extents of a group, divides `global`; zeros leave it
/// to the driver.
struct WorkSize {
  std::array<std::size_t, 3> global{1, 1, 1};
  std::array<std::size_t, 3> local{0, 0, 0};

  /// As OpenCL takes it.
  const std::size_t* local_or_null() const { return local[0] == 0 ? nullptr : local.data(); }
};

}  // namespace headway::opencl
