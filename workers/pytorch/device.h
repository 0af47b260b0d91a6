#pragma once

#include <string>
#include <vector>

#include "pytorch/torch.h"

namespace headway::workers {

/// The file that libtorch was loaded from.
std::string libtorch_path();

/// The GPUs that this libtorch can use, as users name them; loads its CUDA part if that is there.
std::vector<std::string> gpu_names();

/// "cpu" or "gpu" as a torch device. Throws Error(kUnsupported) saying why there is no GPU.
at::Device parse_device(const std::string& device);

/// Returns when everything queued on the device is done.
void synchronize(at::Device device);

}  // namespace headway::workers
