#pragma once

#include "ops/broadcast.h"
#include "ops/elements.h"
#include "ops/strided.h"

namespace headway {

/// output = function(a, b) over the broadcast shape.
template <typename A, typename B, typename Y, typename Function>
void zip(const Tensor& a, const Tensor& b, Tensor& output, Function&& function) {
  const A* left = a.data<A>();
  const B* right = b.data<B>();
  Y* y = output.data<Y>();
  const Shape& shape = output.shape();
  for_each_row<2>(shape, {broadcast_strides(a.shape(), shape), broadcast_strides(b.shape(), shape)},
                  [&](const auto& offsets, const auto& steps, std::int64_t count) {
                    for (std::int64_t i = 0; i < count; ++i) {
                      *y++ = store<Y>(function(load(left[offsets[0] + i * steps[0]]),
                                               load(right[offsets[1] + i * steps[1]])));
                    }
                  });
}

}  // namespace headway
