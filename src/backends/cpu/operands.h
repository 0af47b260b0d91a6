#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "backends/cpu/step.h"
#include "backends/operands.h"
#include "kernels/context.h"
#include "ops/constant_ints.h"
#include "tensor/dispatch.h"

namespace headway::cpu {

/// True for float32, float64 and the integers of 8 to 64 bits, which C++ computes with.
bool is_native_number(DType dtype) noexcept;

/// Calls function(std::type_identity<T>{}) with the type of a native number.
template <typename Function>
void dispatch_native(DType dtype, const Function& function) {
  dispatch(dtype, [&]<typename T>(std::type_identity<T> type) {
    if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) function(type);
  });
}

/// A tensor seen as [outer × axis × inner], where `axis` spans the axes from `first` to before
/// `end`.
struct AxisExtents {
  std::int64_t outer, axis, inner;
};
AxisExtents around(const Shape& shape, std::size_t first, std::size_t end);

inline const float* float_input(const Operands& operands, std::size_t index) noexcept {
  return index < operands.inputs.size() ? static_cast<const float*>(operands.inputs[index])
                                        : nullptr;
}
inline float* float_output(const Operands& operands, std::size_t index = 0) noexcept {
  return static_cast<float*>(operands.outputs[index]);
}

}  // namespace headway::cpu
