#pragma once

#include <span>
#include <string>
#include <vector>

#include "backends/cpu/operands.h"
#include "kernels/integer/byte_gemm.h"

namespace headway::cpu {

/// Where the operands of a product or convolution of bytes are among a node's inputs.
struct IntegerPlaces {
  std::size_t a, a_zero, b, b_zero;
  bool quantized;  ///< The result is 8-bit, and has scales:
  std::size_t a_scale = 0, b_scale = 0, y_scale = 0, y_zero = 0, bias = 0;
};
IntegerPlaces integer_places(const Node& node);

std::int64_t count_of(const Value* value);
bool is_bytes(const Value* value);
/// Absent or a constant.
bool is_known(const Value* value);
/// Nothing, one element, or a vector of `count`.
bool is_one_or(const Value* value, std::int64_t count);

/// Constant scales in float32: one for A and the result, one for all of B or for each of `columns`.
bool scales_fit(const Node& node, const IntegerPlaces& places, std::int64_t columns);

/// The bytes of a constant, or none, as text.
std::string bytes_text(const Value* value);

/// What a step needs to finish its sums.
class Requantization {
 public:
  /// `groups` of columns, each of which fills whole panels.
  Requantization(const Node& node, const IntegerPlaces& places, const BytePanels& panels,
                 std::int64_t groups = 1);

  ByteEpilogue epilogue(std::int64_t group = 0) const noexcept;

 private:
  DType to_;
  std::size_t padded_;  ///< Columns of a group's panels.
  std::vector<double> factors_;
  std::vector<std::int32_t> bias_;
  double zero_ = 0;
};

}  // namespace headway::cpu
