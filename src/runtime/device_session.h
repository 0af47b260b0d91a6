#pragma once

#include <span>
#include <vector>

#include "headway/profile.h"

#include "runtime/device_plan.h"
#include "runtime/program_impl.h"

namespace headway {

/// A session of a program that runs on a device other than this processor.
class DeviceSession {
 public:
  /// `program` has a device, and outlives the session.
  explicit DeviceSession(const ProgramImpl& program);

  std::span<const Tensor> run(std::span<const Tensor> inputs);
  /// Steps take what the device says they took; what is left of the run goes before the first.
  std::span<const Tensor> run_profiled(std::span<const Tensor> inputs, Profile& profile);
  DeviceTimes times(std::span<const Tensor> inputs);
  std::vector<StepInfo> steps(std::span<const Tensor> inputs);

 private:
  cl_command_queue profiling_queue();
  DevicePlan& bind(std::span<const Tensor> inputs);

  const ProgramImpl& program_;
  opencl::CommandQueue queue_, profiling_queue_;
  std::vector<std::unique_ptr<DevicePlan>> plans_;  ///< Latest used first.
};

}  // namespace headway
