#include "formats/onnx/upgrade.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>

#include "base/error.h"
#include "formats/onnx/contrib/contrib.h"
#include "formats/onnx/upgrade_context.h"
#include "formats/onnx/upgrade_oldest.h"
#include "formats/onnx/upgrade_training.h"

namespace headway::onnx {
namespace {

/// Attribute → input, as most operators had it happen to one of theirs.
void ints_to_input(Context& context, std::string_view name, std::size_t slot) {
  if (const auto values = take_ints(*context.node, name))
    context.node->set_input(slot, context.constant(name, *values));
}

void upgrade_clip(Context& context) {
  Node& node = *context.node;
  const auto bound_to_input = [&](std::string_view name, std::size_t slot) {
    if (!node.has(name)) return;
    const float bound = node.get_float(name, 0);
    drop(node, name);
    node.set_input(slot, context.constant(name, Tensor::from<float>({}, {bound})));
  };
  bound_to_input("min", 1);
  bound_to_input("max", 2);
}

void upgrade_slice(Context& context) {
  ints_to_input(context, "starts", 1);
  ints_to_input(context, "ends", 2);
  ints_to_input(context, "axes", 3);
}

void upgrade_pad(Context& context) {
  Node& node = *context.node;
  ints_to_input(context, "pads", 1);
  if (!node.has("value")) return;
  const float value = node.get_float("value", 0);
  drop(node, "value");
  if (value != 0) node.set_input(2, context.constant("value", Tensor::from<float>({}, {value})));
}

void upgrade_top_k(Context& context) {
  Node& node = *context.node;
  const std::int64_t k = node.get_int("k", 1);
  drop(node, "k");
  node.set_input(1, context.constant("k", std::vector<std::int64_t>{k}));
}

void axes_to_input(Context& context) {
  ints_to_input(context, "axes", 1);
}

void upgrade_split(Context& context) {
  ints_to_input(context, "split", 1);
}

/// Before opset 13 softmax saw its input as a matrix: extents before `axis` as rows, the rest as
/// columns. That is today's meaning only if `axis` is the last.
void upgrade_softmax(Context& context) {
  Node& node = *context.node;
  const std::int64_t axis = node.get_int("axis", 1);
  Value* input = node.input(0);
  if (input == nullptr) context.fail("it has no input");
  const auto rank = context.ranks.of(input);
  if (axis == -1 || (rank && axis == *rank - 1)) {
    node.attributes["axis"] = std::int64_t{-1};
    return;
  }
  const std::string op_type = node.op_type();
  Value* shape = context.compute("Shape", {input});
  Value* matrix = context.compute("Flatten", {input}, {{"axis", axis}});
  Value* result = context.compute(op_type, {matrix}, {{"axis", std::int64_t{-1}}});
  context.replace_with("Reshape", {result, shape}, {});
}

Attributes legacy_resize(const Node& node) {
  return {{"mode", node.get_string("mode", "nearest")},
          {"coordinate_transformation_mode", std::string("asymmetric")},
          {"nearest_mode", std::string("floor")}};
}

void upgrade_upsample(Context& context) {
  Node& node = *context.node;
  Value* scales = node.input(1);
  if (node.has("scales")) {
    const std::vector<float> factors = node.get_floats("scales", {});
    const Shape shape = {static_cast<std::int64_t>(factors.size())};
    scales = context.constant("scales", Tensor::from<float>(shape, factors));
  }
  context.replace_with("Resize", {node.input(0), nullptr, scales}, legacy_resize(node));
}

void upgrade_resize(Context& context) {
  Node& node = *context.node;
  context.replace_with("Resize", {node.input(0), nullptr, node.input(1)}, legacy_resize(node));
}

void upgrade_scatter(Context& context) {
  Node& node = *context.node;
  context.replace_with("ScatterElements", {node.inputs().begin(), node.inputs().end()},
                       node.attributes);
}

std::optional<std::vector<std::int64_t>> constant_ints(const Value* value) {
  if (value == nullptr || !value->is_constant() || value->type.dtype != DType::kInt64)
    return std::nullopt;
  const Tensor aligned = value->constant().clone();
  const auto values = aligned.values<std::int64_t>();
  return std::vector<std::int64_t>(values.begin(), values.end());
}

/// Since opset 18 every reduction takes its axes as an input; here only ReduceSum does, and those
/// whose axes are computed or may be none.
void downgrade_reduction(Context& context) {
  Node& node = *context.node;
  const Value* axes = node.input(1);
  const auto values = constant_ints(axes);
  if (axes != nullptr && !values) return;
  if (values && !values->empty()) {
    node.attributes["axes"] = *values;
    drop(node, "noop_with_empty_axes");
  } else if (node.get_int("noop_with_empty_axes", 0) != 0) {
    return;
  }
  drop(node, "noop_with_empty_axes");
  context.replace_with(node.op_type(), {node.input(0)}, node.attributes);
}

void downgrade_split(Context& context) {
  drop(*context.node, "num_outputs");
}

void downgrade_resize(Context& context) {
  Node& node = *context.node;
  if (node.get_int("antialias", 0) == 0) drop(node, "antialias");
  if (node.get_string("keep_aspect_ratio_policy", "stretch") == "stretch")
    drop(node, "keep_aspect_ratio_policy");
}

void downgrade_cast(Context& context) {
  if (context.node->get_int("saturate", 1) != 0) drop(*context.node, "saturate");
}

/// Since opset 20 the axis is an input, and another one by default.
void downgrade_dft(Context& context) {
  if (context.node->input(2) == nullptr) context.node->attributes["axis"] = std::int64_t{-2};
}

void downgrade_grid_sample(Context& context) {
  Node& node = *context.node;
  const std::string mode = node.get_string("mode", "linear");
  node.attributes["mode"] = mode == "linear"  ? std::string("bilinear")
                            : mode == "cubic" ? std::string("bicubic")
                                              : mode;
}

/// Before opset 21 scale and bias were given per group, since then per channel: each is repeated
/// channels/groups times.
void upgrade_group_normalization(Context& context) {
  Node& node = *context.node;
  const std::int64_t groups = node.get_int("num_groups", 0);
  if (groups <= 0) context.fail("num_groups must be positive");
  Value* channels = context.compute("Shape", {node.input(0)},
                                    {{"start", std::int64_t{1}}, {"end", std::int64_t{2}}});
  Value* group_count = context.constant("groups", std::vector<std::int64_t>{groups});
  Value* column = context.constant("column", std::vector<std::int64_t>{groups, 1});
  Value* flat = context.constant("flat", std::vector<std::int64_t>{-1});
  Value* repeat = context.compute("Div", {channels, group_count});
  Value* target = context.compute("Concat", {group_count, repeat}, {{"axis", std::int64_t{0}}});
  for (const std::size_t slot : {1, 2}) {
    Value* per_group = context.compute("Reshape", {node.input(slot), column});
    Value* expanded = context.compute("Expand", {per_group, target});
    node.set_input(slot, context.compute("Reshape", {expanded, flat}));
  }
}

struct Upgrade {
  std::string_view op_type;
  std::int64_t first, last;  ///< The opsets of models that need it.
  void (*apply)(Context& context);
};

constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();

constexpr Upgrade kUpgrades[] = {
    {"BatchNormalization", 1, kForever, upgrade_batch_normalization},
    {"Cast", 19, kForever, downgrade_cast},
    {"Clip", 1, 10, upgrade_clip},
    {"DFT", 20, kForever, downgrade_dft},
    {"Dropout", 1, 9, upgrade_dropout},
    {"Dropout", 10, kForever, upgrade_dropout_with_mask},
    {"GridSample", 20, kForever, downgrade_grid_sample},
    {"GroupNormalization", 18, 20, upgrade_group_normalization},
    {"Hardmax", 1, 12, upgrade_softmax},
    {"LogSoftmax", 1, 12, upgrade_softmax},
    {"Pad", 1, 10, upgrade_pad},
    {"ReduceL1", 18, kForever, downgrade_reduction},
    {"ReduceL2", 18, kForever, downgrade_reduction},
    {"ReduceLogSum", 18, kForever, downgrade_reduction},
    {"ReduceLogSumExp", 18, kForever, downgrade_reduction},
    {"ReduceMax", 18, kForever, downgrade_reduction},
    {"ReduceMean", 18, kForever, downgrade_reduction},
    {"ReduceMin", 18, kForever, downgrade_reduction},
    {"ReduceProd", 18, kForever, downgrade_reduction},
    {"ReduceSum", 1, 12, axes_to_input},
    {"ReduceSumSquare", 18, kForever, downgrade_reduction},
    {"Resize", 10, 10, upgrade_resize},
    {"Resize", 18, kForever, downgrade_resize},
    {"Scatter", 1, kForever, upgrade_scatter},
    {"Slice", 1, 9, upgrade_slice},
    {"Softmax", 1, 12, upgrade_softmax},
    {"Split", 1, 12, upgrade_split},
    {"Split", 18, kForever, downgrade_split},
    {"Squeeze", 1, 12, axes_to_input},
    {"TopK", 1, 9, upgrade_top_k},
    {"Unsqueeze", 1, 12, axes_to_input},
    {"Upsample", 1, kForever, upgrade_upsample},
};

}  // namespace

void upgrade_operators(Graph& graph, std::int64_t graph_opset,
                       const std::unordered_map<const Node*, std::int64_t>& others) {
  Ranks ranks;
  for (Node* node : graph.nodes()) {
    const auto other = others.find(node);
    const std::int64_t opset = other == others.end() ? graph_opset : other->second;
    if (expand_contrib_operator(graph, node, ranks)) continue;
    Context context{graph, node, ranks};
    if (opset < kOldestUsual) upgrade_oldest(context, opset);
    const auto applies = [&](const Upgrade& upgrade) {
      return context.node->is(upgrade.op_type) && upgrade.first <= opset && opset <= upgrade.last;
    };
    if (const auto* upgrade = std::ranges::find_if(kUpgrades, applies);
        upgrade != std::end(kUpgrades))
      upgrade->apply(context);
    ranks.add(*context.node);
  }
}

}  // namespace headway::onnx
