#pragma once

#include <vector>

#include "ops/operator.h"

namespace headway {

// One function per operator family; registry.cpp collects them.

std::vector<Operator> activation_operators();
std::vector<Operator> affine_grid_operators();
std::vector<Operator> arg_reduce_operators();
std::vector<Operator> attention_operators();
std::vector<Operator> bitwise_operators();
std::vector<Operator> blocked_operators();
std::vector<Operator> branch_operators();
std::vector<Operator> cast_operators();
std::vector<Operator> causal_conv_operators();
std::vector<Operator> center_crop_pad_operators();
std::vector<Operator> col2im_operators();
std::vector<Operator> conv_operators();
std::vector<Operator> conv_transpose_operators();
std::vector<Operator> create_operators();
std::vector<Operator> data_dependent_operators();
std::vector<Operator> deform_conv_operators();
std::vector<Operator> det_operators();
std::vector<Operator> einsum_operators();
std::vector<Operator> elementwise_binary_operators();
std::vector<Operator> elementwise_group_operators();
std::vector<Operator> elementwise_nary_operators();
std::vector<Operator> elementwise_unary_operators();
std::vector<Operator> fused_operators();
std::vector<Operator> gather_operators();
std::vector<Operator> image_decoder_operators();
std::vector<Operator> grid_sample_operators();
std::vector<Operator> group_query_attention_operators();
std::vector<Operator> inverse_operators();
std::vector<Operator> linear_attention_operators();
std::vector<Operator> loop_operators();
std::vector<Operator> loss_operators();
std::vector<Operator> matmul_operators();
std::vector<Operator> max_unpool_operators();
std::vector<Operator> ml_feature_operators();
std::vector<Operator> ml_label_operators();
std::vector<Operator> ml_svm_operators();
std::vector<Operator> ml_tree_operators();
std::vector<Operator> movement_operators();
std::vector<Operator> non_max_suppression_operators();
std::vector<Operator> normalization_operators();
std::vector<Operator> optional_operators();
std::vector<Operator> pad_operators();
std::vector<Operator> pool_operators();
std::vector<Operator> quantize_linear_operators();
std::vector<Operator> quantized_conv_operators();
std::vector<Operator> quantized_matmul_operators();
std::vector<Operator> random_operators();
std::vector<Operator> recurrent_operators();
std::vector<Operator> reduce_operators();
std::vector<Operator> region_operators();
std::vector<Operator> resize_operators();
std::vector<Operator> rotary_embedding_operators();
std::vector<Operator> row_normalization_operators();
std::vector<Operator> scaled_attention_operators();
std::vector<Operator> scan_body_operators();
std::vector<Operator> scan_operators();
std::vector<Operator> select_channels_operators();
std::vector<Operator> sequence_axis_operators();
std::vector<Operator> sequence_operators();
std::vector<Operator> shape_operators();
std::vector<Operator> signal_window_operators();
std::vector<Operator> slice_operators();
std::vector<Operator> softmax_operators();
std::vector<Operator> spectrum_operators();
std::vector<Operator> string_operators();
std::vector<Operator> tf_idf_operators();

}  // namespace headway
