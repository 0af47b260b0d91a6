#pragma once

#include <cstdint>
#include <span>

#include "headway/dtype.h"

#include "kernels/context.h"
#include "kernels/elementwise/typed_function.h"
#include "kernels/reduce/operation.h"

namespace headway {

/// The loops of a reduction over a dtype: elements are mapped, folded, and the totals finished.
struct TypedReduction {
  enum class Finish : std::uint8_t { kNone, kMean, kRoot };

  TypedBinaryLoop fold = nullptr;    ///< None: there is no fast way.
  TypedUnaryLoop abs = nullptr;      ///< Where there is one to apply first,
  TypedBinaryLoop square = nullptr;  ///< or this, of an element and itself.
  Finish finish = Finish::kNone;
  DType dtype = DType::kFloat32;
};

/// For integers, which wrap around as sums in 64 bits would, float64 and, for kMax and kMin, bool.
/// Means are of float64 and 64-bit integers only.
TypedReduction typed_reduction(const InnerLoops& loops, ReduceOp op, DType dtype) noexcept;

/// As reduce() in kernels/reduce/reduce.h.
void typed_reduce(const KernelContext& context, const TypedReduction& reduction,
                  std::span<const std::int64_t> extents,
                  std::span<const std::int64_t> output_strides, const void* input,
                  void* output) noexcept;

}  // namespace headway
