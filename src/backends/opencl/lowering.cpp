#include "backends/opencl/lowering.h"

#include <algorithm>
#include <array>

#include "ops/fused.h"

namespace headway::opencl {
namespace {

struct Entry {
  std::string_view op_type, domain;
  Lower lower;
};

constexpr std::array kTable = {
    Entry{"Abs", "", lower_unary},
    Entry{"Acos", "", lower_unary},
    Entry{"Acosh", "", lower_unary},
    Entry{"Asin", "", lower_unary},
    Entry{"Asinh", "", lower_unary},
    Entry{"Atan", "", lower_unary},
    Entry{"Atanh", "", lower_unary},
    Entry{"Ceil", "", lower_unary},
    Entry{"Celu", "", lower_unary},
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
    Entry{"BitwiseNot", "", lower_typed_unary},
    Entry{"IsInf", "", lower_typed_unary},
    Entry{"IsNaN", "", lower_typed_unary},
    Entry{"Not", "", lower_typed_unary},

    Entry{"Elementwise", kFusedDomain, lower_elementwise},
    Entry{"Add", "", lower_binary},
    Entry{"And", "", lower_binary},
    Entry{"BitShift", "", lower_binary},
    Entry{"BitwiseAnd", "", lower_binary},
    Entry{"BitwiseOr", "", lower_binary},
    Entry{"BitwiseXor", "", lower_binary},
    Entry{"Div", "", lower_binary},
    Entry{"Max", "", lower_binary},
    Entry{"Mean", "", lower_binary},
    Entry{"Min", "", lower_binary},
    Entry{"Mod", "", lower_binary},
    Entry{"Mul", "", lower_binary},
    Entry{"Or", "", lower_binary},
    Entry{"PRelu", "", lower_binary},
    Entry{"Pow", "", lower_binary},
    Entry{"Sub", "", lower_binary},
    Entry{"Sum", "", lower_binary},
    Entry{"Xor", "", lower_binary},
    Entry{"Clip", "", lower_clip},
    Entry{"Equal", "", lower_comparison},
    Entry{"Greater", "", lower_comparison},
    Entry{"GreaterOrEqual", "", lower_comparison},
    Entry{"Less", "", lower_comparison},
    Entry{"LessOrEqual", "", lower_comparison},
    Entry{"Cast", "", lower_cast},
    Entry{"CastLike", "", lower_cast},
    Entry{"Where", "", lower_where},

    Entry{"Conv", "", lower_conv},
    Entry{"ConvTranspose", "", lower_conv_transpose},
    Entry{"FusedAttention", kFusedDomain, lower_attention},
    Entry{"FusedConv", kFusedDomain, lower_conv},
    Entry{"FusedGemm", kFusedDomain, lower_gemm},
    Entry{"FusedMatMul", kFusedDomain, lower_matmul},
    Entry{"Gemm", "", lower_gemm},
    Entry{"MatMul", "", lower_matmul},

    Entry{"AveragePool", "", lower_pool},
    Entry{"LpPool", "", lower_pool},
    Entry{"MaxPool", "", lower_pool},
    Entry{"GlobalAveragePool", "", lower_reduce},
    Entry{"GlobalLpPool", "", lower_reduce},
    Entry{"GlobalMaxPool", "", lower_reduce},
    Entry{"ReduceL1", "", lower_reduce},
    Entry{"ReduceL2", "", lower_reduce},
    Entry{"ReduceLogSum", "", lower_reduce},
    Entry{"ReduceLogSumExp", "", lower_reduce},
    Entry{"ReduceMax", "", lower_reduce},
    Entry{"ReduceMean", "", lower_reduce},
    Entry{"ReduceMin", "", lower_reduce},
    Entry{"ReduceProd", "", lower_reduce},
    Entry{"ReduceSum", "", lower_reduce},
    Entry{"ReduceSumSquare", "", lower_reduce},

    Entry{"Concat", "", lower_concat},
    Entry{"DepthToSpace", "", lower_depth_to_space},
    Entry{"Expand", "", lower_expand},
    Entry{"Slice", "", lower_slice},
    Entry{"SpaceToDepth", "", lower_space_to_depth},
    Entry{"Split", "", lower_split},
    Entry{"Tile", "", lower_tile},
    Entry{"Transpose", "", lower_transpose},
    Entry{"Trilu", "", lower_trilu},

    Entry{"BatchNormalization", "", lower_batch_norm},
    Entry{"FusedBatchNormalization", kFusedDomain, lower_batch_norm},
    Entry{"ScaleShift", kFusedDomain, lower_scale_shift},
    Entry{"GroupNormalization", "", lower_group_norm},
    Entry{"InstanceNormalization", "", lower_group_norm},
    Entry{"LRN", "", lower_lrn},
    Entry{"LayerNormalization", "", lower_row_norm},
    Entry{"LogSoftmax", "", lower_softmax},
    Entry{"LpNormalization", "", lower_lp_norm},
    Entry{"RMSNormalization", "", lower_row_norm},
    Entry{"RotaryEmbedding", "", lower_rotary_embedding},
    Entry{"Softmax", "", lower_softmax},

    Entry{"Gather", "", lower_gather},
    Entry{"GatherElements", "", lower_elements},
    Entry{"GatherND", "", lower_blocks},
    Entry{"Pad", "", lower_pad},
    Entry{"ScatterElements", "", lower_elements},
    Entry{"ScatterND", "", lower_blocks},

    Entry{"ArgMax", "", lower_arg_reduce},
    Entry{"ArgMin", "", lower_arg_reduce},
    Entry{"CumProd", "", lower_cumulate},
    Entry{"CumSum", "", lower_cumulate},
    Entry{"DequantizeLinear", "", lower_quantize},
    Entry{"DynamicQuantizeLinear", "", lower_dynamic_quantize},
    Entry{"QuantizeLinear", "", lower_quantize},
    Entry{"Range", "", lower_range},
    Entry{"Resize", "", lower_resize},
    Entry{"TopK", "", lower_top_k},
    Entry{"Upsample", "", lower_resize},
};

/// Kernels know elements of whole bytes.
bool has_bytes(const Value* value) {
  return value == nullptr || (value->type.dtype != DType::kString && !is_narrow(value->type.dtype));
}

}  // namespace

std::unique_ptr<Step> lower(const Node& node, Lowering& lowering) {
  const auto* entry = std::ranges::find_if(
      kTable, [&](const Entry& candidate) { return node.is(candidate.op_type, candidate.domain); });
  const bool is_for_kernels = std::ranges::all_of(node.inputs(), has_bytes) &&
                              std::ranges::all_of(node.outputs(), has_bytes);
  return entry != kTable.end() && is_for_kernels ? entry->lower(node, lowering) : nullptr;
}

}  // namespace headway::opencl
