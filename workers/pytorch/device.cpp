#include "pytorch/device.h"

#include <filesystem>

#include <dlfcn.h>

#include "base/error.h"
#include "common/shared_library.h"

namespace headway::workers {
namespace {

/// libtorch's CUDA part registers itself when it is loaded. Only its CPU part is linked, so that
/// the worker starts without a driver.
void load_cuda_part() {
  const auto library = std::filesystem::path(libtorch_path()).replace_filename("libtorch_cuda.so");
  if (!at::globalContext().hasCUDA() && std::filesystem::exists(library)) {
    SharedLibrary::open(library.string());
  }
}

}  // namespace

std::string libtorch_path() {
  Dl_info info{};
  const auto address = reinterpret_cast<const void*>(&at::get_num_threads);
  return dladdr(address, &info) != 0 && info.dli_fname != nullptr ? info.dli_fname
                                                                  : "libtorch_cpu.so";
}

std::vector<std::string> gpu_names() {
  load_cuda_part();
  std::vector<std::string> names;
  const auto add = [&names](const char* kind, std::size_t count) {
    for (std::size_t index = 0; index < count; ++index) {
      names.push_back(concat("gpu: ", kind, " device ", index));
    }
  };
  if (at::globalContext().hasCUDA()) add("CUDA", at::detail::getCUDAHooks().deviceCount());
  return names;
}

at::Device parse_device(const std::string& device) {
  if (device == "cpu") return at::kCPU;
  if (!gpu_names().empty()) return at::Device(at::kCUDA, 0);
  if (at::globalContext().hasCUDA()) {
    fail(ErrorCode::kUnsupported, "PyTorch " TORCH_VERSION " has CUDA, but finds no CUDA device");
  }
  fail(ErrorCode::kUnsupported, "PyTorch " TORCH_VERSION " in '", libtorch_path(),
       "' has no CUDA part; fetch it with 'HEADWAY_PEERS_CUDA=1 make peers'");
}

void synchronize(at::Device device) {
  if (device.is_cuda()) at::detail::getCUDAHooks().deviceSynchronize(device.index());
}

}  // namespace headway::workers
