#pragma once

#include <cmath>

#include "ops/elements.h"
#include "ops/lines.h"
#include "ops/operator.h"

namespace headway {

/// The elements of a tensor of any numeric dtype, narrow ones included.
std::vector<double> numbers_of(const Tensor& tensor);

/// One zero point or scale, or none (`otherwise`), for each of `count` rows or columns.
std::vector<double> repeated_numbers(const Node& node, std::span<const Tensor> inputs,
                                     std::size_t index, std::int64_t count, double otherwise);

/// Which scale belongs to an element: one for all, one along an axis, or one for a block of
/// elements along an axis.
class Granularity {
 public:
  /// Throws Error(kInvalidModel) naming the node if the scales do not fit.
  Granularity(const Node& node, const Shape& x, const Shape& scale);

  bool whole() const { return whole_; }
  const Lines& lines() const { return lines_; }
  /// Elements along the axis that share a scale; 0: one scale for each position along it.
  std::int64_t block() const { return block_; }

  std::size_t operator()(std::int64_t element) const {
    if (whole_) return 0;
    const std::int64_t along = element / lines_.inner % lines_.extent;
    if (block_ == 0) return static_cast<std::size_t>(along);
    const std::int64_t outer = element / (lines_.inner * lines_.extent);
    return static_cast<std::size_t>((outer * blocks_ + along / block_) * lines_.inner +
                                    element % lines_.inner);
  }

 private:
  bool whole_;
  Lines lines_;
  std::int64_t block_ = 0, blocks_ = 0;  ///< Zero: one scale for each position along the axis.
};

struct Quantized {
  double value, zero_point;
};

/// output[i] = round(value) + zero_point of element(i), kept within the range of the output's
/// dtype; halves go to the even neighbour. Narrow floats are rounded once, after the addition.
template <typename Element>
void quantize(Tensor& output, bool saturate, Element&& element) {
  const DType dtype = output.dtype();
  if (is_narrow(dtype)) {
    const bool whole = dtype >= DType::kInt4;
    auto* y = static_cast<std::uint8_t*>(output.raw());
    for (std::int64_t i = 0; i < output.size(); ++i) {
      const Quantized q = element(i);
      const double value = (whole ? std::nearbyint(q.value) : q.value) + q.zero_point;
      y[i] = to_narrow(dtype, static_cast<float>(value), saturate);
    }
    return;
  }
  dispatch_integers(dtype, [&]<typename T>(std::type_identity<T>) {
    T* y = output.data<T>();
    for (std::int64_t i = 0; i < output.size(); ++i) {
      const Quantized q = element(i);
      y[i] = saturated<T>(std::nearbyint(q.value) + q.zero_point);
    }
  });
}

}  // namespace headway
