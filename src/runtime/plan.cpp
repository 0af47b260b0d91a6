#include "runtime/plan.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "backends/cpu/lowering.h"
#include "backends/view.h"
#include "base/error.h"
#include "ops/elements.h"
#include "runtime/memory_plan.h"

namespace headway {
namespace {

/// Gives a graph output that is also an input, a constant or another output memory of its own.
class CopyStep final : public Step {
 public:
  explicit CopyStep(std::size_t bytes) : bytes_(bytes) {}
  void run(const Operands& operands, ThreadPool&) const override {
    if (bytes_ > 0) std::memcpy(operands.outputs[0], operands.inputs[0], bytes_);
  }

 private:
  std::size_t bytes_;
};

Shape planned_shape(const Value& value) {
  const std::optional<Shape> shape = value.type.static_shape();
  if (!shape) {
    fail(ErrorCode::kUnsupported, "the shape of '", value.name(), "' (", value.type.to_string(),
         ") is known only while the model runs, which a program cannot plan for");
  }
  return *shape;
}

std::size_t byte_size(const Value& value) {
  return static_cast<std::size_t>(num_elements(planned_shape(value))) * size_of(value.type.dtype);
}

/// Follows views back to the value whose elements are really stored.
const Value* stored_as(const Value* value) {
  while (value->producer() != nullptr && is_view(*value->producer())) {
    value = value->producer()->input(0);
  }
  return value;
}

class Planner {
 public:
  Planner(Graph& graph, Lowering& lowering, bool reference)
      : graph_(graph), lowering_(lowering), reference_(reference) {}

  std::shared_ptr<const Plan> make() {
    for (const Value* input : graph_.inputs()) plan_->input_shapes.push_back(planned_shape(*input));
    graph_.erase_dead();
    lower_nodes();
    find_last_uses();
    place_inputs();
    for (std::size_t step = 0; step < nodes_.size(); ++step) place_operands(step);
    for (const Value* output : graph_.outputs()) place_output(*output);
    pack_arena();
    return plan_;
  }

 private:
  /// One piece of memory, perhaps shared by several values one after the other.
  struct Storage {
    Location location;
    Lifetime lifetime;
  };

  void lower_nodes() {
    for (Node* node : graph_.nodes()) {
      for (const Value* output : node->outputs()) {
        if (output != nullptr) planned_shape(*output);
      }
      if (is_view(*node)) continue;
      PlannedStep planned;
      planned.step = reference_ ? cpu::lower_to_reference(*node) : cpu::lower(*node, lowering_);
      drop_packed_weights(*node, *planned.step);
      nodes_.push_back(node);
      plan_->steps.push_back(std::move(planned));
    }
  }

  void drop_packed_weights(Node& node, const Step& step) {
    for (std::size_t i = 0; i < node.inputs().size(); ++i) {
      const Value* input = node.input(i);
      if (input == nullptr || !input->is_constant() || step.reads(i)) continue;
      node.set_input(i, nullptr);
      if (input->users().empty()) graph_.erase_dead();
    }
  }

  void find_last_uses() {
    for (std::size_t step = 0; step < nodes_.size(); ++step) {
      for (const Value* input : nodes_[step]->inputs()) {
        if (input != nullptr) last_use_[stored_as(input)] = step;
      }
    }
    for (const Value* output : graph_.outputs()) last_use_[stored_as(output)] = nodes_.size();
  }

  void place_inputs() {
    for (std::size_t i = 0; i < graph_.inputs().size(); ++i) {
      add_storage(graph_.inputs()[i], {{Location::Place::kInput, i, nullptr}, {}});
    }
  }

  std::size_t add_storage(const Value* value, Storage storage) {
    storages_.push_back(storage);
    if (value != nullptr) storage_of_[value] = storages_.size() - 1;
    return storages_.size() - 1;
  }

  std::size_t add_arena_storage(const Value* value, std::size_t bytes, std::size_t first,
                                std::size_t last) {
    return add_storage(value, {{Location::Place::kArena, 0, nullptr}, {bytes, first, last}});
  }

  std::size_t storage_of(const Value* value) {
    const Value* stored = stored_as(value);
    const auto found = storage_of_.find(stored);
    if (found != storage_of_.end()) return found->second;
    lowering_.weights.read_in_place(stored->constant());
    plan_->constants.push_back(aligned(stored->constant()));
    return add_storage(stored,
                       {{Location::Place::kConstant, 0, plan_->constants.back().raw()}, {}});
  }

  void place_operands(std::size_t step) {
    const Node& node = *nodes_[step];
    StepStorage& storage = step_storage_.emplace_back();
    for (const Value* input : node.inputs()) {
      storage.inputs.push_back(input ? storage_of(input) : kNone);
    }
    for (std::size_t i = 0; i < node.outputs().size(); ++i) {
      const Value* output = node.output(i);
      std::size_t place = kNone;
      if (output != nullptr) {
        const std::size_t last = std::max(step, last_use_[output]);
        if (i == 0) place = overwritable_input(step, byte_size(*output), storage.inputs);
        if (place == kNone) place = add_arena_storage(output, byte_size(*output), step, last);
        storages_[place].lifetime.last_step = last;
        storage_of_[output] = place;
      }
      storage.outputs.push_back(place);
    }
    const std::size_t scratch = plan_->steps[step].step->scratch_bytes();
    if (scratch > 0) storage.scratch = add_arena_storage(nullptr, scratch, step, step);
  }

  /// The storage of an input that dies with this step and that the step can write its output over.
  std::size_t overwritable_input(std::size_t step, std::size_t bytes,
                                 std::span<const std::size_t> inputs) const {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i] == kNone || !plan_->steps[step].step->may_overwrite(i)) continue;
      const Storage& storage = storages_[inputs[i]];
      if (storage.location.place == Location::Place::kArena && storage.lifetime.last_step == step &&
          storage.lifetime.bytes == bytes && std::ranges::count(inputs, inputs[i]) == 1) {
        return inputs[i];
      }
    }
    return kNone;
  }

  void place_output(const Value& output) {
    const std::size_t end = nodes_.size();
    std::size_t place = storage_of(&output);
    if (storages_[place].location.place != Location::Place::kArena || taken_[place]) {
      PlannedStep copy;
      copy.step = std::make_unique<CopyStep>(byte_size(output));
      StepStorage& storage = step_storage_.emplace_back();
      storage.inputs = {place};
      place = add_arena_storage(nullptr, byte_size(output), end, end);
      storage.outputs = {place};
      plan_->steps.push_back(std::move(copy));
    }
    taken_[place] = true;
    output_storage_.push_back(place);
    plan_->outputs.push_back({output.type.dtype, planned_shape(output), {}});
  }

  void pack_arena() {
    std::vector<Lifetime> lifetimes;
    for (const Storage& storage : storages_) lifetimes.push_back(storage.lifetime);
    const MemoryPlan memory = pack_lifetimes(lifetimes);
    plan_->arena_bytes = memory.arena_bytes;
    for (std::size_t i = 0; i < storages_.size(); ++i) {
      Location& location = storages_[i].location;
      if (location.place == Location::Place::kArena) location.index = memory.offsets[i];
    }
    for (std::size_t i = 0; i < plan_->steps.size(); ++i) {
      PlannedStep& planned = plan_->steps[i];
      for (const std::size_t place : step_storage_[i].inputs) planned.inputs.push_back(at(place));
      for (const std::size_t place : step_storage_[i].outputs) planned.outputs.push_back(at(place));
      planned.scratch = at(step_storage_[i].scratch);
      plan_->max_inputs = std::max(plan_->max_inputs, planned.inputs.size());
      plan_->max_outputs = std::max(plan_->max_outputs, planned.outputs.size());
    }
    for (std::size_t i = 0; i < plan_->outputs.size(); ++i) {
      plan_->outputs[i].location = at(output_storage_[i]);
    }
  }

  Location at(std::size_t place) const {
    return place == kNone ? Location{} : storages_[place].location;
  }

  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  struct StepStorage {
    std::vector<std::size_t> inputs, outputs;
    std::size_t scratch = kNone;
  };

  Graph& graph_;
  Lowering& lowering_;
  bool reference_;
  std::shared_ptr<Plan> plan_ = std::make_shared<Plan>();
  std::vector<Node*> nodes_;  ///< One per step.
  std::unordered_map<const Value*, std::size_t> last_use_;
  std::vector<Storage> storages_;
  std::unordered_map<const Value*, std::size_t> storage_of_;
  std::vector<StepStorage> step_storage_;
  std::unordered_map<std::size_t, bool> taken_;  ///< Storages that already serve as an output.
  std::vector<std::size_t> output_storage_;
};

}  // namespace

std::size_t Plan::reference_steps() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(steps, [](const PlannedStep& s) { return s.step->is_reference(); }));
}

std::shared_ptr<const Plan> make_plan(Graph& graph, Lowering& lowering, bool reference) {
  return Planner(graph, lowering, reference).make();
}

}  // namespace headway
