#include "backends/opencl/device.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"

namespace headway::opencl {
namespace {

std::string text_of(const Library& cl, cl_device_id device, cl_device_info what) {
  std::size_t size = 0;
  check(cl.clGetDeviceInfo(device, what, 0, nullptr, &size), "clGetDeviceInfo");
  std::string text(size, '\0');
  check(cl.clGetDeviceInfo(device, what, size, text.data(), nullptr), "clGetDeviceInfo");
  text.resize(text.find('\0') == std::string::npos ? size : text.find('\0'));
  return text;
}

template <typename T>
T number_of(const Library& cl, cl_device_id device, cl_device_info what) {
  T number{};
  check(cl.clGetDeviceInfo(device, what, sizeof(number), &number, nullptr), "clGetDeviceInfo");
  return number;
}

DeviceKind kind_of(cl_device_type type) {
  if (type & CL_DEVICE_TYPE_GPU) return DeviceKind::kGpu;
  return type & CL_DEVICE_TYPE_CPU ? DeviceKind::kCpu : DeviceKind::kAccelerator;
}

std::string platform_name(const Library& cl, cl_platform_id platform) {
  std::string name(256, '\0');
  if (cl.clGetPlatformInfo(platform, CL_PLATFORM_NAME, name.size(), name.data(), nullptr) !=
      CL_SUCCESS) {
    return "OpenCL";
  }
  return name.substr(0, name.find('\0'));
}

Device describe(std::shared_ptr<const Library> library, cl_platform_id platform, cl_device_id id) {
  const Library& cl = *library;
  Device device;
  device.cl = std::move(library);
  device.platform = platform;
  device.id = id;
  device.kind = kind_of(number_of<cl_device_type>(cl, id, CL_DEVICE_TYPE));
  device.name = text_of(cl, id, CL_DEVICE_NAME);
  device.vendor = text_of(cl, id, CL_DEVICE_VENDOR);
  device.driver = concat(platform_name(cl, platform), ' ', text_of(cl, id, CL_DRIVER_VERSION));
  device.memory_bytes = number_of<cl_ulong>(cl, id, CL_DEVICE_GLOBAL_MEM_SIZE);
  device.max_allocation_bytes = number_of<cl_ulong>(cl, id, CL_DEVICE_MAX_MEM_ALLOC_SIZE);
  device.local_bytes = number_of<cl_ulong>(cl, id, CL_DEVICE_LOCAL_MEM_SIZE);
  device.max_group_size = number_of<std::size_t>(cl, id, CL_DEVICE_MAX_WORK_GROUP_SIZE);
  device.compute_units = number_of<cl_uint>(cl, id, CL_DEVICE_MAX_COMPUTE_UNITS);
  device.alignment =
      std::max<std::size_t>(64, number_of<cl_uint>(cl, id, CL_DEVICE_MEM_BASE_ADDR_ALIGN) / 8);
  device.extensions = concat(' ', text_of(cl, id, CL_DEVICE_EXTENSIONS), ' ');
  return device;
}

std::vector<cl_device_id> devices_of(const Library& cl, cl_platform_id platform) {
  cl_uint count = 0;
  if (cl.clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, nullptr, &count) != CL_SUCCESS) return {};
  std::vector<cl_device_id> ids(count);
  if (cl.clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, count, ids.data(), nullptr) != CL_SUCCESS)
    return {};
  return ids;
}

std::vector<Device> devices_of(const std::shared_ptr<const Library>& cl) {
  cl_uint count = 0;
  if (cl->clGetPlatformIDs(0, nullptr, &count) != CL_SUCCESS) return {};
  std::vector<cl_platform_id> platforms(count);
  if (cl->clGetPlatformIDs(count, platforms.data(), nullptr) != CL_SUCCESS) return {};
  std::vector<Device> devices;
  for (const cl_platform_id platform : platforms) {
    for (const cl_device_id id : devices_of(*cl, platform)) {
      if (number_of<cl_bool>(*cl, id, CL_DEVICE_AVAILABLE) == CL_TRUE &&
          number_of<cl_bool>(*cl, id, CL_DEVICE_COMPILER_AVAILABLE) == CL_TRUE) {
        devices.push_back(describe(cl, platform, id));
      }
    }
  }
  std::ranges::stable_sort(devices, {}, &Device::kind);
  return devices;
}

std::size_t index_of(std::string_view name) {
  constexpr std::string_view kPrefix = "gpu";
  std::size_t index = 0;
  if (name == kPrefix) return index;
  const std::string_view digits = name.substr(std::min(name.size(), kPrefix.size() + 1));
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (!name.starts_with("gpu:") || error != std::errc() || end != digits.data() + digits.size()) {
    fail(ErrorCode::kInvalidArgument, "there is no device '", name,
         "'; give cpu, gpu, or gpu:1 for the second GPU");
  }
  return index;
}

}  // namespace

std::string_view name_of(DeviceKind kind) noexcept {
  switch (kind) {
    case DeviceKind::kGpu:
      return "GPU";
    case DeviceKind::kAccelerator:
      return "accelerator";
    case DeviceKind::kCpu:
      return "CPU";
  }
  return "";
}

bool Device::has(std::string_view extension) const {
  return extensions.find(concat(' ', extension, ' ')) != std::string::npos;
}

std::string Device::described() const {
  return concat(name, " (", name_of(kind), ", ", driver, ")");
}

std::vector<Device> find_devices() {
  try {
    return devices_of(load_library());
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kNotFound) return {};
    throw;
  }
}

Device find_device(std::string_view name) {
  const std::size_t index = index_of(name);
  const std::vector<Device> devices = devices_of(load_library());
  if (devices.empty()) {
    fail(ErrorCode::kNotFound,
         "there is no GPU: no OpenCL driver offers a device; install the GPU's OpenCL driver, or "
         "use --device cpu");
  }
  if (index >= devices.size()) {
    fail(ErrorCode::kNotFound, "there is no device '", name, "'; OpenCL offers ", devices.size(),
         ", and gpu:0 is the first: ", devices[0].described());
  }
  return devices[index];
}

}  // namespace headway::opencl
