#pragma once

#include <memory>

#include "backends/opencl/context.h"
#include "backends/opencl/work_size.h"

namespace headway::opencl {

/// Kernels that the driver itself keeps, to be enqueued by one call (cl_khr_command_buffer): what a
/// launch costs the host is paid once.
class CommandBuffer {
 public:
  /// For one queue, which must outlive the object. nullptr if the device does not know how.
  static std::unique_ptr<CommandBuffer> make(const Context& context, cl_command_queue queue);

  /// False if the driver refuses; the object is of no further use then.
  bool add(const Kernel& kernel, const WorkSize& size);
  /// Nothing can be added afterwards; false as above.
  bool finalize();

  void enqueue() const;

 private:
  struct Functions {
    clCreateCommandBufferKHR_fn create;
    clFinalizeCommandBufferKHR_fn finalize;
    clReleaseCommandBufferKHR_fn release;
    clEnqueueCommandBufferKHR_fn enqueue;
    clCommandNDRangeKernelKHR_fn add_kernel;
  };

  CommandBuffer(const Functions& functions, cl_command_queue queue, cl_command_buffer_khr buffer)
      : functions_(functions), queue_(queue), buffer_(buffer, functions.release) {}

  Functions functions_;
  cl_command_queue queue_;
  std::shared_ptr<_cl_command_buffer_khr> buffer_;
};

}  // namespace headway::opencl
