#include "formats/onnx/write_form.h"

#include <algorithm>
#include <string_view>

namespace headway::onnx {
namespace {

struct Newer {
  std::string_view op_type;
  std::int64_t opset;                 ///< The first that has it.
  bool (*is_used)(const Node& node);  ///< nullptr: opset 17 does not have the operator at all.
};

bool has_axes_input(const Node& node) {
  return node.input(1) != nullptr || node.has("noop_with_empty_axes");
}

bool has_resize_policy(const Node& node) {
  return node.has("antialias") || node.has("axes") || node.has("keep_aspect_ratio_policy");
}

bool is_half_pixel_symmetric(const Node& node) {
  return node.get_string("coordinate_transformation_mode", "") == "half_pixel_symmetric";
}

bool has_pad_axes(const Node& node) {
  return node.input(3) != nullptr;
}

bool wraps(const Node& node) {
  return node.get_string("mode", "constant") == "wrap";
}

bool has_dilations(const Node& node) {
  return node.has("dilations");
}

bool has_lp_extras(const Node& node) {
  return node.has("dilations") || node.has("ceil_mode");
}

bool reduces_by_comparison(const Node& node) {
  const std::string reduction = node.get_string("reduction", "none");
  return reduction == "max" || reduction == "min";
}

bool chooses_saturation(const Node& node) {
  return node.has("saturate");
}

bool chooses_rounding(const Node& node) {
  return node.has("round_mode");
}

bool has_computed_axis(const Node& node) {
  return node.input(2) != nullptr;
}

/// An inverse of half a spectrum came later.
bool inverts_half(const Node& node) {
  return node.get_int("inverse", 0) != 0 && node.get_int("onesided", 0) != 0;
}

bool shifts_signed(const Node& node) {
  const Value* x = node.input(0);
  return x != nullptr && (x->type.dtype == DType::kInt8 || x->type.dtype == DType::kInt16 ||
                          x->type.dtype == DType::kInt32 || x->type.dtype == DType::kInt64);
}

bool counts_valid_keys(const Node& node) {
  return node.input(6) != nullptr;
}

bool has_attention_window(const Node& node) {
  return node.has("left_window_size") || node.has("right_window_size");
}

bool samples_volumes(const Node& node) {
  const Value* x = node.input(0);
  return x != nullptr && x->type.shape && x->type.shape->size() != 4;
}

bool takes_no_optional(const Node& node) {
  return node.input(0) == nullptr || !node.input(0)->type.is_optional();
}

bool reduces_bools(const Node& node) {
  return node.input(0) != nullptr && node.input(0)->type.dtype == DType::kBool;
}

bool compares_strings(const Node& node) {
  return node.input(0) != nullptr && node.input(0)->type.dtype == DType::kString;
}

bool quantizes_blocks(const Node& node) {
  return node.has("block_size") || node.has("output_dtype");
}

bool has_sixteen_bits(const Node& node) {
  const auto wide = [](const Value* value) {
    return value != nullptr &&
           (value->type.dtype == DType::kInt16 || value->type.dtype == DType::kUInt16);
  };
  return wide(node.input(0)) || wide(node.output());
}

bool saturates_or_is_half(const Node& node) {
  const Value* scale = node.input(1);
  return node.has("saturate") || (scale != nullptr && scale->type.dtype != DType::kFloat32);
}

bool has_precision(const Node& node) {
  return node.has("precision") || (node.is("DequantizeLinear") && node.has("output_dtype"));
}

constexpr Newer kNewer[] = {
    {"AffineGrid", 20, nullptr},
    {"Attention", 23, nullptr},
    {"Attention", 24, counts_valid_keys},
    {"Attention", 25, has_attention_window},
    {"AveragePool", 19, has_dilations},
    {"BitCast", 26, nullptr},
    {"BitShift", 28, shifts_signed},
    {"BitwiseAnd", 18, nullptr},
    {"BitwiseNot", 18, nullptr},
    {"BitwiseOr", 18, nullptr},
    {"BitwiseXor", 18, nullptr},
    {"Cast", 19, chooses_saturation},
    {"Cast", 24, chooses_rounding},
    {"CastLike", 19, chooses_saturation},
    {"CastLike", 24, chooses_rounding},
    {"CausalConvWithState", 27, nullptr},
    {"CenterCropPad", 18, nullptr},
    {"Col2Im", 18, nullptr},
    {"CumProd", 26, nullptr},
    {"DFT", 20, has_computed_axis},
    {"DFT", 20, inverts_half},
    {"DeformConv", 19, nullptr},
    {"Gelu", 20, nullptr},
    {"DequantizeLinear", 19, saturates_or_is_half},
    {"DequantizeLinear", 21, has_sixteen_bits},
    {"DequantizeLinear", 21, quantizes_blocks},
    {"DequantizeLinear", 23, has_precision},
    {"Equal", 19, compares_strings},
    {"GridSample", 20, samples_volumes},
    {"GroupNormalization", 21, nullptr},
    {"LinearAttention", 27, nullptr},
    {"LpPool", 18, has_lp_extras},
    {"Mish", 18, nullptr},
    {"OptionalGetElement", 18, takes_no_optional},
    {"OptionalHasElement", 18, takes_no_optional},
    {"Pad", 18, has_pad_axes},
    {"Pad", 19, wraps},
    {"QuantizeLinear", 19, saturates_or_is_half},
    {"QuantizeLinear", 21, has_sixteen_bits},
    {"QuantizeLinear", 21, quantizes_blocks},
    {"QuantizeLinear", 23, has_precision},
    {"RMSNormalization", 23, nullptr},
    {"ReduceL1", 18, has_axes_input},
    {"ReduceL2", 18, has_axes_input},
    {"ReduceLogSum", 18, has_axes_input},
    {"ReduceLogSumExp", 18, has_axes_input},
    {"ReduceMax", 18, has_axes_input},
    {"ReduceMax", 20, reduces_bools},
    {"ReduceMean", 18, has_axes_input},
    {"ReduceMin", 18, has_axes_input},
    {"ReduceMin", 20, reduces_bools},
    {"ReduceProd", 18, has_axes_input},
    {"ReduceSumSquare", 18, has_axes_input},
    {"RegexFullMatch", 20, nullptr},
    {"Resize", 18, has_resize_policy},
    {"Resize", 19, is_half_pixel_symmetric},
    {"RotaryEmbedding", 23, nullptr},
    {"ScatterElements", 18, reduces_by_comparison},
    {"ScatterND", 18, reduces_by_comparison},
    {"StringConcat", 20, nullptr},
    {"StringSplit", 20, nullptr},
    {"SwiGLU", 28, nullptr},
    {"Swish", 24, nullptr},
    {"TensorScatter", 24, nullptr},
};

/// The first opset that has tensors of this dtype.
std::int64_t first_opset_of(DType dtype) {
  switch (dtype) {
    case DType::kFloat8E4M3FN:
    case DType::kFloat8E4M3FNUZ:
    case DType::kFloat8E5M2:
    case DType::kFloat8E5M2FNUZ:
      return 19;
    case DType::kInt4:
    case DType::kUInt4:
      return 21;
    case DType::kFloat4E2M1:
      return 23;
    case DType::kFloat8E8M0:
      return 24;
    case DType::kInt2:
    case DType::kUInt2:
      return 25;
    case DType::kFloat6E2M3:
    case DType::kFloat6E3M2:
      return 28;
    default:
      return 1;
  }
}

std::int64_t first_opset_of(const Node& node) {
  std::int64_t opset = 1;
  for (const Newer& newer : kNewer) {
    if (node.is(newer.op_type) && (newer.is_used == nullptr || newer.is_used(node)))
      opset = std::max(opset, newer.opset);
  }
  for (const auto values : {node.inputs(), node.outputs()}) {
    for (const Value* value : values) {
      if (value != nullptr) opset = std::max(opset, first_opset_of(value->type.dtype));
    }
  }
  return opset;
}

/// Since opset 18 axes are an input; ReduceSum's are one already.
void convert_reduction(Graph& graph, Node& node) {
  if (!node.has("axes")) return;
  const std::vector<std::int64_t> axes = node.get_ints("axes", {});
  node.attributes.erase(node.attributes.find("axes"));
  const Shape shape = {static_cast<std::int64_t>(axes.size())};
  node.set_input(
      1, graph.add_constant(node.name() + ".axes", Tensor::from<std::int64_t>(shape, axes)));
}

/// Since opset 18 an even split says into how many parts.
void convert_split(Node& node) {
  if (node.input(1) == nullptr)
    node.attributes["num_outputs"] = static_cast<std::int64_t>(node.outputs().size());
}

/// Since opset 20 the axis is an input.
void convert_dft(Graph& graph, Node& node) {
  if (node.input(2) == nullptr) {
    const std::int64_t axis = node.get_int("axis", 1);
    node.set_input(
        2, graph.add_constant(node.name() + ".axis", Tensor::from<std::int64_t>({}, {axis})));
  }
  if (node.has("axis")) node.attributes.erase(node.attributes.find("axis"));
}

void convert_grid_sample(Node& node) {
  const std::string mode = node.get_string("mode", "bilinear");
  node.attributes["mode"] = mode == "bilinear"  ? std::string("linear")
                            : mode == "bicubic" ? std::string("cubic")
                                                : mode;
}

std::int64_t needed_opset(const Graph& graph) {
  std::int64_t opset = 17;
  for (const Node* node : graph.nodes()) {
    opset = std::max(opset, first_opset_of(*node));
    for (const auto& [name, attribute] : node->attributes)
      if (const Body* body = std::get_if<Body>(&attribute))
        opset = std::max(opset, needed_opset(**body));
  }
  return opset;
}

Graph converted(const Graph& source, std::int64_t opset) {
  Graph graph = source.clone();
  for (Node* node : graph.nodes()) {
    for (auto& [name, attribute] : node->attributes)
      if (Body* body = std::get_if<Body>(&attribute))
        *body = std::make_shared<const Graph>(converted(**body, opset));
    if (!node->domain().empty()) continue;
    if (node->op_type().starts_with("Reduce")) convert_reduction(graph, *node);
    if (node->is("Split")) convert_split(*node);
    if (node->is("DFT") && opset >= 20) convert_dft(graph, *node);
    if (node->is("GridSample") && opset >= 20) convert_grid_sample(*node);
  }
  return graph;
}

}  // namespace

WriteForm write_form(const Graph& graph) {
  const std::int64_t opset = needed_opset(graph);
  return {opset < 18 ? graph.clone() : converted(graph, opset), opset};
}

}  // namespace headway::onnx
