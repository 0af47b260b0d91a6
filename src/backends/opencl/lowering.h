#pragma once

#include "backends/opencl/step.h"

namespace headway::opencl {

/// The step that the device has for the node; nullptr if there is none.
std::unique_ptr<Step> lower(const Node& node, Lowering& lowering);

// One function per family; each is a `Lower`.

std::unique_ptr<Step> lower_unary(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_typed_unary(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_binary(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_clip(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_comparison(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_where(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_cast(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_gemm(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_matmul(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_attention(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_conv(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_conv_transpose(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_pool(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_reduce(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_transpose(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_expand(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_concat(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_split(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_tile(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_depth_to_space(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_space_to_depth(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_slice(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_trilu(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_softmax(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_lp_norm(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_row_norm(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_group_norm(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_batch_norm(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_scale_shift(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_lrn(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_gather(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_elements(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_blocks(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_pad(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_resize(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_arg_reduce(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_top_k(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_cumulate(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_range(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_quantize(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_elementwise(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_dynamic_quantize(const Node& node, Lowering& lowering);
std::unique_ptr<Step> lower_rotary_embedding(const Node& node, Lowering& lowering);

}  // namespace headway::opencl
