#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "backends/opencl/command_buffer.h"
#include "backends/opencl/context.h"
#include "backends/opencl/work_size.h"

namespace headway::opencl {

/// Memory shared by the work-items of a group, as an argument of a kernel.
struct LocalMemory {
  std::size_t bytes;
};

/// `count` work-items or more in one axis, in whole groups of `local`. The kernel returns where its
/// number is `count` or more.
WorkSize work_for(std::int64_t count, std::size_t local = 64);

/// The work of a plan, recorded once and enqueued as often as it runs: kernels whose arguments are
/// set, copies, and calls of the host in between. Not thread-safe; Buffers are kept alive.
class Commands {
 public:
  explicit Commands(Context& context) : context_(context) {}

  const Context& context() const noexcept { return context_; }

  /// Arguments are Buffers (nullptr where there is none), LocalMemory, cl_int, cl_uint, cl_long and
  /// cl_float, with exactly the types that the kernel declares. Nothing happens if there is no
  /// work-item.
  template <typename... Args>
  void launch(const KernelId& id, const WorkSize& size, const Args&... args) {
    const Kernel kernel = context_.kernel(id);
    cl_uint index = 0;
    (set(kernel, id, index++, args), ...);
    add(id, kernel, size);
  }

  void copy(const Buffer& from, std::size_t from_offset, const Buffer& to, std::size_t to_offset,
            std::size_t bytes);

  /// Memory of the device as the host sees it during a call.
  using HostCall = std::function<void(std::span<const void* const> inputs, std::span<void* const>)>;
  struct HostOperand {
    Buffer buffer;
    std::size_t bytes;
  };
  /// Waits for what was enqueued before, and calls the host with the buffers mapped.
  void call_host(std::vector<HostOperand> inputs, std::vector<HostOperand> outputs, HostCall call);

  /// Says that what is recorded from now on belongs to the next step.
  void begin_step() { step_begins_.push_back(commands_.size()); }

  /// Lets the driver keep what was recorded, if it can and all of it is kernels; enqueue() is for
  /// this queue only from then on.
  void freeze(cl_command_queue queue);
  bool is_frozen() const noexcept { return frozen_ != nullptr; }

  void enqueue(cl_command_queue queue) const;

  /// The same on a queue that profiles; waits for the end. Nanoseconds that each step took on the
  /// device, from the beginning of its first command to the end of its last; on the host, copies
  /// included, where the host was called.
  std::vector<std::int64_t> enqueue_profiled(cl_command_queue queue) const;

 private:
  struct Command {
    std::function<void(cl_command_queue, cl_event*)> enqueue;
    bool is_host = false;  ///< The event says nothing of what it took.
    Kernel kernel;         ///< If it is one.
    WorkSize size = {};
  };

  void set(const Kernel& kernel, const KernelId& id, cl_uint index, const Buffer& buffer);
  void set(const Kernel& kernel, const KernelId& id, cl_uint index, LocalMemory memory);
  template <typename T>
  void set(const Kernel& kernel, const KernelId& id, cl_uint index, const T& value) {
    set_bytes(kernel, id, index, sizeof(value), &value);
  }
  void set_bytes(const Kernel& kernel, const KernelId& id, cl_uint index, std::size_t size,
                 const void* value);
  void add(const KernelId& id, Kernel kernel, const WorkSize& size);

  struct StepRange {
    std::size_t first, last;
  };
  StepRange range_of(std::size_t step) const;
  std::int64_t time_host_step(const StepRange& range, cl_command_queue queue) const;

  Context& context_;
  std::vector<Buffer> kept_;
  std::vector<Command> commands_;
  std::vector<std::size_t> step_begins_;   ///< First command of each step.
  std::unique_ptr<CommandBuffer> frozen_;  ///< Nullptr if the driver keeps nothing.
};

}  // namespace headway::opencl
