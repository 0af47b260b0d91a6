#pragma once

#include <cstdint>
#include <vector>

#include "headway/tensor.h"

namespace headway {

/// How far a tensor is from the one it should be.
struct Comparison {
  double max_abs = 0;  ///< Largest |actual - expected|.
  /// Largest error relative to the expected element, or to a thousandth of the largest expected
  /// magnitude where the element is smaller than that (near zero a ratio says nothing).
  double max_rel = 0;
  double largest_expected = 0;    ///< Largest |expected|.
  std::int64_t size = 0;          ///< Elements compared.
  std::int64_t mismatches = 0;    ///< Elements with |actual - expected| > atol + rtol * |expected|.
  std::int64_t worst_index = -1;  ///< Row-major index of the largest violation; -1 if none.

  bool agrees() const noexcept { return mismatches == 0; }
};

/// Compares element by element, in double; the dtypes may differ. Two NaNs agree, and so do equal
/// infinities; otherwise either makes the errors infinite. Throws Error(kInvalidArgument) if the
/// shapes differ.
Comparison compare(const Tensor& actual, const Tensor& expected, double atol, double rtol);

/// For each row along the last axis, the index of its largest element (the first of equals; a NaN
/// is never the largest). Empty for a scalar or empty tensor.
std::vector<std::int64_t> top1(const Tensor& tensor);

}  // namespace headway
