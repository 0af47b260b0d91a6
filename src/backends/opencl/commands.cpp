#include "backends/opencl/commands.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/error.h"

namespace headway::opencl {
namespace {

using Event = std::shared_ptr<_cl_event>;

std::int64_t time_of(const Library& cl, const Event& event, cl_profiling_info when) {
  cl_ulong time = 0;
  check(cl.clGetEventProfilingInfo(event.get(), when, sizeof(time), &time, nullptr),
        "asking how long a kernel took");
  return static_cast<std::int64_t>(time);
}

}  // namespace

WorkSize work_for(std::int64_t count, std::size_t local) {
  const auto wanted = static_cast<std::size_t>(count);
  return {{(wanted + local - 1) / local * local, 1, 1}, {local, 1, 1}};
}

void Commands::set(const Kernel& kernel, const KernelId& id, cl_uint index, const Buffer& buffer) {
  if (buffer != nullptr) kept_.push_back(buffer);
  const cl_mem memory = buffer.get();
  set_bytes(kernel, id, index, sizeof(memory), &memory);
}

void Commands::set(const Kernel& kernel, const KernelId& id, cl_uint index, LocalMemory memory) {
  set_bytes(kernel, id, index, memory.bytes, nullptr);
}

void Commands::set_bytes(const Kernel& kernel, const KernelId& id, cl_uint index, std::size_t size,
                         const void* value) {
  check(context_.cl().clSetKernelArg(kernel.get(), index, size, value),
        concat("setting argument ", index, " of the kernel ", id.function, " of ", id.file));
}

void Commands::add(const KernelId& id, Kernel kernel, const WorkSize& size) {
  if (std::ranges::count(size.global, std::size_t{0}) > 0) return;
  auto enqueue = [&cl = context_.cl(), what = concat("running the kernel ", id.function), kernel,
                  size](cl_command_queue queue, cl_event* event) {
    check(cl.clEnqueueNDRangeKernel(queue, kernel.get(), 3, nullptr, size.global.data(),
                                    size.local_or_null(), 0, nullptr, event),
          what);
  };
  commands_.push_back({std::move(enqueue), false, std::move(kernel), size});
}

void Commands::copy(const Buffer& from, std::size_t from_offset, const Buffer& to,
                    std::size_t to_offset, std::size_t bytes) {
  if (bytes == 0) return;
  commands_.push_back({[=, &cl = context_.cl()](cl_command_queue queue, cl_event* event) {
    check(cl.clEnqueueCopyBuffer(queue, from.get(), to.get(), from_offset, to_offset, bytes, 0,
                                 nullptr, event),
          "copying on the device");
  }});
}

void Commands::call_host(std::vector<HostOperand> inputs, std::vector<HostOperand> outputs,
                         HostCall call) {
  auto enqueue = [inputs = std::move(inputs), outputs = std::move(outputs), call = std::move(call),
                  &cl = context_.cl()](cl_command_queue queue, cl_event* event) {
    const auto map = [&](const std::vector<HostOperand>& operands, cl_map_flags flags) {
      std::vector<void*> pointers;
      for (const auto& [buffer, bytes] : operands) {
        cl_int status = CL_SUCCESS;
        pointers.push_back(buffer == nullptr
                               ? nullptr
                               : cl.clEnqueueMapBuffer(queue, buffer.get(), CL_TRUE, flags, 0,
                                                       bytes, 0, nullptr, nullptr, &status));
        check(status, "reading the device's memory");
      }
      return pointers;
    };
    const auto unmap = [&](const std::vector<HostOperand>& operands,
                           const std::vector<void*>& pointers) {
      for (std::size_t i = 0; i < operands.size(); ++i) {
        if (pointers[i] == nullptr) continue;
        const bool is_last = &operands == &outputs && i + 1 == operands.size();
        check(cl.clEnqueueUnmapMemObject(queue, operands[i].buffer.get(), pointers[i], 0, nullptr,
                                         is_last ? event : nullptr),
              "writing the device's memory");
      }
    };
    const std::vector<void*> reads = map(inputs, CL_MAP_READ);
    const std::vector<void*> writes = map(outputs, CL_MAP_WRITE);
    call(std::vector<const void*>(reads.begin(), reads.end()), writes);
    unmap(inputs, reads);
    unmap(outputs, writes);
  };
  commands_.push_back({std::move(enqueue), true});
}

void Commands::freeze(cl_command_queue queue) {
  if (commands_.empty()) return;
  auto buffer = CommandBuffer::make(context_, queue);
  const auto is_added = [&](const Command& command) {
    return command.kernel != nullptr && buffer->add(command.kernel, command.size);
  };
  if (buffer != nullptr && std::ranges::all_of(commands_, is_added) && buffer->finalize())
    frozen_ = std::move(buffer);
}

void Commands::enqueue(cl_command_queue queue) const {
  if (frozen_ != nullptr) {
    frozen_->enqueue();
  } else {
    for (const Command& command : commands_) command.enqueue(queue, nullptr);
  }
  check(context_.cl().clFlush(queue), "starting the device");
}

Commands::StepRange Commands::range_of(std::size_t step) const {
  return {step_begins_[step],
          step + 1 < step_begins_.size() ? step_begins_[step + 1] : commands_.size()};
}

std::int64_t Commands::time_host_step(const StepRange& range, cl_command_queue queue) const {
  using Clock = std::chrono::steady_clock;
  check(context_.cl().clFinish(queue), "waiting for the device");
  const Clock::time_point begin = Clock::now();
  for (std::size_t i = range.first; i < range.last; ++i) commands_[i].enqueue(queue, nullptr);
  check(context_.cl().clFinish(queue), "waiting for the device");
  return std::chrono::nanoseconds(Clock::now() - begin).count();
}

std::vector<std::int64_t> Commands::enqueue_profiled(cl_command_queue queue) const {
  const Library& cl = context_.cl();
  std::vector<std::int64_t> times(step_begins_.size(), 0);
  std::vector<std::pair<Event, Event>> events(step_begins_.size());
  for (std::size_t step = 0; step < times.size(); ++step) {
    const StepRange range = range_of(step);
    const auto commands = std::span(commands_).subspan(range.first, range.last - range.first);
    if (std::ranges::any_of(commands, &Command::is_host)) {
      times[step] = time_host_step(range, queue);
      continue;
    }
    for (const Command& command : commands) {
      cl_event event = nullptr;
      command.enqueue(queue, &event);
      events[step].second = {event, cl.clReleaseEvent};
      if (events[step].first == nullptr) events[step].first = events[step].second;
    }
  }
  check(cl.clFinish(queue), "waiting for the device");
  for (std::size_t step = 0; step < times.size(); ++step) {
    const auto& [first, last] = events[step];
    if (first == nullptr) continue;
    times[step] = time_of(cl, last, CL_PROFILING_COMMAND_END) -
                  time_of(cl, first, CL_PROFILING_COMMAND_START);
  }
  return times;
}

}  // namespace headway::opencl
