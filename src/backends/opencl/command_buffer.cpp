#include "backends/opencl/command_buffer.h"

namespace headway::opencl {

std::unique_ptr<CommandBuffer> CommandBuffer::make(const Context& context, cl_command_queue queue) {
  const Device& device = context.device();
  if (!device.has("cl_khr_command_buffer")) return nullptr;
  const auto find = [&]<typename Function>(const char* name, Function& function) {
    function = reinterpret_cast<Function>(
        context.cl().clGetExtensionFunctionAddressForPlatform(device.platform, name));
    return function != nullptr;
  };
  Functions functions{};
  if (!find("clCreateCommandBufferKHR", functions.create) ||
      !find("clFinalizeCommandBufferKHR", functions.finalize) ||
      !find("clReleaseCommandBufferKHR", functions.release) ||
      !find("clEnqueueCommandBufferKHR", functions.enqueue) ||
      !find("clCommandNDRangeKernelKHR", functions.add_kernel)) {
    return nullptr;  // A driver that lies about its extensions.
  }
  cl_int status = CL_SUCCESS;
  const cl_command_buffer_khr buffer = functions.create(1, &queue, nullptr, &status);
  if (status != CL_SUCCESS || buffer == nullptr) return nullptr;
  return std::unique_ptr<CommandBuffer>(new CommandBuffer(functions, queue, buffer));
}

bool CommandBuffer::add(const Kernel& kernel, const WorkSize& size) {
  return functions_.add_kernel(buffer_.get(), nullptr, nullptr, kernel.get(), 3, nullptr,
                               size.global.data(), size.local_or_null(), 0, nullptr, nullptr,
                               nullptr) == CL_SUCCESS;
}

bool CommandBuffer::finalize() {
  return functions_.finalize(buffer_.get()) == CL_SUCCESS;
}

void CommandBuffer::enqueue() const {
  cl_command_queue queue = queue_;
  check(functions_.enqueue(1, &queue, buffer_.get(), 0, nullptr, nullptr),
        "running a plan on the device");
}

}  // namespace headway::opencl
