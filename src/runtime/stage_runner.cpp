#include "runtime/stage_runner.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "ops/elements.h"
#include "ops/kept_bytes.h"

namespace headway {
namespace {

constexpr std::size_t kMaxBound = 64;

std::int64_t now_ns() noexcept {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Datum read(const Frame& frame, const Value* value) {
  if (value == nullptr) return {};
  if (value->is_constant()) return value->constant();
  return frame.at(value);
}

Datum aligned(const Datum& datum) {
  return datum.is_tensor() ? Datum(headway::aligned(datum.tensor())) : datum;
}

StepInfo describe_evaluated(const Node& node, std::span<const Datum> inputs,
                            std::span<const Datum> outputs) {
  StepInfo info{.name = node.name(),
                .op_type = node.op_type(),
                .algorithm = "reference",
                .category = StepCategory::kReference};
  const auto bytes_of = [](std::span<const Datum> data) {
    std::int64_t bytes = 0;
    for (const Datum& datum : data)
      if (datum.is_tensor()) bytes += static_cast<std::int64_t>(datum.tensor().byte_size());
    return bytes;
  };
  if (!outputs.empty() && outputs[0].is_tensor()) info.output_shape = outputs[0].tensor().shape();
  info.bytes_read = bytes_of(inputs);
  info.bytes_written = bytes_of(outputs);
  return info;
}

}  // namespace

std::vector<Datum> StageRunner::run(StagedGraph& staged, std::span<const Datum> inputs) {
  struct Leave {
    std::uint64_t& kept_bytes;
    const std::uint64_t before = kept_bytes;
    ~Leave() { kept_bytes = before; }
  } leave{kept_bytes_};
  const Graph& graph = staged.graph();
  Frame frame;
  for (std::size_t i = 0; i < inputs.size(); ++i) frame[graph.inputs()[i]] = aligned(inputs[i]);
  run_stages(staged, frame);
  std::vector<Datum> outputs;
  for (const Value* output : graph.outputs()) outputs.push_back(read(frame, output));
  return outputs;
}

std::vector<Datum> StageRunner::run_profiled(StagedGraph& staged, std::span<const Datum> inputs) {
  struct Leave {
    bool& is_profiled;
    ~Leave() { is_profiled = false; }
  } leave{is_profiled_};
  is_profiled_ = true;
  steps_.clear();
  ends_ns_.clear();
  activities_.clear();
  current_.assign(static_cast<std::size_t>(program_.pool().threads()), {});
  begin_ns_ = now_ns();
  return run(staged, inputs);
}

void StageRunner::run_stages(StagedGraph& staged, Frame& frame) {
  std::shared_ptr<Stage> stage;
  do {
    stage = staged.after(stage, frame);
    if (stage->plan) run_plan(*stage, frame);
    for (const Node* node : stage->evaluated) evaluate(*node, frame);
    for (const Value* value : stage->dead) drop(frame, value);
  } while (!stage->rest.empty());
}

void StageRunner::run_plan(const Stage& stage, Frame& frame) {
  std::vector<Tensor> inputs;
  for (const Value* input : stage.inputs) inputs.push_back(frame.at(input).tensor());
  program_.check_memory(saturating_sum(kept_bytes_, stage.plan->arena_bytes));
  BoundPlan& bound = bind(stage.plan);
  bound.set_inputs(inputs);
  ThreadPool timed = program_.pool().timed(current_);
  ThreadPool& pool = is_profiled_ ? timed : program_.pool();
  for (std::size_t i = 0; i < bound.steps().size(); ++i) {
    const auto& [step, operands] = bound.steps()[i];
    step->run(operands, pool);
    if (is_noted()) note(stage.plan->steps[i].info);
  }
  // The arena is used again by the next plan.
  for (std::size_t i = 0; i < stage.outputs.size(); ++i)
    keep(frame, stage.outputs[i], bound.outputs()[i].clone());
}

void StageRunner::evaluate(const Node& node, Frame& frame) {
  std::vector<Datum> inputs;
  for (const Value* input : node.inputs()) inputs.push_back(read(frame, input));
  std::vector<Datum> outputs = evaluate_node(node, inputs, *this);
  if (is_noted()) note(describe_evaluated(node, inputs, outputs));
  for (std::size_t i = 0; i < outputs.size(); ++i)
    if (node.output(i) != nullptr) keep(frame, node.output(i), std::move(outputs[i]));
}

void StageRunner::keep(Frame& frame, const Value* value, Datum datum) {
  kept_bytes_ += byte_size(datum);
  frame[value] = std::move(datum);
}

void StageRunner::drop(Frame& frame, const Value* value) {
  const auto found = frame.find(value);
  if (found == frame.end()) return;
  if (value->producer() != nullptr) kept_bytes_ -= byte_size(found->second);
  frame.erase(found);
}

void StageRunner::note(StepInfo info) {
  steps_.push_back(std::move(info));
  ends_ns_.push_back(now_ns());
  activities_.insert(activities_.end(), current_.begin(), current_.end());
  std::ranges::fill(current_, ThreadPool::Activity{});
}

BoundPlan& StageRunner::bind(const std::shared_ptr<const Plan>& plan) {
  const auto found = std::ranges::find(bound_, plan, &BoundPlan::plan);
  if (found != bound_.end()) {
    std::rotate(bound_.begin(), found, found + 1);
    return bound_.front();
  }
  if (!arena_.defined() || arena_.byte_size() < plan->arena_bytes) {
    bound_.clear();
    arena_ = {};
    arena_ = Tensor::allocate(DType::kUInt8, {static_cast<std::int64_t>(plan->arena_bytes)});
  }
  if (bound_.size() == kMaxBound) bound_.pop_back();
  bound_.insert(bound_.begin(), BoundPlan(plan, static_cast<std::byte*>(arena_.raw())));
  return bound_.front();
}

std::vector<Datum> StageRunner::run(const Graph& body, std::span<const Datum> inputs) {
  ++depth_;
  struct Leave {
    int& depth;
    ~Leave() { --depth; }
  } leave{depth_};
  StagedGraph& staged = program_.staged_body(body, inputs);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    check_input(*staged.graph().inputs()[i], inputs[i]);
  return run(staged, inputs);
}

void StageRunner::check_memory(const Node& node, std::uint64_t bytes) const {
  const std::uint64_t arena = arena_.defined() ? arena_.byte_size() : 0;
  program_.check_memory(node, saturating_sum(bytes, kept_bytes_ + arena));
}

}  // namespace headway
