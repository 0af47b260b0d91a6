#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "headway/dtype.h"
#include "headway/export.h"

namespace headway {

/// Extents, outermost first; empty for a scalar.
using Shape = std::vector<std::int64_t>;

/// Product of the extents. Throws Error(kInvalidArgument) if an extent is negative or the product
/// overflows.
HEADWAY_API std::int64_t num_elements(const Shape& shape);

/// "1x3x224x224"; "scalar" for an empty shape.
HEADWAY_API std::string to_string(const Shape& shape);

/// A dense row-major array. Copies share the elements (cheap); `clone()` copies them.
class HEADWAY_API Tensor {
 public:
  /// An empty handle: `defined()` is false and nothing else may be called.
  Tensor() = default;

  /// Uninitialized elements (empty strings), 64-byte aligned. Throws Error(kOutOfMemory).
  static Tensor allocate(DType dtype, Shape shape);

  /// All elements zero.
  static Tensor zeros(DType dtype, Shape shape);

  /// Copies `values` (exactly num_elements(shape) of them).
  template <typename T>
  static Tensor from(Shape shape, std::span<const T> values);
  template <typename T>
  static Tensor from(Shape shape, std::initializer_list<T> values) {
    return from<T>(std::move(shape), std::span<const T>(values.begin(), values.size()));
  }

  /// Uses memory that somebody else owns; `owner` is kept alive as long as any copy of the tensor
  /// (pass nullptr if the caller guarantees it). The address need not be aligned to the element
  /// size; `data<T>()` demands alignment, `raw()` does not.
  static Tensor borrow(void* data, DType dtype, Shape shape, std::shared_ptr<const void> owner);

  bool defined() const noexcept { return data_ != nullptr; }
  DType dtype() const noexcept { return dtype_; }
  const Shape& shape() const noexcept { return shape_; }
  std::int64_t dim(std::size_t axis) const { return shape_.at(axis); }
  std::size_t rank() const noexcept { return shape_.size(); }
  std::int64_t size() const noexcept { return size_; }
  std::size_t byte_size() const noexcept {
    return static_cast<std::size_t>(size_) * size_of(dtype_);
  }

  /// First element. Throws Error(kInvalidArgument) if T is not the dtype, or the address is
  /// unaligned.
  template <typename T>
  T* data() {
    check_access(kDTypeOf<T>, alignof(T));
    return static_cast<T*>(data_);
  }
  template <typename T>
  const T* data() const {
    check_access(kDTypeOf<T>, alignof(T));
    return static_cast<const T*>(data_);
  }
  template <typename T>
  std::span<const T> values() const {
    return {data<T>(), static_cast<std::size_t>(size_)};
  }
  template <typename T>
  std::span<T> values() {
    return {data<T>(), static_cast<std::size_t>(size_)};
  }

  /// What keeps the elements alive; see borrow().
  const std::shared_ptr<const void>& owner() const noexcept { return owner_; }

  void* raw() noexcept { return data_; }
  const void* raw() const noexcept { return data_; }

  /// A deep, aligned copy.
  Tensor clone() const;

  /// The same elements under another shape with as many elements. Throws Error(kInvalidArgument).
  Tensor reshaped(Shape shape) const;

  /// A converted copy (a plain handle copy if the dtype is the same). Throws
  /// Error(kInvalidArgument) for a string that is no number.
  Tensor to(DType dtype) const;

 private:
  void check_access(DType wanted, std::size_t alignment) const;
  void check_count(std::size_t values) const;

  std::shared_ptr<const void> owner_;
  void* data_ = nullptr;
  DType dtype_ = DType::kFloat32;
  Shape shape_;
  std::int64_t size_ = 0;
};

template <typename T>
Tensor Tensor::from(Shape shape, std::span<const T> values) {
  Tensor tensor = allocate(kDTypeOf<T>, std::move(shape));
  tensor.check_count(values.size());
  std::copy(values.begin(), values.end(), tensor.data<T>());
  return tensor;
}

}  // namespace headway
