#include <algorithm>
#include <cstring>

#include "kernels/movement/movement.h"
#include "kernels/threshold.h"

namespace headway {

void trilu(const KernelContext& context, const TriangleShape& shape, std::size_t element_size,
           const void* input, void* output) noexcept {
  const std::int64_t columns = shape.columns;
  const auto bytes = [&](std::int64_t elements) {
    return static_cast<std::size_t>(elements) * element_size;
  };
  for_tasks(context, shape.matrices * shape.rows, columns,
            [&](std::int64_t first, std::int64_t last, int) {
              for (std::int64_t row = first; row < last; ++row) {
                // The first column that is on the diagonal or above it, or above it only.
                const std::int64_t diagonal =
                    std::clamp(std::clamp(shape.diagonal, -shape.rows, columns) + row % shape.rows +
                                   (shape.upper ? 0 : 1),
                               std::int64_t{0}, columns);
                const std::int64_t begin = shape.upper ? diagonal : 0,
                                   end = shape.upper ? columns : diagonal;
                const auto* from = static_cast<const char*>(input) + bytes(row * columns);
                auto* to = static_cast<char*>(output) + bytes(row * columns);
                std::memset(to, 0, bytes(begin));
                if (from != to)
                  std::memcpy(to + bytes(begin), from + bytes(begin), bytes(end - begin));
                std::memset(to + bytes(end), 0, bytes(columns - end));
              }
            });
}

}  // namespace headway
