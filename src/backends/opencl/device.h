#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backends/opencl/library.h"

namespace headway::opencl {

enum class DeviceKind : std::uint8_t { kGpu, kAccelerator, kCpu };

/// "GPU", "accelerator", "CPU".
std::string_view name_of(DeviceKind kind) noexcept;

/// A device that an OpenCL driver offers, and what it says of itself.
struct Device {
  std::shared_ptr<const Library> cl;
  cl_platform_id platform = nullptr;
  cl_device_id id = nullptr;
  DeviceKind kind = DeviceKind::kCpu;
  std::string name, vendor, driver;  ///< `driver` with the platform's name and version.
  std::uint64_t memory_bytes = 0;
  std::uint64_t max_allocation_bytes = 0;  ///< Of one buffer.
  std::uint64_t local_bytes = 0;           ///< Shared by the work-items of a group.
  std::size_t max_group_size = 1;          ///< Work-items.
  std::uint32_t compute_units = 1;
  std::size_t alignment = 128;  ///< Of the parts of a buffer, in bytes.
  std::string extensions;       ///< Separated, begun and ended by spaces.

  bool has(std::string_view extension) const;
  /// "NVIDIA H100 (GPU, NVIDIA CUDA 12.4, driver 550.54)".
  std::string described() const;
};

/// All devices of all drivers, GPUs first; empty if there are none, or no OpenCL.
std::vector<Device> find_devices();

/// "gpu": the first of find_devices(), whatever it is (see Device::kind); "gpu:1" the second.
/// Throws Error(kNotFound) if there is none, or Error(kInvalidArgument) if `name` is nothing of the
/// kind.
Device find_device(std::string_view name);

}  // namespace headway::opencl
