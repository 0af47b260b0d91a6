#pragma once

#include "ops/operator.h"
#include "runtime/bound_plan.h"
#include "runtime/program_impl.h"
#include "runtime/stages.h"

namespace headway {

/// Runs a program in stages; one per session.
class StageRunner final : public EvaluateContext {
 public:
  explicit StageRunner(const ProgramImpl& program) : program_(program) {}

  /// Inputs must fit the graph's.
  std::vector<Datum> run(StagedGraph& staged, std::span<const Datum> inputs);

  /// The same, and notes what it took.
  std::vector<Datum> run_profiled(StagedGraph& staged, std::span<const Datum> inputs);

  /// What the latest profiled run took, bodies as part of their nodes.
  const std::vector<StepInfo>& steps() const noexcept { return steps_; }
  std::int64_t begin_ns() const noexcept { return begin_ns_; }
  const std::vector<std::int64_t>& ends_ns() const noexcept { return ends_ns_; }
  /// One per step and thread.
  const std::vector<ThreadPool::Activity>& activities() const noexcept { return activities_; }

  std::vector<Datum> run(const Graph& body, std::span<const Datum> inputs) override;
  void check_memory(const Node& node, std::uint64_t bytes) const override;

 private:
  void run_stages(StagedGraph& staged, Frame& frame);
  void run_plan(const Stage& stage, Frame& frame);
  void evaluate(const Node& node, Frame& frame);
  void keep(Frame& frame, const Value* value, Datum datum);
  void drop(Frame& frame, const Value* value);
  BoundPlan& bind(const std::shared_ptr<const Plan>& plan);
  bool is_noted() const noexcept { return is_profiled_ && depth_ == 0; }
  void note(StepInfo info);

  const ProgramImpl& program_;
  Tensor arena_;
  std::vector<BoundPlan> bound_;  ///< Latest used first.
  int depth_ = 0;                 ///< Of bodies.
  std::uint64_t kept_bytes_ = 0;  ///< Of computed values in all frames.
  bool is_profiled_ = false;
  std::int64_t begin_ns_ = 0;
  std::vector<StepInfo> steps_;
  std::vector<std::int64_t> ends_ns_;
  std::vector<ThreadPool::Activity> activities_;
  std::vector<ThreadPool::Activity> current_;  ///< Of the step that runs, one per thread.
};

}  // namespace headway
