#include <cstring>

#include "kernels/movement/movement.h"
#include "kernels/threshold.h"

namespace headway {

void eye(const KernelContext& context, std::int64_t rows, std::int64_t columns,
         std::int64_t diagonal, std::size_t element_size, const void* one, void* output) noexcept {
  const std::size_t row_bytes = static_cast<std::size_t>(columns) * element_size;
  for_tasks(context, rows, columns, [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t row = first; row < last; ++row) {
      char* to = static_cast<char*>(output) + static_cast<std::size_t>(row) * row_bytes;
      std::memset(to, 0, row_bytes);
      // Nothing overflows: the diagonal is compared, not added to.
      if (diagonal < -row || diagonal >= columns - row) continue;
      std::memcpy(to + static_cast<std::size_t>(row + diagonal) * element_size, one, element_size);
    }
  });
}

}  // namespace headway
