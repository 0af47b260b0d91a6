#include <algorithm>
#include <array>
#include <cmath>

#include "ops/fused.h"
#include "ops/pool_geometry.h"
#include "passes/blocked_values.h"
#include "passes/pattern.h"

namespace headway {
namespace {

using Names = std::initializer_list<std::string_view>;

bool is_any_of(const Node& node, Names names) {
  return node.domain().empty() && std::ranges::find(names, node.op_type()) != names.end();
}

Shape shape_of(const Value* value) {
  return value->type.static_shape().value();
}

bool is_elementwise_unary(const Node& node) {
  return node.is("Silu", kFusedDomain) ||
         is_any_of(node, {"Abs",  "Ceil",        "Clip",      "Elu",       "Erf",  "Exp", "Floor",
                          "Gelu", "HardSigmoid", "HardSwish", "LeakyRelu", "Mish", "Neg", "Relu",
                          "Selu", "Sigmoid",     "Softplus",  "Softsign",  "Sqrt", "Tanh"});
}

bool is_elementwise_binary(const Node& node) {
  return node.is("FusedAdd", kFusedDomain) ||
         is_any_of(node, {"Add", "Div", "Max", "Min", "Mul", "Sub", "Sum"});
}

bool is_scalar(const Value* value) {
  return value->is_constant() && value->type.dtype == DType::kFloat32 &&
         value->constant().size() == 1;
}

/// Operands of an elementwise operator that have a blocked form: constants that vary along the
/// channels only, images as large as the output, or one pixel for all.
bool has_blocked_form(const Value* value, const Shape& output) {
  if (value == nullptr) return false;
  if (value->is_constant()) {
    return is_scalar(value) || per_channel_constant(value, 4, output[1]).has_value();
  }
  return is_image(value) && shape_of(value)[0] == output[0] && shape_of(value)[1] == output[1];
}

/// [1, blocks, 1, 1, block]; the lanes beyond the last channel are ones, which divide well.
Value* blocked_constant(Graph& graph, const Value* value, std::int64_t channels,
                        std::int64_t block) {
  const std::int64_t blocks = (channels + block - 1) / block;
  Tensor tensor = Tensor::allocate(DType::kFloat32, {1, blocks, 1, 1, block});
  std::ranges::fill(tensor.values<float>(), 1.0F);
  std::ranges::copy(*per_channel_constant(value, 4, channels), tensor.data<float>());
  return graph.add_constant(value->name() + "_blocked", std::move(tensor));
}

Value* blocked_operand(Graph& graph, Node& node, Value* value, std::int64_t block) {
  if (is_scalar(value)) return value;
  if (value->is_constant()) {
    return blocked_constant(graph, value, shape_of(node.output())[1], block);
  }
  return blocked(graph, node, value, block);
}

std::optional<Patch> propose_unary(Graph& graph, Node& node, std::int64_t block) {
  Value* source = blocked_source(node.input(0), block);
  if (source == nullptr || !is_elementwise_unary(node)) return std::nullopt;
  std::vector<Value*> inputs(node.inputs().begin(), node.inputs().end());
  inputs[0] = source;
  Value* output = insert_blocked(graph, node, node.op_type(), std::move(inputs), node.attributes,
                                 node.domain(), block);
  return unblocking_patch(graph, node, output);
}

std::optional<Patch> propose_binary(Graph& graph, Node& node, std::int64_t block) {
  if (!is_elementwise_binary(node) || !is_image(node.output())) return std::nullopt;
  const Shape shape = shape_of(node.output());
  const bool follows = std::ranges::any_of(node.inputs(), [&](const Value* input) {
    return blocked_source(input, block) != nullptr && shape_of(input) == shape;
  });
  const bool can = std::ranges::all_of(
      node.inputs(), [&](const Value* input) { return has_blocked_form(input, shape); });
  if (!follows || !can) return std::nullopt;
  std::vector<Value*> inputs;
  for (Value* input : node.inputs()) inputs.push_back(blocked_operand(graph, node, input, block));
  Value* output = insert_blocked(graph, node, node.op_type(), std::move(inputs), node.attributes,
                                 node.domain(), block);
  return unblocking_patch(graph, node, output);
}

/// Two spatial axes and a third one over the lanes, along which the window has extent 1.
std::optional<Patch> propose_pool(Graph& graph, Node& node, std::int64_t block) {
  Value* source = blocked_source(node.input(0), block);
  if (source == nullptr || !is_any_of(node, {"AveragePool", "MaxPool"}) || node.output(1)) {
    return std::nullopt;
  }
  const PoolGeometry geometry = pool_geometry(node);
  std::vector<std::int64_t> kernel, strides, dilations, before, behind;
  for (const WindowAxis& axis : geometry.axes) {
    kernel.push_back(axis.kernel);
    strides.push_back(axis.stride);
    dilations.push_back(axis.dilation);
    before.push_back(axis.pad_begin);
    behind.push_back(axis.pad_end);
  }
  for (auto* values : {&kernel, &strides, &dilations}) values->push_back(1);
  before.push_back(0);
  behind.push_back(0);
  before.insert(before.end(), behind.begin(), behind.end());
  Attributes attributes = node.attributes;
  attributes.erase("auto_pad");
  attributes["kernel_shape"] = kernel;
  attributes["strides"] = strides;
  attributes["pads"] = before;
  if (node.is("MaxPool") || node.has("dilations")) attributes["dilations"] = dilations;
  Value* output =
      insert_blocked(graph, node, node.op_type(), {source}, std::move(attributes), "", block);
  return unblocking_patch(graph, node, output);
}

/// The mean over an image, which leaves one pixel.
std::optional<Patch> propose_global_pool(Graph& graph, Node& node, std::int64_t block) {
  Value* source = blocked_source(node.input(0), block);
  if (source == nullptr || !is_image(node.output())) return std::nullopt;
  std::string_view reduction = node.op_type();
  if (node.is("GlobalAveragePool")) reduction = "ReduceMean";
  if (node.is("GlobalMaxPool")) reduction = "ReduceMax";
  const bool reduces = is_any_of(node, {"ReduceMean", "ReduceMax", "ReduceMin"});
  auto axes = node.get_ints("axes", {});
  for (std::int64_t& axis : axes) axis += axis < 0 ? 4 : 0;
  if (reduces && axes != std::vector<std::int64_t>{2, 3}) return std::nullopt;
  if (reduction == node.op_type() && !reduces) return std::nullopt;
  Attributes attributes;
  attributes["axes"] = std::vector<std::int64_t>{2, 3};
  attributes["keepdims"] = std::int64_t{1};
  Value* output =
      insert_blocked(graph, node, reduction, {source}, std::move(attributes), "", block);
  return unblocking_patch(graph, node, output);
}

/// Blocks can be joined if none but the last input leaves lanes empty.
std::optional<Patch> propose_concat(Graph& graph, Node& node, std::int64_t block) {
  if (!node.is("Concat") || !is_image(node.output())) return std::nullopt;
  const std::int64_t axis = node.get_int("axis", 0);
  if (axis == 0 || axis == -4) return std::nullopt;
  const bool along_channels = axis == 1 || axis == -3;
  bool follows = false;
  for (std::size_t i = 0; i < node.inputs().size(); ++i) {
    follows = follows || blocked_source(node.input(i), block);
    const bool is_last = i + 1 == node.inputs().size();
    if (along_channels && !is_last && shape_of(node.input(i))[1] % block != 0) return std::nullopt;
  }
  if (!follows) return std::nullopt;
  std::vector<Value*> inputs;
  for (Value* input : node.inputs()) inputs.push_back(blocked(graph, node, input, block));
  Attributes attributes;
  attributes["axis"] = axis < 0 ? axis + 4 : axis;
  Value* output =
      insert_blocked(graph, node, "Concat", std::move(inputs), std::move(attributes), "", block);
  return unblocking_patch(graph, node, output);
}

std::optional<Patch> propose_batch_norm(Graph& graph, Node& node, std::int64_t block) {
  const bool fused = node.is("FusedBatchNormalization", kFusedDomain);
  Value* source = blocked_source(node.input(0), block);
  if (source == nullptr || (!fused && !node.is("BatchNormalization"))) return std::nullopt;
  const std::int64_t channels = shape_of(node.input(0))[1];
  std::array<std::vector<float>, 4> parameters;
  for (std::size_t i = 0; i < 4; ++i) {
    auto elements = float_constant(node.input(i + 1));
    if (!elements) return std::nullopt;
    parameters[i] = std::move(*elements);
  }
  const auto& [gain, offset, mean, variance] = parameters;
  const double epsilon = static_cast<double>(node.get_float("epsilon", 1e-5F));
  const Shape shape{1, (channels + block - 1) / block, 1, 1, block};
  Tensor scale = Tensor::zeros(DType::kFloat32, shape),
         shift = Tensor::zeros(DType::kFloat32, shape);
  for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
    const double factor =
        static_cast<double>(gain[c]) / std::sqrt(static_cast<double>(variance[c]) + epsilon);
    scale.data<float>()[c] = static_cast<float>(factor);
    shift.data<float>()[c] =
        static_cast<float>(static_cast<double>(offset[c]) - static_cast<double>(mean[c]) * factor);
  }
  Attributes attributes = node.attributes;
  for (const char* name : {"epsilon", "momentum", "training_mode"}) attributes.erase(name);
  Value* output = insert_blocked(graph, node, "ScaleShift",
                                 {source, graph.add_constant(node.name() + "_scale", scale),
                                  graph.add_constant(node.name() + "_shift", shift)},
                                 std::move(attributes), kFusedDomain, block);
  return unblocking_patch(graph, node, output);
}

}  // namespace

std::optional<Patch> propose_past_unblocking(Graph& graph, Node& node, std::int64_t block) {
  if (node.is("UnblockChannels", kFusedDomain)) return std::nullopt;
  for (const auto propose : {propose_unary, propose_binary, propose_pool, propose_global_pool,
                             propose_concat, propose_batch_norm}) {
    if (auto patch = propose(graph, node, block)) return patch;
  }
  return std::nullopt;
}

}  // namespace headway
