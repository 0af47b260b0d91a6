#include "runtime/device_plan.h"

#include <algorithm>

#include "backends/opencl/step.h"

namespace headway {
namespace {

std::size_t byte_size(DType dtype, const Shape& shape) {
  return static_cast<std::size_t>(num_elements(shape)) * size_of(dtype);
}

}  // namespace

DevicePlan::DevicePlan(std::shared_ptr<const Plan> plan, ProgramDevice& device,
                       cl_command_queue queue)
    : plan_(std::move(plan)), device_(device), commands_(device.context) {
  if (plan_->arena_bytes > 0) arena_ = device_.context.allocate(plan_->arena_bytes);
  for (const std::size_t bytes : plan_->input_bytes)
    inputs_.push_back(bytes == 0 ? nullptr : device_.context.allocate(bytes));
  for (const PlannedStep& planned : plan_->steps) record(planned);
  commands_.freeze(queue);
  for (const PlannedOutput& output : plan_->outputs) {
    results_.push_back(at(output.location));
    outputs_.push_back(Tensor::allocate(output.dtype, output.shape));
  }
}

opencl::Buffer DevicePlan::at(const Location& location) {
  if (location.bytes == 0) return nullptr;
  switch (location.place) {
    case Location::Place::kArena:
      return device_.context.part(arena_, location.index, location.bytes);
    case Location::Place::kInput:
      return inputs_[location.index];
    case Location::Place::kConstant: {
      const auto found = std::ranges::find(plan_->constants, location.constant,
                                           [](const Tensor& constant) { return constant.raw(); });
      return device_.weights.get(*found);
    }
    case Location::Place::kNowhere:
      break;
  }
  return nullptr;
}

void DevicePlan::record(const PlannedStep& planned) {
  std::vector<opencl::Buffer> reads, writes;
  for (const Location& location : planned.inputs) reads.push_back(at(location));
  for (const Location& location : planned.outputs) writes.push_back(at(location));
  commands_.begin_step();
  static_cast<const opencl::Step&>(*planned.step)
      .record(commands_, {reads, writes, at(planned.scratch)});
}

void DevicePlan::run(std::span<const Tensor> inputs, cl_command_queue queue) {
  write(inputs, queue);
  commands_.enqueue(queue);
  read(queue);
}

std::vector<std::int64_t> DevicePlan::run_profiled(std::span<const Tensor> inputs,
                                                   cl_command_queue queue) {
  write(inputs, queue);
  std::vector<std::int64_t> times = commands_.enqueue_profiled(queue);
  read(queue);
  return times;
}

void DevicePlan::write(std::span<const Tensor> inputs, cl_command_queue queue) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs_[i] == nullptr) continue;
    opencl::check(device_.context.cl().clEnqueueWriteBuffer(queue, inputs_[i].get(), CL_FALSE, 0,
                                                            inputs[i].byte_size(), inputs[i].raw(),
                                                            0, nullptr, nullptr),
                  "copying an input to the device");
  }
}

void DevicePlan::read(cl_command_queue queue) {
  const opencl::Library& cl = device_.context.cl();
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    if (results_[i] == nullptr) continue;
    opencl::check(cl.clEnqueueReadBuffer(queue, results_[i].get(), CL_FALSE, 0,
                                         byte_size(outputs_[i].dtype(), outputs_[i].shape()),
                                         outputs_[i].raw(), 0, nullptr, nullptr),
                  "copying an output from the device");
  }
  finish(queue);
}

void DevicePlan::finish(cl_command_queue queue) const {
  opencl::check(device_.context.cl().clFinish(queue), "waiting for the device");
}

}  // namespace headway
