#include <algorithm>
#include <iterator>
#include <tuple>

#include "ops/families.h"

namespace headway {
namespace {

bool before(const Operator& a, const Operator& b) {
  return std::tie(a.domain, a.name) < std::tie(b.domain, b.name);
}

std::vector<Operator> collect() {
  std::vector<Operator> all;
  for (const auto family : {activation_operators,
                            affine_grid_operators,
                            arg_reduce_operators,
                            attention_operators,
                            bitwise_operators,
                            blocked_operators,
                            branch_operators,
                            cast_operators,
                            causal_conv_operators,
                            center_crop_pad_operators,
                            col2im_operators,
                            conv_operators,
                            conv_transpose_operators,
                            create_operators,
                            data_dependent_operators,
                            deform_conv_operators,
                            det_operators,
                            einsum_operators,
                            elementwise_binary_operators,
                            elementwise_group_operators,
                            elementwise_nary_operators,
                            elementwise_unary_operators,
                            fused_operators,
                            gather_operators,
                            grid_sample_operators,
                            group_query_attention_operators,
                            image_decoder_operators,
                            inverse_operators,
                            linear_attention_operators,
                            loop_operators,
                            loss_operators,
                            matmul_operators,
                            max_unpool_operators,
                            ml_feature_operators,
                            ml_label_operators,
                            ml_svm_operators,
                            ml_tree_operators,
                            movement_operators,
                            non_max_suppression_operators,
                            normalization_operators,
                            optional_operators,
                            pad_operators,
                            pool_operators,
                            quantize_linear_operators,
                            quantized_conv_operators,
                            quantized_matmul_operators,
                            random_operators,
                            recurrent_operators,
                            reduce_operators,
                            region_operators,
                            resize_operators,
                            rotary_embedding_operators,
                            row_normalization_operators,
                            scaled_attention_operators,
                            scan_body_operators,
                            scan_operators,
                            select_channels_operators,
                            sequence_axis_operators,
                            sequence_operators,
                            shape_operators,
                            signal_window_operators,
                            slice_operators,
                            softmax_operators,
                            spectrum_operators,
                            string_operators,
                            tf_idf_operators}) {
    std::ranges::move(family(), std::back_inserter(all));
  }
  std::sort(all.begin(), all.end(), before);
  return all;
}

}  // namespace

std::span<const Operator> all_operators() {
  static const std::vector<Operator> operators = collect();
  return operators;
}

const Operator* find_operator(std::string_view name, std::string_view domain) {
  const std::span<const Operator> all = all_operators();
  const auto found = std::lower_bound(
      all.begin(), all.end(), std::tie(domain, name),
      [](const Operator& op, const auto& key) { return std::tie(op.domain, op.name) < key; });
  return found != all.end() && found->name == name && found->domain == domain ? &*found : nullptr;
}

const Operator& operator_of(const Node& node) {
  if (const Operator* found = find_operator(node.op_type(), node.domain())) return *found;
  fail(ErrorCode::kUnsupported, node.described(), ": Headway does not know the operator ",
       node.op_type(), node.domain().empty() ? "" : " of domain '" + node.domain() + "'");
}

}  // namespace headway
