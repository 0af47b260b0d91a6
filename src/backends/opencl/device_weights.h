#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "headway/tensor.h"

#include "backends/opencl/context.h"

namespace headway::opencl {

/// The weights of a program in the memory of its device, in the layouts its kernels want.
/// Thread-safe.
class DeviceWeights {
 public:
  /// `keep`: weights that are packed again are uploaded only once per layout, and the originals, by
  /// whose address they are known, stay alive. For several plans of the same weights.
  DeviceWeights(Context& context, bool keep) : context_(context), keep_(keep) {}

  /// The elements as they are. Always kept: every session reads the same ones, and plans keep the
  /// original.
  Buffer get(const Tensor& source);

  /// `floats` floats that `pack` writes. `layout` must name everything the result depends on
  /// besides the elements.
  Buffer get(const Tensor& source, const std::string& layout, std::size_t floats,
             const std::function<void(const float* source, float* packed)>& pack);

  std::size_t byte_size() const;

 private:
  struct Entry {
    Tensor source;
    Buffer buffer;
  };

  Buffer find(const Tensor& source, const std::string& layout) const;
  void put(const Tensor& source, const std::string& layout, const Buffer& buffer, std::size_t bytes,
           bool keep);

  Context& context_;
  bool keep_;
  mutable std::mutex mutex_;
  std::map<std::pair<const void*, std::string>, Entry> entries_;
  std::size_t bytes_ = 0;
};

}  // namespace headway::opencl
