#include "headway/session.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/error.h"
#include "ops/operator.h"
#include "runtime/bound_plan.h"
#include "runtime/device_session.h"
#include "runtime/named_errors.h"
#include "runtime/program_impl.h"
#include "runtime/stage_runner.h"

namespace headway {
namespace {

/// Callers that alternate between a few shapes stay warm for all of them.
constexpr std::size_t kMaxBindings = 8;

std::int64_t now_ns() noexcept {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

class SessionImpl {
 public:
  explicit SessionImpl(std::shared_ptr<const ProgramImpl> program) : program_(std::move(program)) {
    if (program_->device() != nullptr) device_.emplace(*program_);
  }

  const std::string& file() const noexcept { return program_->file(); }

  std::span<const Tensor> run(std::span<const Tensor> inputs) {
    if (device_) return device_->run(inputs);
    const BoundPlan* bound = prepare(inputs);
    if (bound == nullptr) return run_staged(inputs);
    const ThreadPool::Busy busy(program_->pool());
    for (const auto& [step, operands] : bound->steps()) step->run(operands, program_->pool());
    return bound->outputs();
  }

  std::span<const Datum> evaluate(std::span<const Datum> inputs) {
    std::vector<Tensor> tensors;
    for (const Datum& input : inputs)
      if (input.is_tensor()) tensors.push_back(input.tensor());
    if (tensors.size() == inputs.size() && (device_ || bind(tensors) != nullptr)) {
      const std::span<const Tensor> outputs = run(tensors);
      data_.assign(outputs.begin(), outputs.end());
    } else {
      data_ = run_stages(inputs);
    }
    return data_;
  }

  std::span<const Tensor> run_profiled(std::span<const Tensor> inputs, Profile& profile) {
    if (device_) return device_->run_profiled(inputs, profile);
    const BoundPlan* bound = prepare(inputs);
    if (bound == nullptr) return profile_staged(inputs, profile);
    const auto threads = static_cast<std::size_t>(program_->pool().threads());
    activities_.assign(bound->steps().size() * threads, {});
    profile.threads = program_->pool().threads();
    profile.ends_ns.resize(bound->steps().size());
    const ThreadPool::Busy busy(program_->pool());
    profile.begin_ns = now_ns();
    for (std::size_t i = 0; i < bound->steps().size(); ++i) {
      const auto& [step, operands] = bound->steps()[i];
      ThreadPool pool = program_->pool().timed(std::span(activities_).subspan(i * threads));
      step->run(operands, pool);
      profile.ends_ns[i] = now_ns();
    }
    fill_spans(profile);
    return bound->outputs();
  }

  DeviceTimes device_times(std::span<const Tensor> inputs) {
    if (!device_)
      fail(ErrorCode::kInvalidArgument, "the program runs on the CPU, which is no separate device");
    return device_->times(inputs);
  }

  std::vector<StepInfo> steps(std::span<const Tensor> inputs) {
    if (device_) return device_->steps(inputs);
    const BoundPlan* bound = bind(inputs);
    if (bound == nullptr) {
      run_staged(inputs, true);
      return runner_->steps();
    }
    std::vector<StepInfo> infos;
    for (const PlannedStep& planned : bound->plan()->steps) infos.push_back(planned.info);
    return infos;
  }

 private:
  std::vector<Datum> run_stages(std::span<const Datum> inputs, bool is_profiled = false) {
    StagedGraph* staged = program_->staged();
    if (staged == nullptr) {
      fail(ErrorCode::kInvalidArgument, "the model takes ", program_->inputs().size(),
           " tensors; it was given something else");
    }
    if (!runner_) runner_ = std::make_unique<StageRunner>(*program_);
    program_->check_inputs(inputs);
    const ThreadPool::Busy busy(program_->pool());
    if (program_->interprets()) return interpret(staged->graph(), inputs, program_->memory_limit());
    return is_profiled ? runner_->run_profiled(*staged, inputs) : runner_->run(*staged, inputs);
  }

  std::span<const Tensor> run_staged(std::span<const Tensor> inputs, bool is_profiled = false) {
    data_ = run_stages(std::vector<Datum>(inputs.begin(), inputs.end()), is_profiled);
    tensors_.clear();
    for (std::size_t i = 0; i < data_.size(); ++i) {
      if (!data_[i].is_tensor()) {
        fail(ErrorCode::kInvalidArgument, "output '", program_->outputs()[i].name, "' is ",
             data_[i].described(), "; use Session::evaluate");
      }
      tensors_.push_back(data_[i].tensor());
    }
    return tensors_;
  }

  std::span<const Tensor> profile_staged(std::span<const Tensor> inputs, Profile& profile) {
    const auto outputs = run_staged(inputs, true);
    profile.threads = program_->pool().threads();
    profile.begin_ns = runner_->begin_ns();
    profile.ends_ns = runner_->ends_ns();
    activities_ = runner_->activities();
    fill_spans(profile);
    return outputs;
  }

  BoundPlan* prepare(std::span<const Tensor> inputs) {
    BoundPlan* bound = bind(inputs);
    if (bound == nullptr) return nullptr;
    check_alignment(inputs);
    bound->set_inputs(inputs);
    return bound;
  }

  /// nullptr if no one plan can run these inputs; from then on it stays so.
  BoundPlan* bind(std::span<const Tensor> inputs) {
    if (runner_) return nullptr;
    if (BoundPlan* found = find_binding(inputs)) return found;
    if (program_->staged() == nullptr)
      if (auto plan = program_->plan_for(inputs)) return &add_binding(std::move(plan));
    runner_ = std::make_unique<StageRunner>(*program_);
    return nullptr;
  }

  BoundPlan* find_binding(std::span<const Tensor> inputs) {
    const auto& declared = program_->inputs();
    const bool dtypes_fit = std::ranges::equal(declared, inputs, {}, &ValueInfo::dtype,
                                               [](const Tensor& input) { return input.dtype(); });
    const auto found = std::ranges::find_if(bound_plans_, [&](const BoundPlan& bound) {
      return dtypes_fit && fits(*bound.plan(), inputs);
    });
    if (found == bound_plans_.end()) return nullptr;
    std::rotate(bound_plans_.begin(), found, found + 1);
    return &bound_plans_.front();
  }

  BoundPlan& add_binding(std::shared_ptr<const Plan> plan) {
    if (plan->arena_bytes > arena_bytes_) grow_arena(plan->arena_bytes);
    if (bound_plans_.size() == kMaxBindings) bound_plans_.pop_back();
    bound_plans_.insert(bound_plans_.begin(), bound(std::move(plan)));
    return bound_plans_.front();
  }

  BoundPlan bound(std::shared_ptr<const Plan> plan) {
    return {std::move(plan), static_cast<std::byte*>(arena_.raw())};
  }

  void grow_arena(std::size_t bytes) {
    const std::vector<BoundPlan> old = std::exchange(bound_plans_, {});
    arena_bytes_ = 0;
    arena_ = {};
    arena_ = Tensor::allocate(DType::kUInt8, {static_cast<std::int64_t>(bytes)});
    arena_bytes_ = bytes;
    for (const BoundPlan& plan : old) bound_plans_.push_back(bound(plan.plan()));
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

  void fill_spans(Profile& profile) const {
    profile.spans.resize(activities_.size());
    const auto threads = static_cast<std::size_t>(profile.threads);
    for (std::size_t i = 0; i < activities_.size(); ++i) {
      const ThreadPool::Activity& activity = activities_[i];
      profile.spans[i] = {activity.begin_ns, activity.end_ns, activity.busy_ns,
                          activity.transform_ns};
      if (i % threads != 0) continue;
      const std::size_t step = i / threads;
      const std::int64_t begin = step == 0 ? profile.begin_ns : profile.ends_ns[step - 1];
      const std::int64_t end = profile.ends_ns[step];
      profile.spans[i] = {begin, end, end - begin - activity.wait_ns, activity.transform_ns};
    }
  }

  std::shared_ptr<const ProgramImpl> program_;
  std::optional<DeviceSession> device_;  ///< If another device than this processor runs it.
  Tensor arena_ = Tensor::allocate(DType::kUInt8, {0});
  std::size_t arena_bytes_ = 0;
  std::vector<BoundPlan> bound_plans_;            ///< Latest used first.
  std::vector<ThreadPool::Activity> activities_;  ///< Of the latest profiled run.
  std::unique_ptr<StageRunner> runner_;           ///< If the program is run in stages.
  std::vector<Datum> data_;                       ///< Of the latest run.
  std::vector<Tensor> tensors_;                   ///< The same.
};

Session::Session(const Program& program) : impl_(std::make_unique<SessionImpl>(program.impl_)) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

std::span<const Tensor> Session::run(std::span<const Tensor> inputs) {
  return naming_file(impl_->file(), [&] { return impl_->run(inputs); });
}

std::span<const Datum> Session::evaluate(std::span<const Datum> inputs) {
  return naming_file(impl_->file(), [&] { return impl_->evaluate(inputs); });
}

std::span<const Tensor> Session::run_profiled(std::span<const Tensor> inputs, Profile& profile) {
  return naming_file(impl_->file(), [&] { return impl_->run_profiled(inputs, profile); });
}

DeviceTimes Session::device_times(std::span<const Tensor> inputs) {
  return naming_file(impl_->file(), [&] { return impl_->device_times(inputs); });
}

std::vector<StepInfo> Session::steps(std::span<const Tensor> inputs) {
  return naming_file(impl_->file(), [&] { return impl_->steps(inputs); });
}

}  // namespace headway
