#include <limits>

#include "ops/body.h"
#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"
#include "ops/stack.h"

namespace headway {
namespace {

/// Inputs before the values that the loop carries: how often at most, and whether at all.
constexpr std::size_t kOwn = 2;

struct Layout {
  std::size_t carried, scanned;
};

Layout layout_of(const Node& node) {
  const std::size_t captures = node.captures(), inputs = node.inputs().size();
  if (inputs < kOwn + captures) {
    fail(ErrorCode::kInvalidModel, node.described(),
         ": a loop has inputs for its trip count and its condition, even if they are omitted");
  }
  const std::size_t carried = inputs - kOwn - captures;
  if (node.outputs().size() < carried) {
    fail(ErrorCode::kInvalidModel, node.described(), ": it carries ", carried,
         " values, but has only ", node.outputs().size(), " outputs");
  }
  check_body(node, "body", inputs, node.outputs().size() + 1);
  return {carried, node.outputs().size() - carried};
}

void infer_loop(InferContext& context) {
  const Node& node = context.node();
  const Layout layout = layout_of(node);
  std::vector<TensorType> inputs = {{DType::kInt64, SymbolicShape{}},
                                    {DType::kBool, SymbolicShape{}}};
  for (std::size_t i = kOwn; i < node.inputs().size(); ++i) inputs.push_back(context.input(i));

  // What a value is changes from one iteration to the next in fewer and fewer ways.
  std::vector<TensorType> outputs;
  for (bool changed = true; changed;) {
    outputs = infer_body(node.body("body"), inputs);
    changed = false;
    for (std::size_t i = 0; i < layout.carried; ++i) {
      TensorType& carried = inputs[kOwn + i];
      const TensorType common = common_type(node, carried, outputs[i + 1]);
      changed = changed || common != carried;
      carried = common;
    }
  }
  for (std::size_t i = 0; i < layout.carried; ++i) context.set_output(i, inputs[kOwn + i]);
  for (std::size_t i = layout.carried; i < node.outputs().size(); ++i) {
    TensorType type = outputs[i + 1];
    if (!type.is_tensor())
      context.fail("output ", i, " collects ", type.to_string(), ", but must collect tensors");
    if (type.shape) type.shape->insert(type.shape->begin(), Dim());
    context.set_output(i, std::move(type));
  }
}

bool truth(const Node& node, const Datum& datum) {
  const Tensor& tensor = datum.tensor();
  if (tensor.size() != 1 || tensor.dtype() != DType::kBool) {
    fail(ErrorCode::kInvalidArgument, node.described(), ": the condition is ", datum.described(),
         ", but must be one bool");
  }
  return *tensor.data<bool>();
}

std::int64_t trip_count(const Node& node, const Datum& datum) {
  if (datum.is_nothing()) return std::numeric_limits<std::int64_t>::max();
  const Tensor& tensor = datum.tensor();
  if (tensor.size() != 1 || tensor.dtype() != DType::kInt64) {
    fail(ErrorCode::kInvalidArgument, node.described(), ": the trip count is ", datum.described(),
         ", but must be one int64");
  }
  return *tensor.data<std::int64_t>();
}

/// What a loop collects that never ran. Extents that nobody knows are 0.
Tensor nothing_collected(const Node& node, std::size_t output) {
  const Value* value = node.output(output);
  const TensorType& element = node.body("body").outputs()[output + 1]->type;
  SymbolicShape rest = element.shape.value_or(SymbolicShape());
  const bool is_inferred = value != nullptr && value->type.shape;
  if (is_inferred) rest.assign(value->type.shape->begin() + 1, value->type.shape->end());
  Shape shape = {0};
  for (const Dim& dim : rest) shape.push_back(dim.is_static() ? dim.extent() : 0);
  return Tensor::allocate(is_inferred ? value->type.dtype : element.dtype, std::move(shape));
}

std::vector<Datum> evaluate_loop(const Node& node, std::span<const Datum> inputs,
                                 EvaluateContext& context) {
  const Layout layout = layout_of(node);
  const std::int64_t trips = trip_count(node, inputs[0]);
  std::vector<Datum> operands(inputs.begin(), inputs.end());
  bool goes_on = inputs[1].is_nothing() || truth(node, inputs[1]);
  operands[1] = Tensor::from<bool>({}, {goes_on});
  std::vector<std::vector<Tensor>> collected(layout.scanned);
  std::uint64_t bytes = 0;
  for (std::int64_t trip = 0; trip < trips && goes_on; ++trip) {
    operands[0] = Tensor::from<std::int64_t>({}, {trip});
    std::vector<Datum> results = context.run(node.body("body"), operands);
    goes_on = truth(node, results[0]);
    for (std::size_t i = 0; i <= layout.carried; ++i) operands[i + 1] = std::move(results[i]);
    for (std::size_t i = 0; i < layout.scanned; ++i) {
      collected[i].push_back(results[1 + layout.carried + i].tensor());
      bytes += collected[i].back().byte_size();
    }
    context.check_memory(node, bytes);
  }
  const auto first = operands.begin() + kOwn;
  std::vector<Datum> outputs(first, first + static_cast<std::ptrdiff_t>(layout.carried));
  for (std::size_t i = 0; i < layout.scanned; ++i) {
    outputs.emplace_back(collected[i].empty() ? nothing_collected(node, layout.carried + i)
                                              : stack(collected[i], 0));
  }
  return outputs;
}

}  // namespace

std::vector<Operator> loop_operators() {
  return {{"Loop",
           "",
           25,
           0,
           Operator::kVariadic,
           1,
           Operator::kVariadic,
           {{"body", AttributeKind::kGraph, true}, {"captures", AttributeKind::kInt}},
           infer_loop,
           nullptr,
           evaluate_loop}};
}

}  // namespace headway
