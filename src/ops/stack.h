#pragma once

#include <span>
#include <vector>

#include "headway/tensor.h"

namespace headway {

/// Tensors of one dtype and shape, side by side along a new axis. Throws Error(kInvalidArgument) if
/// they differ. There must be at least one.
Tensor stack(std::span<const Tensor> tensors, std::size_t axis);

/// Tensors one after the other along an axis that they have. Throws Error(kInvalidArgument) if they
/// differ elsewhere. There must be at least one.
Tensor concatenate(std::span<const Tensor> tensors, std::size_t axis);

/// Elements [first, first + count) along an axis.
Tensor part(const Tensor& tensor, std::size_t axis, std::int64_t first, std::int64_t count);

/// The element at a position of an axis, which goes.
Tensor element_at(const Tensor& tensor, std::size_t axis, std::int64_t position);

}  // namespace headway
