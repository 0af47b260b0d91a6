#pragma once

#include <algorithm>
#include <cstdint>

#include "headway/tensor.h"

namespace headway {

/// Operands as sessions hand them to kernels: every vector within one cache line, much of it in
/// huge pages.
class AlignedFloats {
 public:
  explicit AlignedFloats(std::int64_t size) : tensor_(Tensor::allocate(DType::kFloat32, {size})) {
    std::fill_n(data(), size, 1.0F);
  }
  float* data() { return tensor_.data<float>(); }

 private:
  Tensor tensor_;
};

}  // namespace headway
