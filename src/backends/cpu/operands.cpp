#include "backends/cpu/operands.h"

#include "ops/rules.h"

namespace headway::cpu {

Shape shape_of(const Value* value) {
  return value->type.static_shape().value();
}

bool is_float(const Value* value) noexcept {
  return value != nullptr && value->type.dtype == DType::kFloat32;
}

bool is_native_number(DType dtype) noexcept {
  const bool is_half = dtype == DType::kFloat16 || dtype == DType::kBFloat16;
  return kNumberTypes.contains(dtype) && !is_half;
}

AxisExtents around(const Shape& shape, std::size_t first, std::size_t end) {
  const std::span<const std::int64_t> extents(shape);
  return {product(extents.first(first)), product(extents.subspan(first, end - first)),
          product(extents.subspan(end))};
}

std::optional<std::vector<std::int64_t>> constant_ints(const Value* value) {
  if (value == nullptr || !value->is_constant()) return std::nullopt;
  const DType dtype = value->constant().dtype();
  if (dtype != DType::kInt64 && dtype != DType::kInt32) return std::nullopt;
  const Tensor converted = value->constant().clone().to(DType::kInt64);
  const std::span<const std::int64_t> elements = converted.values<std::int64_t>();
  return std::vector<std::int64_t>(elements.begin(), elements.end());
}

}  // namespace headway::cpu
