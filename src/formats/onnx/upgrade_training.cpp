#include "formats/onnx/upgrade_training.h"

namespace headway::onnx {
namespace {

/// Removes outputs from `first` on, which have no meaning in inference.
void drop_outputs(Context& context, std::size_t first) {
  Node& node = *context.node;
  for (std::size_t i = first; i < node.outputs().size(); ++i) {
    const Value* output = node.output(i);
    if (output == nullptr) continue;
    if (!output->users().empty() || context.graph.is_output(output))
      context.fail("its output '", output->name(),
                   "' exists in training only; export the model in "
                   "inference mode");
    context.graph.erase_output(&node, i);
  }
}

bool is_zero(const Value* value) {
  return value != nullptr && value->is_constant() && value->constant().size() == 1 &&
         value->constant().clone().to(DType::kFloat64).data<double>()[0] == 0;
}

bool is_read(const Context& context, const Value* output) {
  return output != nullptr && (!output->users().empty() || context.graph.is_output(output));
}

/// before · momentum + now · (1 - momentum)
Value* running(Context& context, Value* before, Value* now, float momentum) {
  const auto times = [&](Value* value, float factor) {
    Value* like = context.compute(
        "CastLike", {context.constant("factor", Tensor::from<float>({}, {factor})), value});
    return context.compute("Mul", {value, like});
  };
  Value* addend = context.compute("CastLike", {times(now, 1 - momentum), before});
  return context.compute("Add", {times(before, momentum), addend});
}

/// Normalizes by the statistics of the batch itself, and updates those that inference will use.
void expand_training(Context& context) {
  Node& node = *context.node;
  const auto rank = context.ranks.of(node.input(0));
  if (!rank) context.fail("the rank of its input is not known");
  std::vector<std::int64_t> axes = {0}, behind;
  for (std::int64_t axis = 2; axis < *rank; ++axis) {
    axes.push_back(axis);
    behind.push_back(axis - 1);
  }
  const auto mean_of = [&](Value* value, std::int64_t keepdims) {
    return context.compute("ReduceMean", {value}, {{"axes", axes}, {"keepdims", keepdims}});
  };
  const auto per_channel = [&](std::size_t input) {
    Value* aligned = context.compute("CastLike", {node.input(input), node.input(0)});
    return behind.empty()
               ? aligned
               : context.compute("Unsqueeze", {aligned, context.constant("axes", behind)});
  };
  Value* x = node.input(0);
  Value* difference = context.compute("Sub", {x, mean_of(x, 1)});
  Value* squares = context.compute("Mul", {difference, difference});
  Value* epsilon = context.compute(
      "CastLike",
      {context.constant("epsilon", Tensor::from<float>({}, {node.get_float("epsilon", 1e-5f)})),
       x});
  Value* deviation =
      context.compute("Sqrt", {context.compute("Add", {mean_of(squares, 1), epsilon})});
  Value* normal = context.compute("Div", {difference, deviation});
  Value* scaled = context.compute("Mul", {normal, per_channel(1)});
  const float momentum = node.get_float("momentum", 0.9f);
  if (node.output(1) != nullptr)
    context.graph.replace_uses(node.output(1),
                               running(context, node.input(3), mean_of(x, 0), momentum));
  if (node.output(2) != nullptr)
    context.graph.replace_uses(node.output(2),
                               running(context, node.input(4), mean_of(squares, 0), momentum));
  context.replace_with("Add", {scaled, per_channel(2)}, {});
}

}  // namespace

void upgrade_batch_normalization(Context& context) {
  Node& node = *context.node;
  if (node.get_int("spatial", 1) == 0)
    context.fail("batch normalization per activation (spatial = 0) is not supported");
  drop(node, "spatial");
  if (node.get_int("training_mode", 0) != 0) return expand_training(context);
  drop_outputs(context, 1);
}

void upgrade_dropout(Context& context) {
  drop_outputs(context, 1);
  upgrade_dropout_with_mask(context);
}

void upgrade_dropout_with_mask(Context& context) {
  Node& node = *context.node;
  drop(node, "ratio");
  if (is_read(context, node.output(1))) return;
  drop_outputs(context, 1);
  // What PyTorch exports for a dropout that is always in training mode, but drops nothing.
  if (is_zero(node.input(1))) context.replace_with("Identity", {node.input(0)}, {});
}

}  // namespace headway::onnx
