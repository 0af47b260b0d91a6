#include <algorithm>
#include <utility>

#include "headway/headway.h"

#include "backends/opencl/fallback.h"
#include "backends/opencl/opencl_backend.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/processors.h"
#include "kernels/context.h"
#include "ops/operator.h"
#include "passes/block_channels.h"
#include "passes/fuse_elementwise.h"
#include "passes/passes.h"
#include "passes/pipeline.h"
#include "runtime/compiled.h"
#include "runtime/program_impl.h"
#include "runtime/value_info.h"

namespace headway {
namespace {

/// A server may see any shape; only so many plans are kept.
constexpr std::size_t kMaxPlans = 32;

int thread_count(int wanted) {
  if (wanted < 0) {
    fail(ErrorCode::kInvalidArgument, "cannot compile for ", wanted,
         " threads; give a positive number, or 0 for all processors");
  }
  return wanted == 0 ? available_processors() : wanted;
}

std::string describe_machine(Isa isa, int threads) {
  return concat(version(), ' ', detect_cpu().model, ' ', name_of(isa), " threads ", threads);
}

Tuner make_tuner(const CompileOptions& options, const CompiledModel* compiled) {
  if (compiled != nullptr) return Tuner(compiled->choices);
  return {options.tune == Tune::kOff ? std::filesystem::path() : Tuner::default_file(),
          options.tune == Tune::kMeasure};
}

/// True if one plan does for all that may come.
bool is_planned_once(const Graph& graph) {
  const bool all_static = std::ranges::all_of(
      graph.inputs(), [](const Value* input) { return input->type.static_shape().has_value(); });
  return all_static && can_plan(graph);
}

/// True if no shapes whatever would make one plan of it. Shapes may decide a branch.
bool needs_stages(const Graph& graph) {
  const auto is_other = [](const Value* value) {
    return value != nullptr && (!value->type.is_tensor() || value->type.dtype == DType::kString);
  };
  const bool all_static = std::ranges::all_of(
      graph.inputs(), [](const Value* input) { return input->type.static_shape().has_value(); });
  return (all_static && !can_plan(graph)) || std::ranges::any_of(graph.inputs(), is_other) ||
         std::ranges::any_of(graph.nodes(), [&](const Node* node) {
           return (operator_of(*node).reference == nullptr && !node->is("If")) ||
                  std::ranges::any_of(node->inputs(), is_other) ||
                  std::ranges::any_of(node->outputs(), is_other);
         });
}

/// nullptr for this processor.
std::unique_ptr<ProgramDevice> open_device(const CompileOptions& options, bool is_compiled,
                                           bool keep_weights) {
  if (options.device == "cpu") return nullptr;
  opencl::Device device = opencl::find_device(options.device);
  if (options.reference) {
    fail(ErrorCode::kInvalidArgument, "reference kernels run on the CPU, not on ", options.device);
  }
  if (is_compiled) {
    fail(ErrorCode::kUnsupported,
         "a .hwy file holds weights packed for the CPU; give the model itself for ",
         options.device);
  }
  return std::make_unique<ProgramDevice>(std::move(device), keep_weights);
}

CompileOptions with_defaults(CompileOptions options) {
  if (options.memory_limit == 0) options.memory_limit = memory_of_machine();
  return options;
}

std::string shape_of(const ValueInfo& info) {
  std::string text;
  for (std::size_t i = 0; i < info.shape.size(); ++i) {
    if (!text.empty()) text += 'x';
    if (info.shape[i] >= 0) {
      text += std::to_string(info.shape[i]);
    } else {
      text += info.symbols[i].empty() ? "?" : info.symbols[i];
    }
  }
  if (!info.has_rank) return "of any rank";
  return text.empty() ? "scalar" : text;
}

bool fits(const ValueInfo& info, const Tensor& tensor) {
  if (!info.has_rank) return true;
  if (info.shape.size() != tensor.rank()) return false;
  for (std::size_t i = 0; i < info.shape.size(); ++i) {
    if (info.shape[i] >= 0 && info.shape[i] != tensor.shape()[i]) return false;
  }
  return true;
}

}  // namespace

bool fits(const Plan& plan, std::span<const Tensor> inputs) noexcept {
  return std::ranges::equal(plan.input_shapes, inputs, {}, {},
                            [](const Tensor& tensor) -> const Shape& { return tensor.shape(); });
}

ProgramImpl::ProgramImpl(Graph graph, const CompileOptions& options, std::string file,
                         const CompiledModel* compiled, bool keep_weights)
    : inputs_(describe_values(graph.inputs())),
      outputs_(describe_values(graph.outputs())),
      options_(with_defaults(options)),
      file_(std::move(file)),
      isa_(choose_isa()),
      pool_(thread_count(options.threads)),
      graph_(std::move(graph)),
      weights_(keep_weights || !is_planned_once(graph_)),
      tiles_(inner_loops(isa_)),
      tuner_(make_tuner(options, compiled)),
      machine_(compiled == nullptr ? describe_machine(isa_, pool_.threads()) : ""),
      device_(open_device(options, compiled != nullptr, !is_planned_once(graph_))) {
  if (compiled != nullptr) hand_over_weights(*compiled, graph_, weights_);
  if (is_planned_once(graph_)) {
    plans_.push_back(lower(std::exchange(graph_, Graph(graph_.name())), true));
  } else if (needs_stages(graph_)) {
    staged_ = make_staged(graph_.clone());
  }
}

cpu::Lowering ProgramImpl::lowering() const {
  return {weights_, tiles_, inner_loops(isa_), pool_.threads(),
          pool_,    tuner_, machine_,          options_.winograd};
}

ProgramSummary ProgramImpl::summary() const {
  ProgramSummary summary;
  summary.threads = pool_.threads();
  summary.isa = name_of(isa_);
  summary.device = device_ ? device_->context.device().described() : "cpu";
  summary.device_kind =
      name_of(device_ ? device_->context.device().kind : opencl::DeviceKind::kCpu);
  const std::lock_guard lock(mutex_);
  summary.weight_bytes = weights_.byte_size() + (device_ ? device_->weights.byte_size() : 0);
  if (plans_.empty()) {
    summary.nodes = graph_.node_count();
    summary.reference_nodes = static_cast<std::size_t>(std::ranges::count_if(
        graph_.nodes(), [](const Node* node) { return operator_of(*node).reference == nullptr; }));
    return summary;
  }
  const Plan& plan = *plans_.front();
  summary.nodes = plan.steps.size();
  summary.reference_nodes = plan.reference_steps();
  for (const Tensor& constant : plan.constants) summary.weight_bytes += constant.byte_size();
  summary.arena_bytes = plan.arena_bytes;
  summary.peak_live_bytes = plan.peak_live_bytes;
  for (const PlannedStep& step : plan.steps) {
    if (!step.info.algorithm.empty()) ++summary.algorithms[step.info.algorithm];
    if (device_ && step.step->algorithm() == opencl::kOnHost) ++summary.fallback_nodes;
  }
  return summary;
}

void ProgramImpl::check_inputs(std::span<const Tensor> inputs) const {
  if (inputs.size() != inputs_.size()) {
    fail(ErrorCode::kInvalidArgument, "the model has ", inputs_.size(), " inputs, but ",
         inputs.size(), " tensors were given");
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const ValueInfo& info = inputs_[i];
    const Tensor& tensor = inputs[i];
    if (!tensor.defined())
      fail(ErrorCode::kInvalidArgument, "input '", info.name, "' was given an empty tensor");
    if (tensor.dtype() != info.dtype) {
      fail(ErrorCode::kInvalidArgument, "input '", info.name, "' is ", name_of(info.dtype),
           ", but a ", name_of(tensor.dtype()), " tensor was given");
    }
    if (!fits(info, tensor)) {
      fail(ErrorCode::kInvalidArgument, "input '", info.name, "' has the shape ", shape_of(info),
           ", but a tensor of shape ", to_string(tensor.shape()), " was given");
    }
  }
}

std::shared_ptr<const Plan> ProgramImpl::plan_for(std::span<const Tensor> inputs) const {
  check_inputs(inputs);
  const std::lock_guard lock(mutex_);
  if (staged_) return nullptr;
  const auto found = std::ranges::find_if(
      plans_, [&](const std::shared_ptr<const Plan>& plan) { return fits(*plan, inputs); });
  if (found != plans_.end()) {
    plans_.splice(plans_.begin(), plans_, found);
    return plans_.front();
  }
  std::vector<Shape> shapes;
  for (const Tensor& input : inputs) shapes.push_back(input.shape());
  Graph graph = graph_.clone();
  infer_types(graph, shapes);
  if (rewrites()) apply(kInlineBranches, graph);
  if (!can_plan(graph)) {
    staged_ = make_staged(graph_.clone());
    return nullptr;
  }
  plans_.push_front(lower(std::move(graph), false));
  if (plans_.size() > kMaxPlans) plans_.pop_back();
  return plans_.front();
}

std::shared_ptr<const Plan> ProgramImpl::lower(Graph graph, bool is_optimized) const {
  check_memory(graph);
  if (rewrites() && !is_optimized) optimize(graph);
  auto plan = device_ ? lower_for_device(graph) : lower_for_cpu(graph);
  check_memory(plan->arena_bytes);
  return plan;
}

std::shared_ptr<const Plan> ProgramImpl::lower_for_cpu(Graph& graph) const {
  cpu::Lowering lowering = this->lowering();
  if (rewrites()) block_channels(graph, lowering.loops.width);
  cpu::CpuBackend backend(lowering, options_.reference);
  auto plan = make_plan(graph, backend);
  tuner_.save();
  return plan;
}

std::shared_ptr<const Plan> ProgramImpl::lower_for_device(Graph& graph) const {
  cpu::Lowering lowering = this->lowering();
  cpu::CpuBackend fallback(lowering, false);
  if (rewrites()) fuse_elementwise(graph);
  opencl::OpenClBackend backend({device_->context, device_->weights, options_.winograd},
                                options_.allow_fallback ? &fallback : nullptr, pool_);
  return make_plan(graph, backend);
}

std::unique_ptr<StagedGraph> ProgramImpl::make_staged(Graph graph) const {
  if (device_) {
    fail(ErrorCode::kUnsupported,
         "shapes within the model depend on its data, or values of it are "
         "no tensors, which ",
         device_->context.device().name, " cannot plan for; use --device cpu");
  }
  return std::make_unique<StagedGraph>(std::move(graph), [this](Graph part) {
    const std::lock_guard lock(planning_);
    return lower(std::move(part), false);
  });
}

StagedGraph* ProgramImpl::staged() const {
  const std::lock_guard lock(mutex_);
  return staged_.get();
}

StagedGraph& ProgramImpl::staged_body(const Graph& body, std::span<const Datum> inputs) const {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<StagedGraph>& staged = bodies_[&body];
  if (staged == nullptr) {
    Graph graph = body.clone();
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      TensorType& type = graph.inputs()[i]->type;
      if (inputs[i].is_nothing()) {
        if (!type.is_optional()) type.container = Container::kOptional;
        continue;
      }
      type.dtype = inputs[i].dtype();
      type.shape.reset();
      if (type.is_optional() || inputs[i].is_sequence() == type.is_sequence()) continue;
      type.container = inputs[i].is_sequence() ? Container::kSequence : Container::kNone;
    }
    infer_types(graph);
    staged = make_staged(std::move(graph));
  }
  return *staged;
}

void ProgramImpl::check_inputs(std::span<const Datum> inputs) const {
  std::vector<Tensor> tensors;
  if (inputs.size() != inputs_.size()) return check_inputs(std::span<const Tensor>(tensors));
  for (std::size_t i = 0; i < inputs.size(); ++i) check_input(*graph_.inputs()[i], inputs[i]);
}

void ProgramImpl::check_memory(const Node& node, std::uint64_t bytes) const {
  if (bytes <= options_.memory_limit) return;
  fail(ErrorCode::kOutOfMemory, node.described(), ": with its results, the run keeps ", bytes,
       " bytes, more than the memory limit of ", options_.memory_limit);
}

void ProgramImpl::check_memory(std::uint64_t bytes) const {
  if (bytes <= options_.memory_limit) return;
  fail(ErrorCode::kOutOfMemory, "the values that a run keeps at once take ", bytes,
       " bytes, more than the memory limit of ", options_.memory_limit);
}

void ProgramImpl::check_memory(const Graph& graph) const {
  for (const Node* node : graph.nodes()) {
    std::uint64_t bytes = 0;
    for (const Value* output : node->outputs()) {
      const auto shape = output == nullptr ? std::nullopt : output->type.static_shape();
      if (!shape) continue;
      const auto size = static_cast<std::uint64_t>(num_elements(*shape));
      std::uint64_t own = 0;
      if (__builtin_mul_overflow(size, size_of(output->type.dtype), &own) ||
          __builtin_add_overflow(bytes, own, &bytes)) {
        bytes = kNoMemoryLimit;
        break;
      }
    }
    check_memory(*node, bytes);
  }
}

std::vector<std::string> gpu_devices() {
  std::vector<std::string> described;
  for (const opencl::Device& device : opencl::find_devices())
    described.push_back(device.described());
  return described;
}

std::vector<ValueInfo> Program::inputs() const {
  return impl_->inputs();
}
std::vector<ValueInfo> Program::outputs() const {
  return impl_->outputs();
}
ProgramSummary Program::summary() const {
  return impl_->summary();
}

}  // namespace headway
