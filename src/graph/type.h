#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "headway/datum.h"
#include "headway/tensor.h"

namespace headway {

/// One extent of a tensor type: a number, a named symbol ("N", "height"), or unknown.
class Dim {
 public:
  Dim() = default;  ///< Unknown; so is a negative extent.
  Dim(std::int64_t extent) : extent_(extent < 0 ? -1 : extent) {}  // NOLINT: reads as a number
  explicit Dim(std::string symbol) : symbol_(std::move(symbol)) {}

  bool is_static() const noexcept { return extent_ >= 0; }
  bool is_symbol() const noexcept { return !symbol_.empty(); }
  bool is_unknown() const noexcept { return !is_static() && !is_symbol(); }
  std::int64_t extent() const noexcept { return extent_; }  ///< Only if is_static().
  const std::string& symbol() const noexcept { return symbol_; }

  /// Same number or same symbol. Two unknown extents are not known to be equal: false.
  bool same_as(const Dim& other) const noexcept;

  /// "224", "N" (in quotes if it is no plain name) or "?".
  std::string to_string() const;

  /// Structural equality (unknown equals unknown), for comparing types and printing tests.
  friend bool operator==(const Dim&, const Dim&) = default;

 private:
  std::int64_t extent_ = -1;
  std::string symbol_;
};

using SymbolicShape = std::vector<Dim>;

SymbolicShape to_symbolic(const Shape& shape);
/// nullopt unless every extent is a number.
std::optional<Shape> to_static(const SymbolicShape& shape);

/// What is known about a value before anything runs. A sequence or an optional has the dtype and
/// shape of its tensors.
struct TensorType {
  DType dtype = DType::kFloat32;
  std::optional<SymbolicShape> shape;  ///< nullopt: not even the rank is known.
  Container container = Container::kNone;

  bool is_tensor() const noexcept { return container == Container::kNone; }
  bool is_optional() const noexcept { return container >= Container::kOptional; }
  bool is_sequence() const noexcept {
    return container == Container::kSequence || container == Container::kOptionalSequence;
  }
  /// nullopt unless it is a tensor all of whose extents are numbers.
  std::optional<Shape> static_shape() const {
    return is_tensor() && shape ? to_static(*shape) : std::nullopt;
  }
  /// "float32[N,3,224,224]", "float32[...]" for an unknown rank, "optional(seq(float32[...]))".
  std::string to_string() const;

  friend bool operator==(const TensorType&, const TensorType&) = default;
};

}  // namespace headway
