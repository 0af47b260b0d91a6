#include "errors.h"

#include <algorithm>
#include <span>
#include <string_view>

namespace headway::differential {
namespace {

/// Operators whose results are numbers they read, decisions between numbers, or whole numbers.
constexpr std::string_view kExact[] = {
    // clang-format off
    "Abs", "And", "ArgMax", "ArgMin", "ArrayFeatureExtractor", "Binarizer", "BitShift",
    "BitwiseAnd", "BitwiseNot", "BitwiseOr", "BitwiseXor", "Cast", "CategoryMapper", "Ceil", "Clip",
    "Concat", "ConstantOfShape", "ConvInteger", "DepthToSpace", "Dropout", "Equal", "Expand",
    "EyeLike", "FeatureVectorizer", "Flatten", "Floor", "Gather", "GatherElements", "GatherND",
    "GlobalMaxPool", "Greater", "GreaterOrEqual", "Hardmax", "Identity", "Imputer", "IsInf",
    "IsNaN", "LabelEncoder", "Less", "LessOrEqual", "MatMulInteger", "Max", "MaxPool", "MaxUnpool",
    "Min", "Mod", "Neg", "Not", "OneHot", "OneHotEncoder", "Or", "Pad", "ReduceMax", "ReduceMin",
    "RegexFullMatch", "Relu", "Reshape", "ReverseSequence", "Round", "Shape", "Sign", "Size",
    "Slice", "SpaceToDepth", "Split", "Squeeze", "StringConcat", "StringNormalizer", "StringSplit",
    "Tile", "TopK", "Transpose", "Trilu", "Unsqueeze", "Where", "Xor",
    // clang-format on
};

/// Operators that say where numbers are: of nearly equal ones, any may be meant.
constexpr std::string_view kDeciding[] = {
    "ArgMax", "ArgMin",           "Hardmax",       "NonMaxSuppression",     "TopK",
    "Unique", "LinearClassifier", "SVMClassifier", "TreeEnsembleClassifier"};

/// One rounding, which the standard of floating-point numbers prescribes.
constexpr std::string_view kRoundedOnce[] = {"Add", "Div", "Mul", "Sqrt", "Sub"};

/// Products of a number and a function of it whose error is absolute.
constexpr std::string_view kGated[] = {"BiasGelu", "FastGelu",  "Gelu", "HardSwish",
                                       "Mish",     "QuickGelu", "Swish"};

/// What reads between the elements of an image: where it reads is computed as well.
constexpr std::string_view kSampling[] = {"AffineGrid", "DeformConv", "GridSample", "Resize",
                                          "RoiAlign"};

/// Sums that may be taken of transformed elements, as Winograd's algorithms do.
constexpr std::string_view kTransformed[] = {"Conv", "ConvTranspose"};

/// Long sums of squares.
constexpr std::string_view kRows[] = {"LayerNormalization", "LpNormalization", "RMSNormalization",
                                      "SkipLayerNormalization", "SkipSimplifiedLayerNormalization"};

constexpr std::string_view kSummed[] = {"Attention", "Einsum",      "FusedMatMul",       "Gemm",
                                        "MatMul",    "MatMulNBits", "MultiHeadAttention"};

/// Sums whose logistic function may be taken as the complement of its mirror image.
constexpr std::string_view kLinear[] = {"LinearClassifier", "LinearRegressor"};

/// Sums of numbers that comparisons choose.
constexpr std::string_view kTrees[] = {"TreeEnsembleClassifier", "TreeEnsembleRegressor"};

/// Functions that kernels approximate by polynomials, with an absolute error.
constexpr std::string_view kApproximated[] = {"BiasGelu",     "Celu",    "Elu",
                                              "Erf",          "Exp",     "FastGelu",
                                              "GRU",          "Gelu",    "GroupQueryAttention",
                                              "HardSwish",    "If",      "LSTM",
                                              "LogSoftmax",   "Loop",    "Mish",
                                              "QuickGelu",    "RNN",     "SVMClassifier",
                                              "SVMRegressor", "Scan",    "Selu",
                                              "Sigmoid",      "Softmax", "SoftmaxCrossEntropyLoss",
                                              "Softplus",     "Swish",   "Tanh"};

bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

Errors errors_of(const CaseNode& node) {
  if (contains(kExact, node.op_type) || rounds_once(node)) return {0, 0};
  if (contains(kGated, node.op_type)) return {16, 3e-7, 16};
  if (contains(kApproximated, node.op_type)) return {16, 3e-7};
  if (contains(kSampling, node.op_type)) return {64, 1e-5, 0, 0, 1};
  if (node.op_type == "QLinearSoftmax") return {8, 0, 0, 0, 1};
  if (node.op_type == "FusedConv") return {16, 3e-7, 128};
  if (contains(kTransformed, node.op_type)) return {16, 0, 128};
  if (contains(kTrees, node.op_type)) return {0, 3e-7, 16};
  if (contains(kLinear, node.op_type)) return {16, 3e-7, 8};
  if (contains(kSummed, node.op_type)) return {16, 0, 8};
  // A sum of n numbers is off by up to (n - 1) units of their mean magnitude, however much cancels.
  if (node.op_type == "AveragePool") return {8, 0, 0, 8};
  if (node.op_type.ends_with("LpPool") || contains(kRows, node.op_type)) return {32};
  if (node.op_type == "DFT" || node.op_type == "STFT") return {8, 0, 1024};
  // With few elements the mean is near each of them, and 1 / sqrt(epsilon) is up to 1000.
  if (node.op_type == "InstanceNormalization" || node.op_type == "GroupNormalization")
    return {8, 0, 0, 1000};
  if (node.op_type.ends_with("Window")) return {8, 3e-7};
  return {};
}

bool rounds_once(const CaseNode& node) {
  return contains(kRoundedOnce, node.op_type);
}

bool decides(const CaseNode& node) {
  return contains(kDeciding, node.op_type);
}

double unit_of(DType dtype) {
  switch (dtype) {
    case DType::kFloat64:
      return 0x1p-53;
    case DType::kFloat16:
      return 0x1p-12;
    case DType::kBFloat16:
      return 0x1p-9;
    default:
      return 0x1p-24;
  }
}

}  // namespace headway::differential
