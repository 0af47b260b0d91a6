#pragma once

#include <string>
#include <vector>

#include "pytorch/torch.h"

namespace headway::workers {

/// The file that libtorch was loaded from.
std::string libtorch_path();

/// The GPUs that this libtorch can use, CUDA's before XPU's; loads the parts that drive them if
/// they are there.
std::vector<at::Device> gpus();

/// "cpu" or "gpu" as a torch device. Throws Error(kUnsupported) saying why there is no GPU.
at::Device parse_device(const std::string& device);

}  // namespace headway::workers
