#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "backends/opencl/device.h"
#include "backends/opencl/program_cache.h"

namespace headway::opencl {

// Objects of OpenCL, released with the last copy.
using Buffer = std::shared_ptr<_cl_mem>;
using Kernel = std::shared_ptr<_cl_kernel>;
using CommandQueue = std::shared_ptr<_cl_command_queue>;

/// Which kernel: a function of a file of this folder, with macros that specialise it.
struct KernelId {
  std::string_view file;      ///< "conv.cl"; common.cl is put before it.
  std::string_view function;  ///< "conv_gemm".
  std::string options = {};   ///< "-DTILE=8 …"; each set is compiled, and kept, on its own.
  std::string text = {};      ///< Put after the file: a kernel made for one node.
};

/// One device opened: memory and compiled kernels. Thread-safe.
class Context {
 public:
  explicit Context(Device device);

  const Device& device() const noexcept { return device_; }
  const Library& cl() const noexcept { return *device_.cl; }

  /// Memory of the device, uninitialised. Throws Error(kOutOfMemory) naming the device if there is
  /// none, or one buffer may not be so large.
  Buffer allocate(std::size_t bytes) const;
  /// Memory of the device that holds a copy of `data`.
  Buffer upload(const void* data, std::size_t bytes) const;
  /// A piece of a buffer; `offset` is a multiple of the device's alignment.
  Buffer part(const Buffer& whole, std::size_t offset, std::size_t bytes) const;
  /// True if `inner` is memory that begins `offset` bytes into `outer`.
  bool lies_at(const Buffer& inner, const Buffer& outer, std::size_t offset) const;

  /// A kernel whose arguments belong to the caller. Throws Error(kUnsupported) with what the
  /// driver's compiler says if it does not compile.
  Kernel kernel(const KernelId& id);

  /// In order; `profiling`: commands know when they began and ended.
  CommandQueue queue(bool profiling) const;

 private:
  using Program = std::shared_ptr<_cl_program>;

  Program program(const KernelId& id);
  Program build(const std::string& source, const std::string& options);
  Program from_cache(const std::string& key, const std::string& options);

  Device device_;
  std::shared_ptr<_cl_context> context_;
  ProgramCache cache_;
  std::mutex mutex_;
  std::map<std::string, Program> programs_;
};

}  // namespace headway::opencl
