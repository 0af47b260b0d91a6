#include <algorithm>
#include <span>
#include <unordered_map>

#include "ops/onnx_dtype.h"
#include "passes/passes.h"

namespace headway {
namespace {

/// Operators that compute the same numbers, only more precisely, if all their 16-bit operands are
/// float32.
constexpr std::string_view kComputing[] = {
    // clang-format off
    "Abs", "Acos", "Acosh", "Add", "ArgMax", "ArgMin", "Asin", "Asinh", "Atan", "Atanh",
    "Attention", "AveragePool", "BatchNormalization", "Ceil", "Celu", "Clip", "Conv",
    "ConvTranspose", "Cos", "Cosh", "CumSum", "Div", "Einsum", "Elu", "Equal", "Erf", "Exp",
    "Floor", "GRU", "Gelu", "Gemm", "GlobalAveragePool", "GlobalLpPool", "GlobalMaxPool",
    "Greater", "GreaterOrEqual", "GridSample", "GroupNormalization", "HardSigmoid", "HardSwish",
    "InstanceNormalization", "IsInf", "IsNaN", "LRN", "LSTM", "LayerNormalization", "LeakyRelu",
    "Less", "LessOrEqual", "Log", "LogSoftmax", "LpNormalization", "LpPool", "MatMul", "Max",
    "MaxPool", "Mean", "MeanVarianceNormalization", "Min", "Mish", "Mod", "Mul", "Neg", "PRelu",
    "Pow", "RMSNormalization", "RNN", "Reciprocal", "ReduceL1", "ReduceL2", "ReduceLogSum",
    "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum",
    "ReduceSumSquare", "Relu", "Resize", "RoiAlign", "RotaryEmbedding", "Round",
    "ScatterElements", "ScatterND", "Selu", "Shrink", "Sigmoid", "Sign", "Sin", "Sinh", "Softmax",
    "Softplus", "Softsign", "Sqrt", "Sub", "Sum", "Swish", "Tan", "Tanh", "ThresholdedRelu",
    "TopK",
    // clang-format on
};

/// Operators that move elements: as float32 only where these are float32 already.
constexpr std::string_view kMoving[] = {
    "Concat",       "DepthToSpace", "Dropout", "Expand",  "Flatten",   "Gather", "GatherElements",
    "GatherND",     "Identity",     "Pad",     "Reshape", "Shape",     "Size",   "Slice",
    "SpaceToDepth", "Split",        "Squeeze", "Tile",    "Transpose", "Trilu",  "Unsqueeze",
};

bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool is_half(const Value* value) {
  return value != nullptr &&
         (value->type.dtype == DType::kFloat16 || value->type.dtype == DType::kBFloat16);
}

/// Computes in float32 what nodes would compute in float16 or bfloat16.
class Widening {
 public:
  explicit Widening(Graph& graph) : graph_(graph) {}

  std::size_t run() {
    std::size_t widened = 0;
    for (Node* node : graph_.nodes()) {
      if (!profits(*node)) continue;
      widen(*node);
      ++widened;
    }
    graph_.erase_dead();
    return widened;
  }

 private:
  bool profits(const Node& node) const {
    const auto inputs = node.inputs();
    if (!node.domain().empty() || std::ranges::none_of(inputs, is_half)) return false;
    if (contains(kComputing, node.op_type())) return true;
    const bool is_wide = std::ranges::any_of(
        inputs, [&](const Value* input) { return is_half(input) && computed_.contains(input); });
    if (!is_wide) return false;
    if (node.is("Cast")) return node.output()->type.dtype == DType::kFloat32;
    return node.is("Where") || contains(kMoving, node.op_type());
  }

  Value* cast(Value* value, DType dtype, const Node& position) {
    Node* node =
        graph_.insert_node(&position, "Cast", {value}, {""}, {{"to", onnx_number_of(dtype)}});
    node->output()->type = {dtype, value->type.shape};
    return node->output();
  }

  /// The float32 value that a 16-bit one is, or would be, rounded from.
  Value* wide(Value* value, const Node& position) {
    if (const auto found = computed_.find(value); found != computed_.end()) return found->second;
    if (const auto found = converted_.find(value); found != converted_.end()) return found->second;
    Value* result =
        value->is_constant()
            ? graph_.add_constant(value->name() + "_float32", value->constant().to(DType::kFloat32))
            : cast(value, DType::kFloat32, position);
    converted_[value] = result;
    return result;
  }

  void widen(Node& node) {
    std::vector<Value*> inputs;
    for (Value* input : node.inputs()) inputs.push_back(is_half(input) ? wide(input, node) : input);
    Node* replacement = graph_.insert_node(&node, node.op_type(), inputs,
                                           std::vector<std::string>(node.outputs().size()),
                                           node.attributes, node.name());
    for (std::size_t i = 0; i < node.outputs().size(); ++i) {
      Value* output = node.output(i);
      Value* computed = replacement->output(i);
      if (output == nullptr) {
        graph_.erase_output(replacement, i);
      } else if (is_half(output)) {
        computed->type = {DType::kFloat32, output->type.shape};
        Value* rounded = cast(computed, output->type.dtype, node);
        graph_.replace_uses(output, rounded);
        computed_[rounded] = computed;
      } else {
        computed->type = output->type;
        graph_.replace_uses(output, computed);
      }
    }
    graph_.erase(&node);
  }

  Graph& graph_;
  std::unordered_map<const Value*, Value*> computed_;   ///< By the nodes here, and then rounded.
  std::unordered_map<const Value*, Value*> converted_;  ///< Of inputs, constants and other nodes.
};

std::size_t widen_halves(Graph& graph) {
  return Widening(graph).run();
}

}  // namespace

const Pass kWidenHalves = {"widen-halves", nullptr, widen_halves};

}  // namespace headway
