#pragma once

#include "kernels/inner_loops.h"
#include "kernels/isa/attention_loops.h"
#include "kernels/isa/blocked_depthwise_loops.h"
#include "kernels/isa/blocked_loops.h"
#include "kernels/isa/blocked_pool_loops.h"
#include "kernels/isa/brgemm_loops.h"
#include "kernels/isa/byte_loops.h"
#include "kernels/isa/convert_loops.h"
#include "kernels/isa/cumulate_loops.h"
#include "kernels/isa/fourier_loops.h"
#include "kernels/isa/order_loops.h"
#include "kernels/isa/quantize_loops.h"
#include "kernels/isa/row_functions.h"
#include "kernels/isa/sample_loops.h"
#include "kernels/isa/select_loops.h"
#include "kernels/isa/strassen_loops.h"
#include "kernels/isa/transpose_loops.h"
#include "kernels/isa/triple_loops.h"
#include "kernels/isa/typed_loops.h"
#include "kernels/isa/winograd_input.h"
#include "kernels/isa/winograd_output.h"
#include "kernels/isa/winograd_weights.h"

namespace headway {
namespace {

/// The table of the translation unit that includes this, built with that unit's flags.
constexpr InnerLoops loops_of(const char* name) {
  return {
      .name = name,
      .width = kWidth,
      .brgemm = brgemm_loop,
      .strassen_rows = strassen_rows,
      .strassen_quarter = strassen_quarter,
      .winograd_input = winograd_input_transform,
      .winograd_output = winograd_output_transform,
      .winograd_weights = winograd_weight_transform,
      .depthwise_band = depthwise_band,
      .pool_band = pool_band,
      .unary = unary_loop,
      .binary = binary_loop,
      .binary_repeated = binary_repeated,
      .scale_shift = scale_shift_loop,
      .typed_unary = typed_unary,
      .typed_binary = typed_binary,
      .convert = convert,
      .half_to_float = half_to_float,
      .float_to_half = float_to_half,
      .select_elements = select_elements,
      .quantize = quantize,
      .dequantize = dequantize,
      .range_of_row = range_of_row,
      .byte_tile = byte_tile<PairProducts>,
      .pack_four = pack_four,
      .flip_bytes = flip_bytes,
      .sum_bytes = sum_bytes,
      .byte_taps = byte_taps,
      .transpose_bytes = transpose_bytes,
      .requantize_rows = requantize_rows_to,
      .sample_points = sample_points,
      .sample_pixels = sample_pixels,
      .fourier_pass = fourier_pass,
      .scale_shift_pixels = scale_shift_pixels,
      .reduce_row = reduce_row,
      .exp_sum_row = exp_sum_row,
      .attention_weights = attention_weights,
      .scale_rows = scale_rows,
      .reduce_into = reduce_into,
      .reduce_columns = reduce_columns,
      .cumulate_columns = cumulate_columns,
      .take_better = take_better,
      .order_keys = order_keys,
      .softmax_row = softmax_row,
      .rms_norm_row = rms_norm_row,
      .layer_norm_row = layer_norm_row,
      .transpose = transpose,
      .split_triples = split_triples,
      .join_triples = join_triples,
      .double_elements = double_elements,
      .block_pixels = block_pixels,
      .unblock_pixels = unblock_pixels,
      .select_lanes = select_lanes,
  };
}

#if defined(__AVX2__)
/// The same for a processor with dot products of bytes (VNNI).
constexpr InnerLoops with_dot_products(InnerLoops loops) {
  loops.byte_tile = byte_tile<DotProducts>;
  return loops;
}
#endif

}  // namespace
}  // namespace headway
