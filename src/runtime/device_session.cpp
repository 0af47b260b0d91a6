#include "runtime/device_session.h"

#include <algorithm>
#include <chrono>
#include <numeric>

namespace headway {
namespace {

/// Callers that alternate between a few shapes stay warm for all of them.
constexpr std::size_t kMaxPlans = 8;

std::int64_t now_ns() noexcept {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

DeviceSession::DeviceSession(const ProgramImpl& program)
    : program_(program), queue_(program.device()->context.queue(false)) {}

std::span<const Tensor> DeviceSession::run(std::span<const Tensor> inputs) {
  DevicePlan& plan = bind(inputs);
  plan.run(inputs, queue_.get());
  return plan.outputs();
}

std::span<const Tensor> DeviceSession::run_profiled(std::span<const Tensor> inputs,
                                                    Profile& profile) {
  DevicePlan& plan = bind(inputs);
  const std::vector<std::int64_t> times = plan.run_profiled(inputs, profiling_queue());
  profile.threads = 1;
  profile.begin_ns = now_ns() - std::accumulate(times.begin(), times.end(), std::int64_t{0});
  profile.ends_ns.resize(times.size());
  profile.spans.resize(times.size());
  std::int64_t begin = profile.begin_ns;
  for (std::size_t i = 0; i < times.size(); ++i) {
    profile.ends_ns[i] = begin + times[i];
    profile.spans[i] = {begin, profile.ends_ns[i], times[i], 0};
    begin = profile.ends_ns[i];
  }
  return plan.outputs();
}

DeviceTimes DeviceSession::times(std::span<const Tensor> inputs) {
  DevicePlan& plan = bind(inputs);
  plan.write(inputs, queue_.get());
  plan.finish(queue_.get());
  const std::int64_t begin = now_ns();
  plan.enqueue(queue_.get());
  plan.finish(queue_.get());
  const std::int64_t resident = now_ns() - begin;
  const std::vector<std::int64_t> steps = plan.run_profiled(inputs, profiling_queue());
  return {resident, std::accumulate(steps.begin(), steps.end(), std::int64_t{0})};
}

cl_command_queue DeviceSession::profiling_queue() {
  if (profiling_queue_ == nullptr) profiling_queue_ = program_.device()->context.queue(true);
  return profiling_queue_.get();
}

std::vector<StepInfo> DeviceSession::steps(std::span<const Tensor> inputs) {
  std::vector<StepInfo> infos;
  for (const PlannedStep& planned : bind(inputs).plan()->steps) infos.push_back(planned.info);
  return infos;
}

DevicePlan& DeviceSession::bind(std::span<const Tensor> inputs) {
  program_.check_inputs(inputs);
  const auto found =
      std::ranges::find_if(plans_, [&](const auto& plan) { return fits(*plan->plan(), inputs); });
  if (found != plans_.end()) {
    std::rotate(plans_.begin(), found, found + 1);
    return *plans_.front();
  }
  if (plans_.size() == kMaxPlans) plans_.pop_back();
  plans_.insert(plans_.begin(), std::make_unique<DevicePlan>(program_.plan_for(inputs),
                                                             *program_.device(), queue_.get()));
  return *plans_.front();
}

}  // namespace headway
