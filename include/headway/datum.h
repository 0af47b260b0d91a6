#pragma once

#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "headway/export.h"
#include "headway/tensor.h"

namespace headway {

/// What surrounds the tensors of a value.
enum class Container : std::uint8_t { kNone, kSequence, kOptional, kOptionalSequence };

/// What a model takes or gives: a tensor, a sequence of tensors, or nothing (an optional that is
/// empty). An optional that holds something is that thing. Copies share everything (cheap).
class HEADWAY_API Datum {
 public:
  /// Nothing.
  Datum() = default;
  /// An undefined tensor is nothing.
  Datum(Tensor tensor) {  // NOLINT: most values are tensors
    if (tensor.defined()) value_ = std::move(tensor);
  }
  /// Tensors of one dtype and any shapes; the dtype is stated since there may be none. Throws
  /// Error(kInvalidArgument) if one has another.
  static Datum sequence(DType dtype, std::vector<Tensor> elements);

  bool is_nothing() const noexcept { return std::holds_alternative<std::monostate>(value_); }
  bool is_tensor() const noexcept { return std::holds_alternative<Tensor>(value_); }
  bool is_sequence() const noexcept { return std::holds_alternative<Sequence>(value_); }

  /// Throws Error(kInvalidArgument) if it is something else.
  const Tensor& tensor() const;
  /// The elements of a sequence. Throws Error(kInvalidArgument) if it is something else.
  std::span<const Tensor> elements() const;
  /// Of the tensor or the sequence's elements. Throws Error(kInvalidArgument) for nothing.
  DType dtype() const;

  /// A deep copy.
  Datum clone() const;

  /// "float32 tensor of shape 2x3", "sequence of 4 int64 tensors", "nothing": for messages.
  std::string described() const;

 private:
  struct Sequence {
    DType dtype;
    std::shared_ptr<const std::vector<Tensor>> elements;
  };
  std::variant<std::monostate, Tensor, Sequence> value_;
};

}  // namespace headway
