#include "backends/cpu/operands.h"

#include "ops/rules.h"

namespace headway::cpu {

bool is_native_number(DType dtype) noexcept {
  const bool is_half = dtype == DType::kFloat16 || dtype == DType::kBFloat16;
  return kNumberTypes.contains(dtype) && !is_half;
}

AxisExtents around(const Shape& shape, std::size_t first, std::size_t end) {
  const std::span<const std::int64_t> extents(shape);
  return {product(extents.first(first)), product(extents.subspan(first, end - first)),
          product(extents.subspan(end))};
}

}  // namespace headway::cpu
