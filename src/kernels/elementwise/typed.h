#pragma once

#include <cstdint>
#include <span>

#include "headway/dtype.h"

#include "kernels/context.h"
#include "kernels/elementwise/typed_function.h"
#include "kernels/strided.h"

namespace headway {

/// A tensor of any dtype, broadcast to the output's extents: strides are in elements, per extent,
/// and 0 broadcasts.
struct TypedOperand {
  const void* data;
  std::span<const std::int64_t> strides;
};

/// output[i] = loop(input[i]) for elements of these sizes in bytes; in place where they are equal.
void typed_unary(const KernelContext& context, TypedUnaryLoop loop, std::int64_t size,
                 std::size_t input_size, const void* input, std::size_t output_size,
                 void* output) noexcept;

/// Folds `operands` from the left: output = loops[0](operands[0], operands[1]), then output =
/// loops[i](output, operands[i + 1]); one loop less than operands. The output is dense row-major
/// with these extents (rank at most kMaxRank) and may be operands[0] if that one is not broadcast.
/// Elements have 1, 2, 4 or 8 bytes; those of output and operands as many if there is more than one
/// loop.
void typed_fold(const KernelContext& context, std::span<const TypedBinaryLoop> loops,
                std::span<const std::int64_t> extents, std::size_t operand_size,
                std::span<const TypedOperand> operands, std::size_t output_size,
                void* output) noexcept;

/// output = condition ? a : b for elements of any one size; the output as above.
void typed_select(const KernelContext& context, std::span<const std::int64_t> extents,
                  const TypedOperand& condition, std::size_t element_size, const TypedOperand& a,
                  const TypedOperand& b, void* output) noexcept;

/// How elements become those of another dtype, as cast() in tensor/cast.h has it. 16-bit
/// floating-point numbers are float32 in between.
struct Conversion {
  TypedUnaryLoop first = nullptr;   ///< None: the dtypes cannot be converted here.
  TypedUnaryLoop second = nullptr;  ///< From float32; none if `first` does it all.
  std::size_t input_size = 0, output_size = 0;
};
Conversion conversion_of(const InnerLoops& loops, DType from, DType to) noexcept;

/// In place where the sizes are equal.
void convert(const KernelContext& context, const Conversion& conversion, std::int64_t size,
             const void* input, void* output) noexcept;

}  // namespace headway
