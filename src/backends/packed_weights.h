#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "headway/tensor.h"

namespace headway {

/// The weights of a program in the layouts its kernels want. Thread-safe.
class PackedWeights {
 public:
  /// `shared`: several plans will ask for the same weights, so each is packed once per layout and
  /// the originals, by whose address they are known, stay alive.
  explicit PackedWeights(bool shared) : shared_(shared) {}

  /// `source` as `pack` lays it out: `floats` elements, 64-byte aligned. `layout` must name
  /// everything that the result depends on besides the elements.
  Tensor get(const Tensor& source, const std::string& layout, std::size_t floats,
             const std::function<void(const float* source, float* packed)>& pack);

  std::size_t byte_size() const;

 private:
  struct Entry {
    Tensor source, packed;
  };

  bool shared_;
  mutable std::mutex mutex_;
  std::map<std::pair<const void*, std::string>, Entry> entries_;
  std::size_t bytes_ = 0;
};

}  // namespace headway
