#include "runtime/stages.h"

#include <algorithm>
#include <unordered_set>

#include "base/error.h"
#include "ops/operator.h"

namespace headway {
namespace {

/// A graph may see any shapes; only so many stages are kept in all, and after each one.
constexpr std::size_t kMaxStages = 256;
constexpr std::size_t kMaxNext = 32;

bool is_plannable(const TensorType& type) {
  return type.dtype != DType::kString && type.static_shape().has_value();
}

bool is_plannable(const Node& node) {
  if (operator_of(node).reference == nullptr) return false;
  const auto fits = [](const Value* value) {
    return value == nullptr || is_plannable(value->type);
  };
  return std::ranges::all_of(node.inputs(), fits) && std::ranges::all_of(node.outputs(), fits);
}

/// The nodes that are still to run, over values whose types are as known as they can be: a copy,
/// in which each value has a twin.
class Remainder {
 public:
  Remainder(const Graph& graph, std::span<const Node* const> nodes, const Frame& frame) {
    for (const auto& [value, datum] : frame) {
      TensorType type = value->type;
      if (datum.is_tensor() && type.is_tensor())
        type = {datum.dtype(), to_symbolic(datum.tensor().shape())};
      add(value, typed_.add_input("", std::move(type)));
    }
    for (const Value* constant : graph.constants())
      add(constant, typed_.add_constant(constant->name(), constant->constant()));
    for (const Node* node : nodes) copy(*node);
    infer_types(typed_);
  }

  const Value* twin(const Value* value) const { return twins_.at(value); }
  const Node* twin(const Node* node) const { return nodes_.at(node); }

 private:
  void add(const Value* value, Value* twin) { twins_[value] = twin; }

  void copy(const Node& node) {
    std::vector<Value*> inputs;
    for (const Value* input : node.inputs())
      inputs.push_back(input == nullptr ? nullptr : twins_.at(input));
    Node* twin =
        typed_.add_node(node.op_type(), inputs, std::vector<std::string>(node.outputs().size(), ""),
                        node.attributes, node.name(), node.domain());
    for (std::size_t i = 0; i < node.outputs().size(); ++i) {
      if (node.output(i) == nullptr)
        typed_.erase_output(twin, i);
      else
        add(node.output(i), twin->output(i));
    }
    nodes_[&node] = twin;
  }

  Graph typed_;
  std::unordered_map<const Value*, Value*> twins_;
  std::unordered_map<const Node*, const Node*> nodes_;
};

/// Divides what is left to do and plans the first part.
class StageMaker {
 public:
  StageMaker(const Graph& graph, const std::vector<const Node*>& nodes, const Frame& frame)
      : graph_(graph), nodes_(nodes), frame_(frame), remainder_(graph, nodes, frame) {}

  std::shared_ptr<Stage> make(const StagedGraph::MakePlan& make_plan) {
    for (const Node* node : nodes_) place(node);
    list_plan_values();
    if (!planned_.empty()) stage_->plan = make_plan(planned_graph());
    list_dead();
    return std::move(stage_);
  }

 private:
  bool is_known(const Value* value) const {
    return value == nullptr || value->is_constant() || frame_.contains(value) ||
           planned_values_.contains(value) || evaluated_values_.contains(value);
  }

  bool has_shape(const Value* value) const {
    return value == nullptr || is_plannable(remainder_.twin(value)->type);
  }

  void place(const Node* node) {
    const auto inputs = node->inputs();
    const auto is_early = [&](const Value* value) {
      return is_known(value) && !evaluated_values_.contains(value);
    };
    if (std::ranges::all_of(inputs, is_early) && is_plannable(*remainder_.twin(node))) {
      planned_.push_back(node);
      add_outputs(*node, planned_values_);
    } else if (std::ranges::all_of(inputs, [&](auto* v) { return is_known(v); }) &&
               decides(*node)) {
      stage_->evaluated.push_back(node);
      add_outputs(*node, evaluated_values_);
      for (const Value* output : node->outputs())
        if (output != nullptr && output->type.is_tensor()) stage_->decided.push_back(output);
    } else {
      stage_->rest.push_back(node);
    }
  }

  /// True if no later stage could plan the node: it chooses shapes itself, or has other values.
  bool decides(const Node& node) const {
    if (operator_of(node).reference == nullptr) return true;
    const auto is_other = [&](const Value* value) {
      if (value == nullptr) return false;
      const TensorType& type = remainder_.twin(value)->type;
      return !type.is_tensor() || type.dtype == DType::kString;
    };
    if (std::ranges::any_of(node.inputs(), is_other) ||
        std::ranges::any_of(node.outputs(), is_other))
      return true;
    return std::ranges::all_of(node.inputs(), [&](auto* v) { return has_shape(v); }) &&
           !std::ranges::all_of(node.outputs(), [&](auto* v) { return has_shape(v); });
  }

  static void add_outputs(const Node& node, std::unordered_set<const Value*>& values) {
    for (const Value* output : node.outputs())
      if (output != nullptr) values.insert(output);
  }

  void list_plan_values() {
    std::unordered_set<const Value*> seen;
    for (const Node* node : planned_) {
      for (const Value* input : node->inputs()) {
        if (input != nullptr && frame_.contains(input) && seen.insert(input).second)
          stage_->inputs.push_back(input);
      }
    }
    const std::unordered_set<const Node*> inside(planned_.begin(), planned_.end());
    for (const Node* node : planned_) {
      for (const Value* output : node->outputs()) {
        if (output == nullptr) continue;
        const bool leaves = std::ranges::any_of(
            output->users(), [&](const Node* user) { return !inside.contains(user); });
        if (leaves || graph_.is_output(output)) stage_->outputs.push_back(output);
      }
    }
  }

  Graph planned_graph() const {
    Graph graph(graph_.name());
    std::unordered_map<const Value*, Value*> copies = {{nullptr, nullptr}};
    for (const Value* input : stage_->inputs)
      copies[input] = graph.add_input(input->name(), remainder_.twin(input)->type);
    for (const Node* node : planned_) {
      std::vector<Value*> inputs;
      for (const Value* input : node->inputs()) {
        Value*& copy = copies[input];
        if (copy == nullptr && input != nullptr)
          copy = graph.add_constant(input->name(), input->constant());
        inputs.push_back(copy);
      }
      std::vector<std::string> names;
      for (const Value* output : node->outputs())
        names.push_back(output == nullptr ? "" : output->name());
      Node* copy = graph.add_node(node->op_type(), inputs, names, node->attributes, node->name(),
                                  node->domain());
      for (std::size_t i = 0; i < names.size(); ++i) {
        const Value* output = node->output(i);
        if (output == nullptr) {
          graph.erase_output(copy, i);
        } else {
          copies[output] = copy->output(i);
          copy->output(i)->type = remainder_.twin(output)->type;
        }
      }
    }
    for (const Value* output : stage_->outputs) graph.add_output(copies.at(output));
    return graph;
  }

  void list_dead() {
    std::unordered_set<const Value*> needed(graph_.outputs().begin(), graph_.outputs().end());
    for (const Node* node : stage_->rest)
      needed.insert(node->inputs().begin(), node->inputs().end());
    const auto list = [&](const Value* value) {
      if (!needed.contains(value)) stage_->dead.push_back(value);
    };
    for (const auto& [value, datum] : frame_) list(value);
    for (const Value* value : stage_->outputs) list(value);
    for (const Value* value : evaluated_values_) list(value);
  }

  const Graph& graph_;
  const std::vector<const Node*>& nodes_;
  const Frame& frame_;
  Remainder remainder_;
  std::shared_ptr<Stage> stage_ = std::make_shared<Stage>();
  std::vector<const Node*> planned_;
  std::unordered_set<const Value*> planned_values_, evaluated_values_;
};

std::vector<Shape> shapes_of(std::span<const Value* const> values, const Frame& frame) {
  std::vector<Shape> shapes;
  for (const Value* value : values) {
    const auto found = frame.find(value);
    const bool has_shape = found != frame.end() && found->second.is_tensor();
    shapes.push_back(has_shape ? found->second.tensor().shape() : Shape{-1});
  }
  return shapes;
}

}  // namespace

bool can_plan(const Graph& graph) {
  return std::ranges::all_of(graph.inputs(),
                             [](const Value* input) { return is_plannable(input->type); }) &&
         std::ranges::all_of(graph.outputs(),
                             [](const Value* output) { return is_plannable(output->type); }) &&
         std::ranges::all_of(graph.nodes(), [](const Node* node) { return is_plannable(*node); });
}

StagedGraph::StagedGraph(Graph graph, MakePlan make_plan)
    : graph_(std::move(graph)), make_plan_(std::move(make_plan)), root_(std::make_shared<Stage>()) {
  for (const Value* input : graph_.inputs())
    if (input->type.is_tensor()) root_->decided.push_back(input);
  for (const Node* node : graph_.nodes()) root_->rest.push_back(node);
}

std::shared_ptr<Stage> StagedGraph::after(const std::shared_ptr<Stage>& stage, const Frame& frame) {
  const std::lock_guard lock(mutex_);
  Stage& last = stage == nullptr ? *root_ : *stage;
  std::vector<Shape> shapes = shapes_of(last.decided, frame);
  const auto found = std::ranges::find(last.next, shapes, &Stage::Next::shapes);
  if (found != last.next.end()) {
    last.next.splice(last.next.begin(), last.next, found);
    return last.next.front().stage;
  }
  if (++stages_ > kMaxStages) {
    // Whoever runs a stage keeps it; all others are forgotten.
    root_->next.clear();
    stages_ = 1;
  }
  last.next.push_front({std::move(shapes), make_stage(last.rest, frame)});
  if (last.next.size() > kMaxNext) last.next.pop_back();
  return last.next.front().stage;
}

std::shared_ptr<Stage> StagedGraph::make_stage(const std::vector<const Node*>& rest,
                                               const Frame& frame) {
  return StageMaker(graph_, rest, frame).make(make_plan_);
}

}  // namespace headway
