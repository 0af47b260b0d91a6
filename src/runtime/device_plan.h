#pragma once

#include <memory>
#include <span>
#include <vector>

#include "backends/opencl/commands.h"
#include "runtime/plan.h"
#include "runtime/program_device.h"

namespace headway {

/// A plan of opencl::OpenClBackend with memory on the device, its commands recorded. One per
/// session.
class DevicePlan {
 public:
  /// `queue`: what run() will be given; it outlives the plan.
  DevicePlan(std::shared_ptr<const Plan> plan, ProgramDevice& device, cl_command_queue queue);

  const std::shared_ptr<const Plan>& plan() const noexcept { return plan_; }
  std::span<const Tensor> outputs() const noexcept { return outputs_; }  ///< On the host.

  /// Copies the inputs to the device, runs, and waits for the outputs.
  void run(std::span<const Tensor> inputs, cl_command_queue queue);

  // The parts of that.
  void write(std::span<const Tensor> inputs, cl_command_queue queue);
  void enqueue(cl_command_queue queue) const { commands_.enqueue(queue); }
  void finish(cl_command_queue queue) const;

  /// The same on a queue that profiles; nanoseconds that each step took on the device.
  std::vector<std::int64_t> run_profiled(std::span<const Tensor> inputs, cl_command_queue queue);

 private:
  opencl::Buffer at(const Location& location);
  void record(const PlannedStep& planned);
  void read(cl_command_queue queue);

  std::shared_ptr<const Plan> plan_;
  ProgramDevice& device_;
  opencl::Buffer arena_;
  std::vector<opencl::Buffer> inputs_;  ///< nullptr if empty, as below.
  std::vector<opencl::Buffer> results_;
  std::vector<Tensor> outputs_;
  opencl::Commands commands_;
};

}  // namespace headway
