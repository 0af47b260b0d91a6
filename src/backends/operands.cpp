#include "backends/operands.h"

namespace headway {

Shape shape_of(const Value* value) {
  return value->type.static_shape().value();
}

bool is_float(const Value* value) noexcept {
  return value != nullptr && value->type.dtype == DType::kFloat32;
}

}  // namespace headway
