#pragma once

#include <stdexcept>
#include <string>

#include "tensor/npy.h"

namespace headway {

/// Throws std::runtime_error if there is none of that name.
inline Tensor find_array(const NamedTensors& arrays, const std::string& name) {
  for (const auto& [key, tensor] : arrays)
    if (key == name) return tensor;
  throw std::runtime_error("no array '" + name + "'");
}

}  // namespace headway
