#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "backends/cpu/step.h"
#include "runtime/plan.h"

namespace headway {

/// A plan of cpu::CpuBackend whose operands have addresses: those of one arena, and of the inputs
/// last set.
class BoundPlan {
 public:
  struct BoundStep {
    const cpu::Step* step;
    cpu::Operands operands;
  };

  /// `arena` has at least plan->arena_bytes and must outlive the object.
  BoundPlan(std::shared_ptr<const Plan> plan, std::byte* arena);

  const std::shared_ptr<const Plan>& plan() const noexcept { return plan_; }

  /// Steps read these tensors from now on; they must fit the plan.
  void set_inputs(std::span<const Tensor> inputs) noexcept;

  std::span<const BoundStep> steps() const noexcept { return steps_; }
  std::span<const Tensor> outputs() const noexcept { return outputs_; }  ///< In the arena.

 private:
  /// An operand that is an input of the graph.
  struct InputUse {
    std::size_t operand, input;
  };

  void reserve();
  void add(const PlannedStep& planned, std::byte* arena);

  std::shared_ptr<const Plan> plan_;
  std::vector<const void*> reads_;  ///< Input operands of all steps; steps_ point into it.
  std::vector<void*> writes_;       ///< Output operands, likewise.
  std::vector<InputUse> input_uses_;
  std::vector<BoundStep> steps_;
  std::vector<Tensor> outputs_;
};

}  // namespace headway
