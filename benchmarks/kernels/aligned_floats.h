#pragma once

#include <algorithm>
#include <cstdint>
#include <new>

namespace headway {

/// Operands as sessions hand them to kernels: every vector within one cache line.
class AlignedFloats {
 public:
  explicit AlignedFloats(std::int64_t size)
      : data_(static_cast<float*>(
            ::operator new(static_cast<std::size_t>(size) * sizeof(float), std::align_val_t{64}))) {
    std::fill_n(data_, size, 1.0F);
  }
  ~AlignedFloats() { ::operator delete(data_, std::align_val_t{64}); }
  AlignedFloats(const AlignedFloats&) = delete;
  AlignedFloats& operator=(const AlignedFloats&) = delete;
  float* data() { return data_; }

 private:
  float* data_;
};

}  // namespace headway
