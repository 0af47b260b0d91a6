#pragma once

#include "backends/cpu/step.h"

namespace headway::cpu {

/// The fastest step this processor has for the node; the reference step if there is none.
std::unique_ptr<Step> lower(const Node& node, Lowering& lowering);

/// A step that runs the operator's plain reference kernel.
std::unique_ptr<Step> lower_to_reference(const Node& node);

// One function per family; each is a `Lower`.

std::unique_ptr<Step> lower_arg_reduce(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_attention(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_binary(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_block_channels(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_blocked_conv(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_cast(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_col2im(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_concat(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_conv(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_conv_transpose(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_cumulate(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_depth_to_space(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_expand(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_deform_conv(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_dequantize(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_dft(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_dynamic_quantize(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_eye_like(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_gather(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_gather_elements(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_gather_nd(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_gemm(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_global_pool(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_grid_sample(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_group_norm(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_integer_conv(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_integer_matmul(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_layer_norm(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_linear_model(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_lines(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_log_sum_exp(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_loss(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_lp_pool(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_lrn(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_mean(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_matmul(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_max_unpool(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_pad(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_pool(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_quantize(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_range(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_recurrent(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_reduce(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_resize(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_rms_norm(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_roi_align(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_rotary_embedding(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_scale_shift(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_scale_shift_blocks(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_scaled_attention(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_scatter_elements(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_scatter_nd(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_select_channels(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_slice(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_softmax(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_space_to_depth(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_split(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_stft(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_tile(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_top_k(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_transpose(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_trees(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_trilu(const Node& node, Lowering& lowering);
/// Elements of any dtype; `lower_unary` and `lower_binary` come here with what is not float32.
std::unique_ptr<Step> lower_typed_binary(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_typed_unary(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_unary(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_unblock_channels(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_where(const Node& node, Lowering& lowering);

}  // namespace headway::cpu
