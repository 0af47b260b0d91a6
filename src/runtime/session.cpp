#include "headway/session.h"

#include <algorithm>
#include <cstdint>

#include "base/error.h"
#include "runtime/program_impl.h"

namespace headway {
namespace {

/// Callers that alternate between a few shapes stay warm for all of them.
constexpr std::size_t kMaxBindings = 8;

}  // namespace

class SessionImpl {
 public:
  explicit SessionImpl(std::shared_ptr<const ProgramImpl> program) : program_(std::move(program)) {}

  std::span<const Tensor> run(std::span<const Tensor> inputs) {
    Binding& binding = bind(inputs);
    check_alignment(inputs);
    const ThreadPool::Busy busy(program_->pool());
    for (const PlannedStep& step : binding.plan->steps) run_step(step, inputs);
    return binding.outputs;
  }

 private:
  struct Binding {
    std::shared_ptr<const Plan> plan;
    std::vector<Tensor> outputs;  ///< They borrow from the arena.
  };

  Binding& bind(std::span<const Tensor> inputs) {
    const auto& declared = program_->inputs();
    const bool dtypes_fit = std::ranges::equal(declared, inputs, {}, &ValueInfo::dtype,
                                               [](const Tensor& input) { return input.dtype(); });
    const auto found = std::ranges::find_if(bindings_, [&](const Binding& binding) {
      return dtypes_fit && fits(*binding.plan, inputs);
    });
    if (found == bindings_.end()) return add_binding(program_->plan_for(inputs));
    std::rotate(bindings_.begin(), found, found + 1);
    return bindings_.front();
  }

  Binding& add_binding(std::shared_ptr<const Plan> plan) {
    if (plan->arena_bytes > arena_bytes_) grow_arena(plan->arena_bytes);
    inputs_.resize(std::max(inputs_.size(), plan->max_inputs));
    outputs_.resize(std::max(outputs_.size(), plan->max_outputs));
    if (bindings_.size() == kMaxBindings) bindings_.pop_back();
    Binding binding{std::move(plan), {}};
    bind_outputs(binding);
    bindings_.insert(bindings_.begin(), std::move(binding));
    return bindings_.front();
  }

  void grow_arena(std::size_t bytes) {
    arena_ = {};
    arena_ = Tensor::allocate(DType::kUInt8, {static_cast<std::int64_t>(bytes)});
    arena_bytes_ = bytes;
    for (Binding& binding : bindings_) bind_outputs(binding);
  }

  void bind_outputs(Binding& binding) {
    binding.outputs.clear();
    for (const PlannedOutput& output : binding.plan->outputs) {
      void* data = static_cast<std::byte*>(arena_.raw()) + output.location.index;
      binding.outputs.push_back(Tensor::borrow(data, output.dtype, output.shape, nullptr));
    }
  }

  void check_alignment(std::span<const Tensor> inputs) const {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const auto address = reinterpret_cast<std::uintptr_t>(inputs[i].raw());
      if (address % size_of(inputs[i].dtype()) != 0) {
        fail(ErrorCode::kInvalidArgument, "input '", program_->inputs()[i].name,
             "' lies at an address that is not a multiple of its element size; clone() it first");
      }
    }
  }

  void run_step(const PlannedStep& planned, std::span<const Tensor> inputs) {
    for (std::size_t i = 0; i < planned.inputs.size(); ++i) {
      inputs_[i] = address(planned.inputs[i], inputs);
    }
    for (std::size_t i = 0; i < planned.outputs.size(); ++i) {
      outputs_[i] = const_cast<void*>(address(planned.outputs[i], inputs));
    }
    const Operands operands{{inputs_.data(), planned.inputs.size()},
                            {outputs_.data(), planned.outputs.size()},
                            const_cast<void*>(address(planned.scratch, inputs))};
    planned.step->run(operands, program_->pool());
  }

  const void* address(const Location& location, std::span<const Tensor> inputs) const {
    switch (location.place) {
      case Location::Place::kArena:
        return static_cast<const std::byte*>(arena_.raw()) + location.index;
      case Location::Place::kInput:
        return inputs[location.index].raw();
      case Location::Place::kConstant:
        return location.constant;
      case Location::Place::kNowhere:
        break;
    }
    return nullptr;
  }

  std::shared_ptr<const ProgramImpl> program_;
  Tensor arena_ = Tensor::allocate(DType::kUInt8, {0});
  std::size_t arena_bytes_ = 0;
  std::vector<Binding> bindings_;  ///< Latest used first.
  std::vector<const void*> inputs_;
  std::vector<void*> outputs_;
};

Session::Session(const Program& program) : impl_(std::make_unique<SessionImpl>(program.impl_)) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

std::span<const Tensor> Session::run(std::span<const Tensor> inputs) {
  return impl_->run(inputs);
}

}  // namespace headway
