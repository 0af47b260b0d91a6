#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "headway/tensor.h"

namespace headway {

/// Reads the named tensors of a file of weights: PyTorch's .pth and .pt (state dicts, checkpoints,
/// modules and TorchScript archives, zip and legacy format) or .safetensors, told apart by their
/// content. They borrow from the mapped file. Throws Error naming the file and what is wrong.
std::vector<std::pair<std::string, Tensor>> read_weights(const std::filesystem::path& file);

}  // namespace headway
