#include "pytorch/device.h"

#include <filesystem>

#include <dlfcn.h>

#include "base/error.h"
#include "common/shared_library.h"

namespace headway::workers {
namespace {

struct GpuPart {
  at::DeviceType type;
  const char* library;
};
constexpr GpuPart kGpuParts[] = {{at::kCUDA, "libtorch_cuda.so"}, {at::kXPU, "libtorch_xpu.so"}};

/// A GPU part registers itself when it is loaded. Only the CPU part is linked, so that the worker
/// starts without a driver.
int device_count(const GpuPart& part) {
  const auto library = std::filesystem::path(libtorch_path()).replace_filename(part.library);
  if (!std::filesystem::exists(library)) return 0;
  SharedLibrary::open(library.string());
  return c10::impl::hasDeviceGuardImpl(part.type)
             ? c10::impl::getDeviceGuardImpl(part.type)->deviceCount()
             : 0;
}

bool has_gpu_part() {
  const std::filesystem::path library = libtorch_path();
  for (const GpuPart& part : kGpuParts) {
    if (exists(library.parent_path() / part.library)) return true;
  }
  return false;
}

}  // namespace

std::string libtorch_path() {
  Dl_info info{};
  const auto address = reinterpret_cast<const void*>(&at::get_num_threads);
  return dladdr(address, &info) != 0 && info.dli_fname != nullptr ? info.dli_fname
                                                                  : "libtorch_cpu.so";
}

std::vector<at::Device> gpus() {
  std::vector<at::Device> devices;
  for (const GpuPart& part : kGpuParts) {
    const int count = device_count(part);
    for (int index = 0; index < count; ++index) {
      devices.emplace_back(part.type, static_cast<c10::DeviceIndex>(index));
    }
  }
  return devices;
}

at::Device parse_device(const std::string& device) {
  if (device == "cpu") return at::kCPU;
  const std::vector<at::Device> found = gpus();
  if (!found.empty()) return found.front();
  if (has_gpu_part()) {
    fail(ErrorCode::kUnsupported,
         "PyTorch " TORCH_VERSION " finds no GPU on this machine; check its driver");
  }
  fail(ErrorCode::kUnsupported, "PyTorch " TORCH_VERSION " in '", libtorch_path(),
       "' has no GPU part; fetch it with 'HEADWAY_PEERS_CUDA=1 make peers'");
}

}  // namespace headway::workers
