#include <algorithm>

#include "formats/torchscript/reader/typed_graph.h"

/// Bodies of If and Loop: graphs of their own inside a TypedGraph.
namespace headway::script {

void TypedGraph::open_body() {
  // Each level is read, and its types are inferred, several times.
  constexpr std::size_t kMaxDepth = 8;
  if (bodies_.size() >= kMaxDepth)
    fail(ErrorCode::kUnsupported, "branches and loops that depend on data are nested more than ",
         kMaxDepth, " deep");
  bodies_.push_back(std::make_unique<OpenBody>());
}

void TypedGraph::reopen_body(std::unique_ptr<OpenBody> body) {
  bodies_.push_back(std::move(body));
}

std::unique_ptr<OpenBody> TypedGraph::close_body() {
  std::unique_ptr<OpenBody> body = std::move(bodies_.back());
  bodies_.pop_back();
  return body;
}

Value* TypedGraph::body_input(std::string name, TensorType type) {
  return current().add_input(std::move(name), std::move(type));
}

void TypedGraph::body_output(Value* value) {
  // A node of its own, as values may be inputs or outputs already.
  Node* node = current().add_node("Identity", {local(value, bodies_.size())});
  node->output()->type = value->type;
  current().add_output(node->output());
}

/// The value as the body at that depth (0: the graph itself) sees it.
Value* TypedGraph::local(Value* value, std::size_t depth) {
  if (value == nullptr) return nullptr;
  const Graph& graph = depth == 0 ? graph_ : bodies_[depth - 1]->graph;
  if (graph.find(value->name()) == value) return value;
  if (depth == 0)
    fail(ErrorCode::kUnsupported, "what one branch or a loop computed is used outside of it");
  OpenBody& body = *bodies_[depth - 1];
  if (const auto known = body.local.find(value); known != body.local.end()) return known->second;
  Value* outer = local(value, depth - 1);
  if (const auto known = body.local.find(outer); known != body.local.end())
    return body.local[value] = known->second;
  Value* inner = nullptr;
  if (outer->is_constant()) {
    inner = body.graph.add_constant(outer->name(), outer->constant());
  } else {
    inner = body.graph.add_input(outer->name(), outer->type);
    body.captured.emplace_back(outer, inner);
    body.local[outer] = inner;
    if (const auto facts = facts_.find(outer); facts != facts_.end()) {
      const Facts copy = facts->second;
      facts_[inner] = copy;
    }
  }
  return body.local[value] = inner;
}

void TypedGraph::share_captures(const OpenBody& from, OpenBody& to) {
  for (std::size_t i = to.captured.size(); i < from.captured.size(); ++i) {
    Value* outer = from.captured[i].first;
    Value* inner = to.graph.add_input(outer->name(), outer->type);
    to.captured.emplace_back(outer, inner);
    to.local[outer] = inner;
  }
}

std::vector<Value*> TypedGraph::add_control(std::string_view op_type, std::vector<Value*> inputs,
                                            std::span<const std::string_view> names,
                                            std::span<const std::unique_ptr<OpenBody>> bodies,
                                            std::size_t outputs) {
  const auto& outside = bodies[0]->captured;
  Attributes attributes;
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    bodies[i]->graph.erase_dead();
    attributes[std::string(names[i])] = std::make_shared<const Graph>(bodies[i]->graph.clone());
  }
  if (!outside.empty()) attributes["captures"] = static_cast<std::int64_t>(outside.size());
  for (const auto& [outer, inner] : outside) inputs.push_back(outer);
  return add_all(op_type, std::move(inputs), outputs, std::move(attributes));
}

bool TypedGraph::has_static_inputs() const {
  return std::ranges::all_of(
      graph_.inputs(), [](const Value* input) { return input->type.static_shape().has_value(); });
}

/// Extents that data decides get names, so that the same ones are known to be the same.
void TypedGraph::name_extents(TensorType& type) {
  if (!type.shape || to_static(*type.shape) || !has_static_inputs()) return;
  for (Dim& dim : *type.shape)
    if (!dim.is_static() && !dim.is_symbol()) dim = Dim(concat("data", extents_++));
}

}  // namespace headway::script
