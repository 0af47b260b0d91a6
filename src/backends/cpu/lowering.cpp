#include "backends/cpu/lowering.h"

#include <algorithm>
#include <array>

#include "ops/fused.h"
#include "ops/ml/attributes.h"

namespace headway::cpu {
namespace {

struct Entry {
  std::string_view op_type, domain;
  Lower lower;
};

constexpr std::array kTable = {
    Entry{"Conv", "", lower_conv},
    Entry{"FusedConv", kFusedDomain, lower_conv},
    Entry{"BlockChannels", kFusedDomain, lower_block_channels},
    Entry{"UnblockChannels", kFusedDomain, lower_unblock_channels},
    Entry{"BlockedConv", kFusedDomain, lower_blocked_conv},
    Entry{"Col2Im", "", lower_col2im},
    Entry{"ConvTranspose", "", lower_conv_transpose},

    Entry{"Attention", "", lower_scaled_attention},
    Entry{"FusedAttention", kFusedDomain, lower_attention},
    Entry{"Gemm", "", lower_gemm},
    Entry{"FusedGemm", kFusedDomain, lower_gemm},
    Entry{"MatMul", "", lower_matmul},
    Entry{"FusedMatMul", kFusedDomain, lower_matmul},

    Entry{"ConvInteger", "", lower_integer_conv},
    Entry{"QLinearConv", "", lower_integer_conv},
    Entry{"MatMulInteger", "", lower_integer_matmul},
    Entry{"QLinearMatMul", "", lower_integer_matmul},
    Entry{"DequantizeLinear", "", lower_dequantize},
    Entry{"DynamicQuantizeLinear", "", lower_dynamic_quantize},
    Entry{"QuantizeLinear", "", lower_quantize},

    Entry{"DFT", "", lower_dft},
    Entry{"STFT", "", lower_stft},

    Entry{"LinearClassifier", kMlDomain, lower_linear_model},
    Entry{"LinearRegressor", kMlDomain, lower_linear_model},
    Entry{"TreeEnsemble", kMlDomain, lower_trees},
    Entry{"TreeEnsembleClassifier", kMlDomain, lower_trees},
    Entry{"TreeEnsembleRegressor", kMlDomain, lower_trees},

    Entry{"GRU", "", lower_recurrent},
    Entry{"LSTM", "", lower_recurrent},
    Entry{"RNN", "", lower_recurrent},

    Entry{"AveragePool", "", lower_pool},
    Entry{"LpPool", "", lower_lp_pool},
    Entry{"MaxPool", "", lower_pool},
    Entry{"MaxUnpool", "", lower_max_unpool},
    Entry{"GlobalAveragePool", "", lower_global_pool},
    Entry{"GlobalLpPool", "", lower_global_pool},
    Entry{"GlobalMaxPool", "", lower_global_pool},

    Entry{"ArgMax", "", lower_arg_reduce},
    Entry{"ArgMin", "", lower_arg_reduce},
    Entry{"CumProd", "", lower_cumulate},
    Entry{"CumSum", "", lower_cumulate},
    Entry{"TopK", "", lower_top_k},
    Entry{"ReduceL1", "", lower_reduce},
    Entry{"ReduceL2", "", lower_reduce},
    Entry{"ReduceLogSum", "", lower_reduce},
    Entry{"ReduceLogSumExp", "", lower_log_sum_exp},
    Entry{"ReduceMax", "", lower_reduce},
    Entry{"ReduceMean", "", lower_reduce},
    Entry{"ReduceMin", "", lower_reduce},
    Entry{"ReduceProd", "", lower_reduce},
    Entry{"ReduceSum", "", lower_reduce},
    Entry{"ReduceSumSquare", "", lower_reduce},

    Entry{"BatchNormalization", "", lower_scale_shift},
    Entry{"FusedBatchNormalization", kFusedDomain, lower_scale_shift},
    Entry{"ScaleShift", kFusedDomain, lower_scale_shift_blocks},
    Entry{"GroupNormalization", "", lower_group_norm},
    Entry{"InstanceNormalization", "", lower_group_norm},
    Entry{"LRN", "", lower_lrn},
    Entry{"LayerNormalization", "", lower_layer_norm},
    Entry{"LogSoftmax", "", lower_softmax},
    Entry{"RMSNormalization", "", lower_rms_norm},
    Entry{"Hardmax", "", lower_lines},
    Entry{"LpNormalization", "", lower_lines},
    Entry{"MeanVarianceNormalization", "", lower_lines},
    Entry{"NegativeLogLikelihoodLoss", "", lower_loss},
    Entry{"SoftmaxCrossEntropyLoss", "", lower_loss},
    Entry{"RotaryEmbedding", "", lower_rotary_embedding},
    Entry{"Softmax", "", lower_softmax},

    Entry{"Add", "", lower_binary},
    Entry{"Div", "", lower_binary},
    Entry{"Max", "", lower_binary},
    Entry{"Mean", "", lower_mean},
    Entry{"Min", "", lower_binary},
    Entry{"Mul", "", lower_binary},
    Entry{"Pow", "", lower_binary},
    Entry{"Sub", "", lower_binary},
    Entry{"Sum", "", lower_binary},

    Entry{"DeformConv", "", lower_deform_conv},
    Entry{"GridSample", "", lower_grid_sample},
    Entry{"RoiAlign", "", lower_roi_align},
    Entry{"Resize", "", lower_resize},
    Entry{"Upsample", "", lower_resize},
    Entry{"And", "", lower_typed_binary},
    Entry{"BitShift", "", lower_typed_binary},
    Entry{"BitwiseAnd", "", lower_typed_binary},
    Entry{"BitwiseNot", "", lower_typed_unary},
    Entry{"BitwiseOr", "", lower_typed_binary},
    Entry{"BitwiseXor", "", lower_typed_binary},
    Entry{"Equal", "", lower_typed_binary},
    Entry{"Greater", "", lower_typed_binary},
    Entry{"GreaterOrEqual", "", lower_typed_binary},
    Entry{"IsInf", "", lower_typed_unary},
    Entry{"IsNaN", "", lower_typed_unary},
    Entry{"Less", "", lower_typed_binary},
    Entry{"LessOrEqual", "", lower_typed_binary},
    Entry{"Mod", "", lower_typed_binary},
    Entry{"Not", "", lower_typed_unary},
    Entry{"Or", "", lower_typed_binary},
    Entry{"PRelu", "", lower_typed_binary},
    Entry{"Xor", "", lower_typed_binary},

    Entry{"Cast", "", lower_cast},
    Entry{"CastLike", "", lower_cast},
    Entry{"Where", "", lower_where},

    Entry{"Concat", "", lower_concat},
    Entry{"DepthToSpace", "", lower_depth_to_space},
    Entry{"Expand", "", lower_expand},
    Entry{"EyeLike", "", lower_eye_like},
    Entry{"Gather", "", lower_gather},
    Entry{"GatherElements", "", lower_gather_elements},
    Entry{"GatherND", "", lower_gather_nd},
    Entry{"Pad", "", lower_pad},
    Entry{"Range", "", lower_range},
    Entry{"ScatterElements", "", lower_scatter_elements},
    Entry{"ScatterND", "", lower_scatter_nd},
    Entry{"SelectChannels", kFusedDomain, lower_select_channels},
    Entry{"Slice", "", lower_slice},
    Entry{"SpaceToDepth", "", lower_space_to_depth},
    Entry{"Split", "", lower_split},
    Entry{"Tile", "", lower_tile},
    Entry{"Transpose", "", lower_transpose},
    Entry{"Trilu", "", lower_trilu},

    Entry{"Abs", "", lower_unary},
    Entry{"Acos", "", lower_unary},
    Entry{"Acosh", "", lower_unary},
    Entry{"Asin", "", lower_unary},
    Entry{"Asinh", "", lower_unary},
    Entry{"Atan", "", lower_unary},
    Entry{"Atanh", "", lower_unary},
    Entry{"Ceil", "", lower_unary},
    Entry{"Celu", "", lower_unary},
    Entry{"Clip", "", lower_unary},
    Entry{"Cos", "", lower_unary},
    Entry{"Cosh", "", lower_unary},
    Entry{"Elu", "", lower_unary},
    Entry{"Erf", "", lower_unary},
    Entry{"Exp", "", lower_unary},
    Entry{"Floor", "", lower_unary},
    Entry{"Gelu", "", lower_unary},
    Entry{"HardSigmoid", "", lower_unary},
    Entry{"HardSwish", "", lower_unary},
    Entry{"LeakyRelu", "", lower_unary},
    Entry{"Log", "", lower_unary},
    Entry{"Mish", "", lower_unary},
    Entry{"Neg", "", lower_unary},
    Entry{"Reciprocal", "", lower_unary},
    Entry{"Relu", "", lower_unary},
    Entry{"Round", "", lower_unary},
    Entry{"Selu", "", lower_unary},
    Entry{"Shrink", "", lower_unary},
    Entry{"Sigmoid", "", lower_unary},
    Entry{"Sign", "", lower_unary},
    Entry{"Silu", kFusedDomain, lower_unary},
    Entry{"Sin", "", lower_unary},
    Entry{"Sinh", "", lower_unary},
    Entry{"Softplus", "", lower_unary},
    Entry{"Softsign", "", lower_unary},
    Entry{"Sqrt", "", lower_unary},
    Entry{"Swish", "", lower_unary},
    Entry{"Tan", "", lower_unary},
    Entry{"Tanh", "", lower_unary},
    Entry{"ThresholdedRelu", "", lower_unary},
};

/// Kernels are spared empty tensors and strings; the reference kernels know what they mean.
bool is_for_kernels(const Node& node) {
  const auto is_plain = [](const Value* value) {
    return value == nullptr || (value->type.dtype != DType::kString &&
                                num_elements(value->type.static_shape().value()) != 0);
  };
  if (node.is("Attention", "")) return is_plain(node.output());  // There may be no past yet.
  return std::ranges::all_of(node.inputs(), is_plain) &&
         std::ranges::all_of(node.outputs(), is_plain);
}

}  // namespace

std::unique_ptr<Step> lower(const Node& node, Lowering& lowering) {
  const auto* entry = std::ranges::find_if(
      kTable, [&](const Entry& candidate) { return node.is(candidate.op_type, candidate.domain); });
  if (entry != kTable.end() && is_for_kernels(node)) {
    if (auto step = entry->lower(node, lowering)) return step;
  }
  return lower_to_reference(node);
}

}  // namespace headway::cpu
