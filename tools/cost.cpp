#include "cost.h"

#include <algorithm>
#include <unordered_map>

#include "ops/cost.h"

namespace headway {
namespace {

Shape shape_of(const Value* value) {
  return value == nullptr ? Shape() : value->type.static_shape().value_or(Shape());
}

std::int64_t bytes_of(const Value* value) {
  return num_elements(shape_of(value)) * static_cast<std::int64_t>(size_of(value->type.dtype));
}

bool is_running_statistic(const Value* constant) {
  return std::ranges::any_of(constant->users(), [&](const Node* user) {
    return user->is("BatchNormalization") &&
           (user->input(3) == constant || user->input(4) == constant);
  });
}

/// The step after which each value is no longer needed.
std::unordered_map<const Value*, std::size_t> last_uses(const Graph& graph) {
  std::unordered_map<const Value*, std::size_t> last;
  const auto nodes = graph.nodes();
  for (std::size_t step = 0; step < nodes.size(); ++step) {
    for (const Value* input : nodes[step]->inputs())
      if (input != nullptr) last[input] = step;
    for (const Value* output : nodes[step]->outputs())
      if (output != nullptr) last[output] = step;
  }
  for (const Value* output : graph.outputs()) last[output] = nodes.size();
  return last;
}

std::int64_t peak_bytes(const Graph& graph) {
  const auto last = last_uses(graph);
  std::vector<std::int64_t> freed(graph.node_count() + 1, 0);
  std::int64_t alive = 0;
  const auto begin_life = [&](const Value* value) {
    const auto found = last.find(value);
    if (found == last.end()) return;
    alive += bytes_of(value);
    freed[found->second] += bytes_of(value);
  };
  for (const Value* input : graph.inputs()) begin_life(input);
  std::int64_t peak = alive;
  std::size_t step = 0;
  for (const Node* node : graph.nodes()) {
    for (const Value* output : node->outputs())
      if (output != nullptr) begin_life(output);
    peak = std::max(peak, alive);
    alive -= freed[step++];
  }
  return peak;
}

}  // namespace

Cost cost_of(const Graph& graph) {
  Cost cost;
  for (const Node* node : graph.nodes()) {
    const std::int64_t count = multiply_adds(*node);
    if (count == 0) continue;
    cost.multiply_adds += count;
    cost.multiply_adds_by_operator[node->op_type()] += count;
  }
  cost.peak_activation_bytes = peak_bytes(graph);
  return cost;
}

std::int64_t parameter_count(const Graph& graph) {
  std::int64_t count = 0;
  for (const Value* constant : graph.constants()) {
    const Tensor& tensor = constant->constant();
    if (is_floating_point(tensor.dtype()) && tensor.rank() > 0 && !is_running_statistic(constant))
      count += tensor.size();
  }
  return count;
}

std::int64_t weight_bytes(const Graph& graph) {
  std::int64_t bytes = 0;
  for (const Value* constant : graph.constants()) {
    const bool multiplied = std::ranges::any_of(
        constant->users(), [](const Node* user) { return multiply_adds(*user) > 0; });
    if (multiplied) bytes += static_cast<std::int64_t>(constant->constant().byte_size());
  }
  return bytes;
}

std::int64_t constant_bytes(const Graph& graph) {
  std::int64_t bytes = 0;
  for (const Value* constant : graph.constants())
    bytes += static_cast<std::int64_t>(constant->constant().byte_size());
  return bytes;
}

}  // namespace headway
