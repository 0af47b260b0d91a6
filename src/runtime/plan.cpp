#include "runtime/plan.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <unordered_map>

#include "backends/backend.h"
#include "backends/view.h"
#include "base/error.h"
#include "base/thread_pool.h"
#include "ops/elements.h"
#include "runtime/memory_plan.h"
#include "runtime/step_info.h"

namespace headway {
namespace {

Shape planned_shape(const Value& value) {
  if (value.type.dtype == DType::kString) {
    fail(ErrorCode::kUnsupported, "'", value.name(),
         "' is a tensor of strings, which a program cannot plan for");
  }
  const std::optional<Shape> shape = value.type.static_shape();
  if (!shape) {
    fail(ErrorCode::kUnsupported, "the shape of '", value.name(), "' (", value.type.to_string(),
         ") is known only while the model runs, which a program cannot plan for; fix the shapes of "
         "the inputs, or export the model with constant sizes");
  }
  return *shape;
}

/// Of originals that wait while others are packed; some megabytes keep several threads busy.
constexpr std::size_t kWaveBytes = std::size_t{1} << 25;

std::size_t constant_bytes(const Node& node) {
  std::size_t bytes = 0;
  for (const Value* input : node.inputs()) {
    if (input != nullptr && input->is_constant()) bytes += input->constant().byte_size();
  }
  return bytes;
}

std::size_t byte_size(const Value& value) {
  return static_cast<std::size_t>(num_elements(planned_shape(value))) * size_of(value.type.dtype);
}

StepInfo describe_copy(const Value& value) {
  const auto bytes = static_cast<std::int64_t>(byte_size(value));
  return {.name = value.name(),
          .op_type = "Identity",
          .output_shape = planned_shape(value),
          .bytes_read = bytes,
          .bytes_written = bytes};
}

/// Follows views back to the value whose elements are really stored.
const Value* stored_as(const Value* value) {
  while (value->producer() != nullptr && view_offset(*value->producer())) {
    value = value->producer()->input(0);
  }
  return value;
}

/// Where in stored_as(value) the value lies, in bytes.
std::size_t offset_in_stored(const Value* value) {
  std::size_t offset = 0;
  for (; value->producer() != nullptr; value = value->producer()->input(0)) {
    const auto here = view_offset(*value->producer());
    if (!here) break;
    offset += *here;
  }
  return offset;
}

/// True if the value is all that is stored.
bool is_whole(const Value* value) {
  return byte_size(*value) == byte_size(*stored_as(value));
}

class Planner {
 public:
  Planner(Graph& graph, Backend& backend) : graph_(graph), backend_(backend) {}

  std::shared_ptr<const Plan> make() {
    for (const Value* input : graph_.inputs()) {
      plan_->input_shapes.push_back(planned_shape(*input));
      plan_->input_bytes.push_back(byte_size(*input));
    }
    graph_.erase_dead();
    lower_nodes();
    find_last_uses();
    assign_homes();
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

  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  struct Place {
    std::size_t storage = kNone;
    std::size_t offset = 0;  ///< In bytes, as what follows.
    std::size_t bytes = 0;
  };

  /// Where in the output of a Concat a value lies.
  struct Home {
    const Value* root;
    std::size_t offset;
  };

  void lower_nodes() {
    for (Node* node : graph_.nodes()) {
      for (const Value* output : node->outputs()) {
        if (output != nullptr) planned_shape(*output);
      }
      if (!view_offset(*node)) nodes_.push_back(node);
    }
    plan_->steps.resize(nodes_.size());
    for (std::size_t first = 0; first < nodes_.size();) {
      const std::size_t last = end_of_wave(first);
      lower_wave(first, last);
      for (; first < last; ++first) {
        drop_packed_weights(*nodes_[first], *plan_->steps[first].step);
      }
      graph_.erase_dead();
    }
    backend_.finish();
  }

  /// Nodes are lowered in parallel, which packs their weights, and then let go of the originals: so
  /// many at a time that the originals that wait for the others are of limited size.
  std::size_t end_of_wave(std::size_t first) const {
    std::size_t bytes = constant_bytes(*nodes_[first]), last = first + 1;
    while (last < nodes_.size() && (bytes += constant_bytes(*nodes_[last])) <= kWaveBytes) ++last;
    return last;
  }

  void lower_wave(std::size_t first, std::size_t last) {
    std::atomic<std::size_t> next = first;
    std::vector<std::exception_ptr> errors(last - first);
    const auto work = [&](std::int64_t, std::int64_t, int) {
      for (std::size_t i; (i = next.fetch_add(1)) < last;) {
        try {
          lower_node(i);
        } catch (...) {
          errors[i - first] = std::current_exception();
        }
      }
    };
    if (ThreadPool* pool = backend_.lowering_threads()) {
      const auto nodes = static_cast<std::int64_t>(last - first);
      pool->parallel_for(std::min<std::int64_t>(pool->threads(), nodes), work);
    } else {
      work(0, 1, 0);
    }
    for (const std::exception_ptr& error : errors) {
      if (error) std::rethrow_exception(error);
    }
  }

  void lower_node(std::size_t step) {
    const Node& node = *nodes_[step];
    PlannedStep& planned = plan_->steps[step];
    planned.step = backend_.lower(node);
    planned.info = describe(node, *planned.step);
  }

  static void drop_packed_weights(Node& node, const Step& step) {
    for (std::size_t i = 0; i < node.inputs().size(); ++i) {
      const Value* input = node.input(i);
      if (input != nullptr && input->is_constant() && !step.reads(i)) node.set_input(i, nullptr);
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

  /// Lets the inputs of a Concat be computed where it wants them, as far as they are contiguous
  /// there. Backwards, since a Concat may itself be part of a later one, or a beginning of it.
  void assign_homes() {
    for (std::size_t step = nodes_.size(); step-- > 0;) {
      const Node& node = *nodes_[step];
      if (!node.is("Concat") || !joins_memory(node)) continue;
      const Value* output = node.output();
      if (!homes_.contains(output) && joins_homes(node)) continue;
      const auto found = homes_.find(output);
      Home home = found == homes_.end() ? Home{output, 0} : found->second;
      for (const Value* input : node.inputs()) {
        const Value* stored = stored_as(input);
        if (stored->producer() != nullptr && is_whole(input) &&
            home.offset % backend_.alignment() == 0) {
          homes_.try_emplace(stored, home);
        }
        home.offset += byte_size(*input);
      }
    }
    for (const auto& [value, home] : homes_) {
      std::size_t& last = last_use_[home.root];
      last = std::max(last, last_use_[value]);
    }
  }

  /// True if each input of the Concat is one contiguous piece of its output.
  static bool joins_memory(const Node& node) {
    const Shape shape = planned_shape(*node.output());
    const std::int64_t axis = node.get_int("axis", 0);
    const auto outer =
        static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::int64_t>(shape.size()) : axis);
    return std::all_of(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(outer),
                       [](std::int64_t extent) { return extent == 1; });
  }

  /// True, and the output is found there, if the inputs lie one after the other in a later Concat.
  bool joins_homes(const Node& node) {
    const auto first = homes_.find(stored_as(node.input(0)));
    if (first == homes_.end()) return false;
    Home next = first->second;
    for (const Value* input : node.inputs()) {
      const auto home = homes_.find(stored_as(input));
      if (home == homes_.end() || !is_whole(input) || home->second.root != next.root ||
          home->second.offset != next.offset) {
        return false;
      }
      next.offset += byte_size(*input);
    }
    homes_[node.output()] = first->second;
    return true;
  }

  void place_inputs() {
    for (std::size_t i = 0; i < graph_.inputs().size(); ++i) {
      const std::size_t storage = add_storage({{Location::Place::kInput, i}, {}});
      place_of_[graph_.inputs()[i]] = {storage};
    }
  }

  std::size_t add_storage(Storage storage) {
    storages_.push_back(storage);
    return storages_.size() - 1;
  }

  std::size_t add_arena_storage(std::size_t bytes, std::size_t first, std::size_t last) {
    return add_storage({{Location::Place::kArena}, {bytes, first, last}});
  }

  Place place_of(const Value* value) {
    const Value* stored = stored_as(value);
    const auto found = place_of_.find(stored);
    if (found != place_of_.end()) {
      return {found->second.storage, found->second.offset + offset_in_stored(value),
              byte_size(*value)};
    }
    backend_.read_in_place(stored->constant());
    const Tensor& constant = stored->constant();
    plan_->constants.push_back(needs_alignment(stored) ? aligned(constant) : constant);
    const std::size_t storage =
        add_storage({{Location::Place::kConstant, 0, 0, plan_->constants.back().raw()}, {}});
    return place_of_[stored] = {storage, 0, byte_size(*value)};
  }

  bool needs_alignment(const Value* constant) const {
    for (std::size_t step = 0; step < nodes_.size(); ++step) {
      const auto inputs = nodes_[step]->inputs();
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (inputs[i] != nullptr && stored_as(inputs[i]) == constant &&
            plan_->steps[step].step->needs_alignment(i)) {
          return true;
        }
      }
    }
    return graph_.is_output(constant);
  }

  /// The place of a value that was assigned a home, whose memory begins to live with the first one.
  Place home_of(const Home& home, std::size_t bytes, std::size_t step) {
    const auto found = home_storage_.find(home.root);
    if (found != home_storage_.end()) return {found->second, home.offset, bytes};
    const std::size_t last = std::max(step, last_use_[home.root]);
    const std::size_t storage = add_arena_storage(byte_size(*home.root), step, last);
    home_storage_[home.root] = storage;
    return {storage, home.offset, bytes};
  }

  void place_operands(std::size_t step) {
    const Node& node = *nodes_[step];
    StepStorage& storage = step_storage_.emplace_back();
    for (const Value* input : node.inputs()) {
      storage.inputs.push_back(input ? place_of(input) : Place{});
    }
    for (std::size_t i = 0; i < node.outputs().size(); ++i) {
      const Value* output = node.output(i);
      storage.outputs.push_back(output ? place_output_of(step, i, storage.inputs) : Place{});
      if (output != nullptr) place_of_[output] = storage.outputs.back();
    }
    const std::size_t scratch = plan_->steps[step].step->scratch_bytes();
    if (scratch > 0) storage.scratch = {add_arena_storage(scratch, step, step), 0, scratch};
  }

  Place place_output_of(std::size_t step, std::size_t index, std::span<const Place> inputs) {
    const Value* output = nodes_[step]->output(index);
    const auto home = homes_.find(output);
    const std::size_t bytes = byte_size(*output);
    if (home != homes_.end()) return home_of(home->second, bytes, step);
    if (home_storage_.contains(output)) return {home_storage_[output], 0, bytes};
    const std::size_t last = std::max(step, last_use_[output]);
    std::size_t place = kNone;
    if (index == 0) place = overwritable_input(step, bytes, inputs);
    if (place == kNone) place = add_arena_storage(bytes, step, last);
    storages_[place].lifetime.last_step = last;
    return {place, 0, bytes};
  }

  /// The storage of an input that dies with this step and that the step can write its output over.
  std::size_t overwritable_input(std::size_t step, std::size_t bytes,
                                 std::span<const Place> inputs) const {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const std::size_t index = inputs[i].storage;
      if (index == kNone || !plan_->steps[step].step->may_overwrite(i)) continue;
      if (!is_whole(nodes_[step]->input(i))) continue;
      const Storage& storage = storages_[index];
      if (storage.location.place == Location::Place::kArena && storage.lifetime.last_step == step &&
          storage.lifetime.bytes == bytes &&
          std::ranges::count(inputs, index, &Place::storage) == 1) {
        return index;
      }
    }
    return kNone;
  }

  void place_output(const Value& output) {
    const std::size_t end = nodes_.size();
    Place place = place_of(&output);
    if (storages_[place.storage].location.place != Location::Place::kArena ||
        taken_[place.storage]) {
      PlannedStep copy;
      copy.step = backend_.copy(byte_size(output));
      copy.info = describe_copy(output);
      StepStorage& storage = step_storage_.emplace_back();
      storage.inputs = {place};
      place = {add_arena_storage(byte_size(output), end, end), 0, byte_size(output)};
      storage.outputs = {place};
      plan_->steps.push_back(std::move(copy));
    }
    taken_[place.storage] = true;
    output_places_.push_back(place);
    plan_->outputs.push_back({output.type.dtype, planned_shape(output), {}});
  }

  void pack_arena() {
    std::vector<Lifetime> lifetimes;
    for (const Storage& storage : storages_) lifetimes.push_back(storage.lifetime);
    const MemoryPlan memory = pack_lifetimes(lifetimes, backend_.alignment());
    plan_->arena_bytes = memory.arena_bytes;
    plan_->peak_live_bytes = memory.peak_bytes;
    for (std::size_t i = 0; i < storages_.size(); ++i) {
      Location& location = storages_[i].location;
      if (location.place == Location::Place::kArena) location.index = memory.offsets[i];
    }
    for (std::size_t i = 0; i < plan_->steps.size(); ++i) {
      PlannedStep& planned = plan_->steps[i];
      for (const Place& place : step_storage_[i].inputs) planned.inputs.push_back(at(place));
      for (const Place& place : step_storage_[i].outputs) planned.outputs.push_back(at(place));
      planned.scratch = at(step_storage_[i].scratch);
    }
    for (std::size_t i = 0; i < plan_->outputs.size(); ++i) {
      plan_->outputs[i].location = at(output_places_[i]);
    }
  }

  Location at(const Place& place) const {
    if (place.storage == kNone) return {};
    Location location = storages_[place.storage].location;
    if (location.place == Location::Place::kArena) location.index += place.offset;
    location.bytes = place.bytes;
    return location;
  }

  struct StepStorage {
    std::vector<Place> inputs, outputs;
    Place scratch;
  };

  Graph& graph_;
  Backend& backend_;
  std::shared_ptr<Plan> plan_ = std::make_shared<Plan>();
  std::vector<Node*> nodes_;  ///< One per step.
  std::unordered_map<const Value*, std::size_t> last_use_;
  std::vector<Storage> storages_;
  std::unordered_map<const Value*, Place> place_of_;
  std::unordered_map<const Value*, Home> homes_;
  std::unordered_map<const Value*, std::size_t> home_storage_;  ///< By the root of the homes.
  std::vector<StepStorage> step_storage_;
  std::unordered_map<std::size_t, bool> taken_;  ///< Storages that already serve as an output.
  std::vector<Place> output_places_;
};

}  // namespace

std::size_t Plan::reference_steps() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(steps, [](const PlannedStep& s) { return s.step->is_reference(); }));
}

std::shared_ptr<const Plan> make_plan(Graph& graph, Backend& backend) {
  return Planner(graph, backend).make();
}

}  // namespace headway
