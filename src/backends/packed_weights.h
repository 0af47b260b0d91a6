#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "headway/tensor.h"

namespace headway {

/// The weights of a program in the layouts its kernels want: every one is packed once and shared
/// by all steps, whatever shape they are planned for. Thread-safe.
class PackedWeights {
 public:
  /// The weights known under `key`, which must name both the constant and the layout. `pack` makes
  /// them when they are asked for the first time.
  Tensor get(const std::string& key, const std::function<Tensor()>& pack);

  std::size_t byte_size() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Tensor> tensors_;
};

}  // namespace headway
