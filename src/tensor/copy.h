#pragma once

#include "headway/tensor.h"

namespace headway {

/// Copies all elements; dtype and element count must be the same. `from` may be unaligned.
void copy_elements(const Tensor& from, Tensor& to);

/// Copies `count` elements from position `first` on to position `target`.
void copy_elements(const Tensor& from, std::int64_t first, Tensor& to, std::int64_t target,
                   std::int64_t count);

}  // namespace headway
