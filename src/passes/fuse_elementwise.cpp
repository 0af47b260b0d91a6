#include "passes/fuse_elementwise.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ops/fused.h"

namespace headway {
namespace {

constexpr auto kUnary = std::to_array<std::string_view>(
    {"Abs",   "Acos",  "Acosh",          "Asin",     "Asinh",  "Atan",
     "Atanh", "Ceil",  "Celu",           "Cos",      "Cosh",   "Elu",
     "Erf",   "Exp",   "Floor",          "Log",      "Mish",   "Neg",
     "Not",   "Round", "Reciprocal",     "Selu",     "Shrink", "Sign",
     "Sin",   "Sinh",  "Softplus",       "Softsign", "Sqrt",   "Swish",
     "Tan",   "Tanh",  "ThresholdedRelu"});
constexpr auto kBinary = std::to_array<std::string_view>(
    {"Add", "And", "Div", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Max", "Min",
     "Mul", "Or", "PRelu", "Pow", "Sub"});

bool is_one_of(const Node& node, std::span<const std::string_view> names) {
  return node.domain().empty() && std::ranges::find(names, node.op_type()) != names.end();
}

bool is_known_type(const Value* value) {
  return value->type.is_tensor() && value->type.static_shape() &&
         (value->type.dtype == DType::kFloat32 || value->type.dtype == DType::kBool);
}

bool is_elementwise(const Node& node) {
  if (node.outputs().size() != 1 || !is_known_type(node.output())) return false;
  if (activation_of(node)) return node.input(0)->type.dtype == DType::kFloat32;
  const bool has_name = (is_one_of(node, kUnary) && node.inputs().size() == 1) ||
                        (is_one_of(node, kBinary) && node.inputs().size() == 2) || node.is("Where");
  return has_name && std::ranges::all_of(node.inputs(), is_known_type);
}

/// Bounds of a Clip stay constants of the body.
bool is_parameter(const Node& node, std::size_t input) {
  return node.is("Clip") && input > 0;
}

using Group = std::vector<Node*>;

bool contains(const Group& group, const Node* node) {
  return std::ranges::find(group, node) != group.end();
}

/// What the group reads that it does not compute.
std::vector<Value*> operands_of(const Group& group) {
  std::vector<Value*> operands;
  for (const Node* node : group) {
    for (std::size_t i = 0; i < node->inputs().size(); ++i) {
      Value* input = node->input(i);
      const bool is_inside = input == nullptr || is_parameter(*node, i) ||
                             (input->producer() != nullptr && contains(group, input->producer()));
      if (!is_inside && std::ranges::find(operands, input) == operands.end())
        operands.push_back(input);
    }
  }
  return operands;
}

bool fits(const Group& group) {
  const std::vector<Value*> operands = operands_of(group);
  const std::int64_t size = num_elements(*group.front()->output()->type.static_shape());
  const auto repeated = std::ranges::count_if(operands, [=](const Value* operand) {
    const std::int64_t elements = num_elements(*operand->type.static_shape());
    return elements != size && elements != 1;
  });
  return operands.size() <= kMostElementwiseInputs &&
         static_cast<std::size_t>(repeated) <= kMostRepeatedInputs;
}

/// True if the node may be computed where its only readers, which are in the group, need it.
bool joins(const Graph& graph, const Group& group, Node* node) {
  if (node == nullptr || contains(group, node) || !is_elementwise(*node)) return false;
  const Value* value = node->output();
  const bool is_private =
      !graph.is_output(value) &&
      std::ranges::all_of(value->users(), [&](const Node* user) { return contains(group, user); });
  if (!is_private || value->type.shape != group.front()->output()->type.shape) return false;
  Group larger = group;
  larger.push_back(node);
  return fits(larger);
}

/// The nodes that are computed together with `root`, which comes first.
Group grow(const Graph& graph, Node* root) {
  Group group = {root};
  for (std::size_t before = 0; before != group.size();) {
    before = group.size();
    for (std::size_t i = 0; i < group.size(); ++i) {
      for (const Value* input : group[i]->inputs()) {
        if (input != nullptr && joins(graph, group, input->producer()))
          group.push_back(input->producer());
      }
    }
  }
  return group;
}

/// `group`: in the order of the graph.
Body body_of(const Group& group, const std::vector<Value*>& operands) {
  auto body = std::make_shared<Graph>("elementwise");
  std::map<const Value*, Value*> inside;
  for (const Value* operand : operands)
    inside[operand] = body->add_input(operand->name(), operand->type);
  for (const Node* node : group) {
    std::vector<Value*> inputs;
    for (const Value* input : node->inputs()) {
      const bool is_new = input != nullptr && !inside.contains(input);
      if (is_new) inside[input] = body->add_constant(input->name(), input->constant());
      inputs.push_back(input == nullptr ? nullptr : inside.at(input));
    }
    const Value* output = node->output();
    inside[output] = body->add_node(node->op_type(), inputs, {output->name()}, node->attributes,
                                    node->name(), node->domain())
                         ->output();
  }
  body->add_output(inside.at(group.back()->output()));
  return body;
}

}  // namespace

std::size_t fuse_elementwise(Graph& graph) {
  const std::vector<Node*> order = graph.nodes();
  std::unordered_map<const Node*, std::size_t> place;
  for (const Node* node : order) place.emplace(node, place.size());
  std::unordered_set<const Node*> taken;
  for (auto root = order.rbegin(); root != order.rend(); ++root) {
    if (taken.contains(*root) || !is_elementwise(**root)) continue;
    Group group = grow(graph, *root);
    if (group.size() < 2 || !fits(group)) continue;
    const std::vector<Value*> operands = operands_of(group);
    std::ranges::sort(group, {}, [&](const Node* node) { return place.at(node); });
    Value* output = (*root)->output();
    const Node* fused =
        graph.insert_node(*root, "Elementwise", operands, {output->name()},
                          {{"body", body_of(group, operands)}}, (*root)->name(), kFusedDomain);
    fused->output()->type = output->type;
    graph.replace_uses(output, fused->output());
    taken.insert(group.begin(), group.end());
  }
  graph.erase_dead();
  return taken.size();
}

}  // namespace headway
