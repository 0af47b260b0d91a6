#pragma once

#include "ops/elements.h"
#include "ops/operator.h"

namespace headway {

/// output[i] = function(input[i]), computed in double, for floating-point tensors.
template <typename Function>
void map_floats(std::span<const Tensor> inputs, std::span<Tensor> outputs, Function function) {
  dispatch_floats(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const std::span<const T> x = inputs[0].values<T>();
    T* y = outputs[0].data<T>();
    for (std::size_t i = 0; i < x.size(); ++i) y[i] = store<T>(function(load(x[i])));
  });
}

/// The same for every dtype but bool; integers are computed as themselves.
template <typename Function>
void map_numbers(std::span<const Tensor> inputs, std::span<Tensor> outputs, Function function) {
  dispatch_numbers(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const std::span<const T> x = inputs[0].values<T>();
    T* y = outputs[0].data<T>();
    for (std::size_t i = 0; i < x.size(); ++i) y[i] = store<T>(function(load(x[i])));
  });
}

/// A reference kernel made of a function without state.
template <auto function>
void map_floats_kernel(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  map_floats(inputs, outputs, function);
}

template <auto function>
void map_numbers_kernel(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  map_numbers(inputs, outputs, function);
}

}  // namespace headway
