#include "runtime/bound_plan.h"

namespace headway {
namespace {

/// nullptr if it depends on the inputs of a run.
const void* fixed_address(const Location& location, const std::byte* arena) {
  switch (location.place) {
    case Location::Place::kArena:
      return arena + location.index;
    case Location::Place::kConstant:
      return location.constant;
    case Location::Place::kInput:
    case Location::Place::kNowhere:
      break;
  }
  return nullptr;
}

void* arena_address(const Location& location, std::byte* arena) {
  return location.place == Location::Place::kArena ? arena + location.index : nullptr;
}

}  // namespace

BoundPlan::BoundPlan(std::shared_ptr<const Plan> plan, std::byte* arena) : plan_(std::move(plan)) {
  reserve();
  for (const PlannedStep& planned : plan_->steps) add(planned, arena);
  for (const PlannedOutput& output : plan_->outputs) {
    outputs_.push_back(
        Tensor::borrow(arena_address(output.location, arena), output.dtype, output.shape, nullptr));
  }
}

/// Steps keep pointers into the vectors, which therefore must not grow later.
void BoundPlan::reserve() {
  std::size_t reads = 0, writes = 0;
  for (const PlannedStep& planned : plan_->steps) {
    reads += planned.inputs.size();
    writes += planned.outputs.size();
  }
  reads_.reserve(reads);
  writes_.reserve(writes);
  steps_.reserve(plan_->steps.size());
}

void BoundPlan::add(const PlannedStep& planned, std::byte* arena) {
  const void** reads = reads_.data() + reads_.size();
  void** writes = writes_.data() + writes_.size();
  for (const Location& location : planned.inputs) {
    if (location.place == Location::Place::kInput) {
      input_uses_.push_back({reads_.size(), location.index});
    }
    reads_.push_back(fixed_address(location, arena));
  }
  for (const Location& location : planned.outputs) {
    writes_.push_back(arena_address(location, arena));
  }
  steps_.push_back({static_cast<const cpu::Step*>(planned.step.get()),
                    {{reads, planned.inputs.size()},
                     {writes, planned.outputs.size()},
                     arena_address(planned.scratch, arena)}});
}

void BoundPlan::set_inputs(std::span<const Tensor> inputs) noexcept {
  for (const InputUse& use : input_uses_) reads_[use.operand] = inputs[use.input].raw();
}

}  // namespace headway
