#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "headway/tensor.h"

namespace headway::torch {

/// Keeps the bytes of a tensor alive.
using OwnerOf = std::function<std::shared_ptr<const void>(std::span<const std::byte> range)>;

/// The bytes that tensors are views of.
struct Storage {
  std::string key;  ///< Names it in messages.
  /// nullopt: bytes, whose element type the tensor states.
  std::optional<DType> dtype;
  std::string type;                  ///< "FloatStorage"
  std::span<const std::byte> bytes;  ///< Exactly its elements.
  bool swapped = false;              ///< Stored in big-endian order.
  bool missing = false;              ///< Known by name only, so far.
  OwnerOf owner_of;
  /// Bytes that all copies of strided or big-endian views of a file may still take together.
  std::shared_ptr<std::uint64_t> copy_budget;
};

/// Of "FloatStorage", …; nullopt for complex and quantized ones, and for untyped bytes.
std::optional<DType> dtype_of_storage(std::string_view type);
/// Of "float32", "half", … as in torch.float32; nullopt if there is no such dtype.
std::optional<DType> dtype_of_name(std::string_view name);
/// Of PyTorch's ScalarType numbers; nullopt for those Headway has not.
std::optional<DType> dtype_of_scalar_type(std::int64_t number);
/// True for the names of storage classes.
bool is_storage_class(std::string_view name);
/// Bytes per element of the storage class, 0 if it is none.
std::size_t element_size_of_storage(std::string_view type);

/// The view of `storage` with that offset, shape and strides, all in elements. Dense ones borrow
/// the storage's bytes, the others are copied. Throws Error(kInvalidModel) if an element lies
/// outside, Error(kOutOfMemory) if the copy were far larger than the storage.
Tensor view_of(const Storage& storage, DType dtype, std::int64_t offset, const Shape& shape,
               const Shape& strides);

}  // namespace headway::torch
