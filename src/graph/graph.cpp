#include "graph/graph.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/error.h"

namespace headway {

Value* Graph::add_input(std::string name, TensorType type) {
  Value* value = new_value(std::move(name));
  value->type = std::move(type);
  inputs_.push_back(value);
  return value;
}

Value* Graph::add_constant(std::string name, Tensor tensor) {
  Value* value = new_value(std::move(name));
  value->type = {tensor.dtype(), to_symbolic(tensor.shape())};
  value->constant_ = std::move(tensor);
  constants_.push_back(value);
  return value;
}

Node* Graph::add_node(std::string_view op_type, std::vector<Value*> inputs,
                      std::vector<std::string> output_names, Attributes attributes,
                      std::string name, std::string_view domain) {
  return insert_node(nullptr, op_type, std::move(inputs), std::move(output_names),
                     std::move(attributes), std::move(name), domain);
}

Node* Graph::insert_node(const Node* position, std::string_view op_type, std::vector<Value*> inputs,
                         std::vector<std::string> output_names, Attributes attributes,
                         std::string name, std::string_view domain) {
  auto owned = std::make_unique<Node>();
  Node* node = owned.get();
  node->domain_ = domain;
  node->op_type_ = op_type;
  node->attributes = std::move(attributes);
  node->inputs_ = std::move(inputs);
  for (Value* input : node->inputs_)
    if (input != nullptr) input->users_.push_back(node);
  for (std::string& output_name : output_names) {
    Value* output = new_value(std::move(output_name));
    output->producer_ = node;
    node->outputs_.push_back(output);
  }
  if (name.empty()) name = node->outputs_.empty() ? node->op_type_ : node->outputs_[0]->name_;
  node->name_ = std::move(name);

  auto place = nodes_.end();
  if (position != nullptr)
    place = std::ranges::find(nodes_, position, [](const auto& other) { return other.get(); });
  nodes_.insert(place, std::move(owned));
  return node;
}

void Graph::add_output(Value* value) {
  outputs_.push_back(value);
  value->is_output_ = true;
}

std::vector<Node*> Graph::nodes() const {
  std::vector<Node*> nodes;
  nodes.reserve(nodes_.size());
  for (const auto& node : nodes_) nodes.push_back(node.get());
  return nodes;
}

std::vector<Value*> Graph::constants() const {
  return constants_;
}

Value* Graph::find(std::string_view value_name) const {
  const auto found = values_.find(std::string(value_name));
  return found == values_.end() ? nullptr : found->second.get();
}

void Graph::replace_uses(Value* from, Value* to) {
  if (from == to) return;
  for (Node* user : from->users_) {
    std::ranges::replace(user->inputs_, from, to);
    to->users_.push_back(user);
  }
  from->users_.clear();

  if (!is_output(from)) return;
  const bool takes_name = !is_output(to) && std::ranges::find(inputs_, to) == inputs_.end();
  std::ranges::replace(outputs_, from, to);
  from->is_output_ = false;
  to->is_output_ = true;
  if (takes_name) {
    std::string public_name = from->name_;
    rename(from, fresh_name(public_name));
    rename(to, std::move(public_name));
  }
}

void Graph::erase_output(Node* node, std::size_t index) {
  const Value* value = node->outputs_.at(index);
  if (value == nullptr) return;
  check_unread(value);
  node->outputs_[index] = nullptr;
  values_.erase(std::string(value->name_));
}

void Graph::erase(Node* node) {
  for (const Value* output : node->outputs_)
    if (output != nullptr) check_unread(output);
  for (std::size_t i = 0; i < node->outputs_.size(); ++i) erase_output(node, i);
  for (std::size_t i = 0; i < node->inputs_.size(); ++i) node->set_input(i, nullptr);
  nodes_.erase(std::ranges::find(nodes_, node, [](const auto& other) { return other.get(); }));
}

void Graph::check_unread(const Value* value) const {
  if (value->users_.empty() && !is_output(value)) return;
  fail(ErrorCode::kInternal, "value '", value->name_, "' of ", value->producer_->described(),
       " cannot be erased: it is still read");
}

std::size_t Graph::erase_dead() {
  std::unordered_set<const Node*> live;
  std::vector<const Node*> pending;
  const auto reach = [&](const Value* value) {
    if (value == nullptr || value->producer_ == nullptr) return;
    if (live.insert(value->producer_).second) pending.push_back(value->producer_);
  };
  for (const Value* output : outputs_) reach(output);
  while (!pending.empty()) {
    const Node* node = pending.back();
    pending.pop_back();
    for (const Value* input : node->inputs_) reach(input);
  }

  const auto is_dead = [&](const auto& node) { return !live.contains(node.get()); };
  for (const auto& node : nodes_) {
    if (!is_dead(node)) continue;
    for (std::size_t i = 0; i < node->inputs_.size(); ++i) node->set_input(i, nullptr);
  }
  for (const auto& node : nodes_) {
    if (!is_dead(node)) continue;
    for (const Value* output : node->outputs_)
      if (output != nullptr) values_.erase(std::string(output->name_));
  }
  const std::size_t count = std::erase_if(nodes_, is_dead);
  std::erase_if(constants_, [&](const Value* constant) {
    if (!constant->users_.empty() || is_output(constant)) return false;
    values_.erase(std::string(constant->name_));
    return true;
  });
  return count;
}

void Graph::rename(Value* value, std::string name) {
  if (value->name_ == name) return;
  if (name.empty() || values_.contains(name)) {
    fail(ErrorCode::kInvalidArgument, "value '", value->name_, "' cannot be renamed to '", name,
         name.empty() ? "': a name must not be empty" : "': another value has that name");
  }
  auto handle = values_.extract(value->name_);
  handle.key() = name;
  values_.insert(std::move(handle));
  value->name_ = std::move(name);
}

void Graph::sort() {
  std::unordered_map<const Node*, std::size_t> position;
  for (std::size_t i = 0; i < nodes_.size(); ++i) position[nodes_[i].get()] = i;

  // Depth first along the inputs, with an explicit stack: models may be deeper than the call stack.
  enum class Mark : char { kNew, kOpen, kDone };
  std::vector<Mark> marks(nodes_.size(), Mark::kNew);
  std::vector<std::pair<std::size_t, std::size_t>> stack;
  std::vector<std::size_t> order;
  for (std::size_t root = 0; root < nodes_.size(); ++root) {
    if (marks[root] == Mark::kNew) stack.emplace_back(root, 0);
    while (!stack.empty()) {
      auto& [index, slot] = stack.back();
      const Node& node = *nodes_[index];
      marks[index] = Mark::kOpen;
      if (slot == node.inputs_.size()) {
        marks[index] = Mark::kDone;
        order.push_back(index);
        stack.pop_back();
        continue;
      }
      const Value* input = node.inputs_[slot++];
      if (input == nullptr || input->producer_ == nullptr) continue;
      const std::size_t producer = position.at(input->producer_);
      if (marks[producer] == Mark::kOpen)
        fail(ErrorCode::kInvalidModel, node.described(), " depends on its own result");
      if (marks[producer] == Mark::kNew) stack.emplace_back(producer, 0);
    }
  }

  std::vector<std::unique_ptr<Node>> sorted;
  sorted.reserve(nodes_.size());
  for (const std::size_t index : order) sorted.push_back(std::move(nodes_[index]));
  nodes_ = std::move(sorted);
}

Graph Graph::clone() const {
  Graph copy(name_);
  std::unordered_map<const Value*, Value*> copies = {{nullptr, nullptr}};
  const auto copy_value = [&](const Value* value) {
    Value* twin = copy.new_value(value->name_);
    twin->type = value->type;
    twin->constant_ = value->constant_;
    copies.emplace(value, twin);
    return twin;
  };
  for (const Value* input : inputs_) copy.inputs_.push_back(copy_value(input));
  for (const Value* constant : constants_) copy.constants_.push_back(copy_value(constant));
  // All values before any wiring, so that a graph that is not sorted yet can be copied too.
  for (const auto& node : nodes_)
    for (const Value* output : node->outputs_)
      if (output != nullptr) copy_value(output);

  for (const auto& node : nodes_) {
    auto twin = std::make_unique<Node>(*node);
    for (Value*& input : twin->inputs_) {
      input = copies.at(input);
      if (input != nullptr) input->users_.push_back(twin.get());
    }
    for (Value*& output : twin->outputs_) {
      output = copies.at(output);
      if (output != nullptr) output->producer_ = twin.get();
    }
    copy.nodes_.push_back(std::move(twin));
  }
  for (const Value* output : outputs_) copy.add_output(copies.at(output));
  return copy;
}

std::string Graph::fresh_name(std::string wanted) const {
  if (wanted.empty()) {
    for (std::size_t i = values_.size();; ++i) {
      std::string name = concat("v", i);
      if (!values_.contains(name)) return name;
    }
  }
  if (!values_.contains(wanted)) return wanted;
  for (std::size_t i = 1;; ++i) {
    std::string name = wanted + "_" + std::to_string(i);
    if (!values_.contains(name)) return name;
  }
}

Value* Graph::new_value(std::string name) {
  name = fresh_name(std::move(name));
  auto& slot = values_[name];
  slot = std::make_unique<Value>();
  slot->name_ = std::move(name);
  return slot.get();
}

}  // namespace headway
