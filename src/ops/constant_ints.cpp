#include "ops/constant_ints.h"

#include "ops/elements.h"

namespace headway {

std::optional<std::vector<std::int64_t>> constant_ints(const Value* value) {
  if (value == nullptr || !value->is_constant()) return std::nullopt;
  const DType dtype = value->constant().dtype();
  if (dtype != DType::kInt64 && dtype != DType::kInt32) return std::nullopt;
  return to_ints(aligned(value->constant()));
}

}  // namespace headway
