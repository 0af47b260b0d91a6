#pragma once

#include <cstdint>

#include "headway/dtype.h"

#include "kernels/attention/row.h"
#include "kernels/brgemm/tile.h"
#include "kernels/depthwise/band.h"
#include "kernels/elementwise/function.h"
#include "kernels/elementwise/pixels.h"
#include "kernels/elementwise/typed_function.h"
#include "kernels/fourier/loops.h"
#include "kernels/gemm/strassen_operands.h"
#include "kernels/integer/byte_loops.h"
#include "kernels/movement/lanes.h"
#include "kernels/pool/band.h"
#include "kernels/quantize/loops.h"
#include "kernels/reduce/operation.h"
#include "kernels/reduce/take_better.h"
#include "kernels/sampling/loops.h"
#include "kernels/winograd/transforms.h"

namespace headway {

/// Columns that are cumulated at once.
inline constexpr std::int64_t kCumulatedColumns = 256;

/// The innermost loops of all kernels, compiled once per instruction set from the same source
/// (kernels/isa/). Everything around them is ordinary C++, compiled once.
struct InnerLoops {
  const char* name;  ///< As HEADWAY_ISA spells it.
  int width;         ///< Floats per vector.

  /// What generated code does where none can be generated (kernels/brgemm/brgemm.h).
  void (*brgemm)(const BrgemmShape& shape, const BrgemmCall& call) noexcept;

  void (*strassen_rows)(const StrassenRows& rows) noexcept;
  void (*strassen_quarter)(const StrassenQuarter& quarter) noexcept;

  /// F(tile × tile, 3×3) with a tile of 2, 4 or 6.
  void (*winograd_input)(int tile, const WinogradInputLine& line) noexcept;
  void (*winograd_output)(int tile, const WinogradOutputLine& line) noexcept;
  void (*winograd_weights)(int tile, const WinogradWeights& weights) noexcept;

  void (*depthwise_band)(const DepthwiseBand& band) noexcept;
  void (*pool_band)(const PoolBand& band) noexcept;

  void (*unary)(Unary function, std::int64_t size, const float* input, float* output) noexcept;
  /// Steps are 1, or 0 for one operand that stays the same.
  void (*binary)(BinaryOp op, std::int64_t size, const float* a, int a_step, const float* b,
                 int b_step, float* output) noexcept;
  /// output[row * columns + i] = dense[row * columns + i] op repeated[i], or with the operands
  /// swapped. `columns` is a positive multiple of the width.
  void (*binary_repeated)(BinaryOp op, std::int64_t rows, std::int64_t columns, const float* dense,
                          const float* repeated, bool swapped, float* output) noexcept;
  /// output[i] = input[i] * scale + shift
  void (*scale_shift)(std::int64_t size, const float* input, float scale, float shift,
                      float* output) noexcept;

  /// The loop for elements of this dtype; nullptr if the function has no meaning for it, or the
  /// dtype is float16 or bfloat16, which are converted to float32 first.
  TypedUnaryLoop (*typed_unary)(TypedUnary op, DType dtype) noexcept;
  TypedBinaryLoop (*typed_binary)(TypedBinary op, DType dtype) noexcept;
  TypedUnaryLoop (*convert)(DType from, DType to) noexcept;
  /// Of float16 and bfloat16 only.
  TypedUnaryLoop (*half_to_float)(DType half) noexcept;
  TypedUnaryLoop (*float_to_half)(DType half) noexcept;
  /// output[i] = condition[i] ? x[i] : y[i] for elements of 1, 2, 4 or 8 bytes.
  void (*select_elements)(std::size_t element_size, std::int64_t size, const void* condition,
                          const void* x, const void* y, void* output) noexcept;

  /// nullptr for a dtype that they do not know (kernels/quantize/quantize.h).
  QuantizeLoop (*quantize)(DType to) noexcept;
  DequantizeLoop (*dequantize)(DType from) noexcept;
  /// Widens [low, high] to contain all elements but NaN.
  void (*range_of_row)(std::int64_t size, const float* input, float* low, float* high) noexcept;

  void (*byte_tile)(const ByteTile& tile) noexcept;
  void (*pack_four)(const ByteFour& four) noexcept;
  /// output[i] = input[i] ^ flip; returns the sum of the results.
  std::int32_t (*flip_bytes)(std::int64_t size, const std::uint8_t* input, std::uint8_t flip,
                             std::uint8_t* output) noexcept;
  std::int32_t (*sum_bytes)(std::int64_t size, const std::uint8_t* input) noexcept;
  void (*byte_taps)(const ByteTaps& taps) noexcept;
  void (*transpose_bytes)(const TransposedBytes& bytes) noexcept;
  RequantizeRows (*requantize_rows)(DType to) noexcept;

  void (*sample_points)(const SampledPoints& points) noexcept;
  void (*sample_pixels)(const SampledPixels& pixels) noexcept;

  void (*fourier_pass)(const FourierPass& pass) noexcept;

  void (*scale_shift_pixels)(const ScaledPixels& pixels) noexcept;

  /// Raw reductions: no division for kMean, no root for kL2.
  float (*reduce_row)(ReduceOp op, std::int64_t size, const float* input) noexcept;
  /// output[i] = exp(input[i] - shift), and their sum.
  float (*exp_sum_row)(std::int64_t size, float shift, const float* input, float* output) noexcept;
  /// Turns a row of scores into weights; returns the factor that sums of values so far take.
  float (*attention_weights)(AttentionRow& row) noexcept;
  void (*scale_rows)(const ScaledRows& rows) noexcept;
  /// totals[i] = totals[i] combined with input[i].
  void (*reduce_into)(ReduceOp op, std::int64_t size, const float* input, float* totals) noexcept;
  /// The same for each row: totals[i] = totals[i] combined with input[row * stride + i].
  void (*reduce_columns)(ReduceOp op, std::int64_t rows, std::int64_t stride, std::int64_t columns,
                         const float* input, float* totals) noexcept;

  /// y[row · step + i] = sum or product of x[.. · step + i] up to that row, or of those before it
  /// if `exclusive`, in double, for i < columns <= kCumulatedColumns.
  void (*cumulate_columns)(bool product, bool exclusive, std::int64_t columns, std::int64_t rows,
                           std::int64_t step, const float* x, float* y) noexcept;

  /// For ArgMax or ArgMin; `last`: of equal elements, the later one wins. nullptr for a dtype that
  /// C++ does not compute with.
  TakeBetterLoop (*take_better)(DType dtype, bool largest, bool last) noexcept;
  /// Numbers that grow with the input (or fall), largest of all for NaN; returns the largest.
  std::uint32_t (*order_keys)(bool largest, std::int64_t size, const float* input,
                              std::uint32_t* keys) noexcept;

  void (*softmax_row)(bool logarithm, std::int64_t size, const float* input,
                      float* output) noexcept;
  /// output[i] = input[i] / sqrt(mean of squares + epsilon) · scale[i]
  void (*rms_norm_row)(std::int64_t size, const float* input, const float* scale, float epsilon,
                       float* output) noexcept;
  void (*layer_norm_row)(std::int64_t size, const float* input, const float* scale,
                         const float* bias, float epsilon, float* output) noexcept;

  /// output[column * output_stride + row] = input[row * input_stride + column]
  void (*transpose)(std::int64_t rows, std::int64_t columns, const float* input,
                    std::int64_t input_stride, float* output, std::int64_t output_stride) noexcept;
  /// output[j · stride + i] = input[3 i + j] for j < 3, and back.
  void (*split_triples)(std::int64_t size, const std::uint8_t* input, std::uint8_t* output,
                        std::int64_t stride) noexcept;
  void (*join_triples)(std::int64_t size, const std::uint8_t* input, std::int64_t stride,
                       std::uint8_t* output) noexcept;
  /// output[2 i] = output[2 i + 1] = copy[2 i] = copy[2 i + 1] = input[i]
  void (*double_elements)(std::int64_t size, const float* input, float* output,
                          float* copy) noexcept;
  /// output[pixel * width + channel] = input[channel * stride + pixel] for `channels`, at most
  /// width; zeros beyond them.
  void (*block_pixels)(int channels, std::int64_t pixels, const float* input, std::int64_t stride,
                       float* output) noexcept;
  /// output[channel * stride + pixel] = input[pixel * width + channel]
  void (*unblock_pixels)(int channels, std::int64_t pixels, const float* input, float* output,
                         std::int64_t stride) noexcept;
  void (*select_lanes)(const LaneSelection& selection) noexcept;
};

}  // namespace headway
