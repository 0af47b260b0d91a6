#include "formats/torch/storage.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/error.h"

namespace headway::torch {
namespace {

constexpr std::size_t kMaxRank = 64;
struct StorageClass {
  std::string_view name;
  std::size_t element_size;
  std::optional<DType> dtype;
};

constexpr std::array kStorageClasses = {
    StorageClass{"FloatStorage", 4, DType::kFloat32},
    StorageClass{"DoubleStorage", 8, DType::kFloat64},
    StorageClass{"HalfStorage", 2, DType::kFloat16},
    StorageClass{"BFloat16Storage", 2, DType::kBFloat16},
    StorageClass{"CharStorage", 1, DType::kInt8},
    StorageClass{"ByteStorage", 1, DType::kUInt8},
    StorageClass{"ShortStorage", 2, DType::kInt16},
    StorageClass{"IntStorage", 4, DType::kInt32},
    StorageClass{"LongStorage", 8, DType::kInt64},
    StorageClass{"BoolStorage", 1, DType::kBool},
    StorageClass{"ComplexFloatStorage", 8, std::nullopt},
    StorageClass{"ComplexDoubleStorage", 16, std::nullopt},
    StorageClass{"QInt8Storage", 1, std::nullopt},
    StorageClass{"QUInt8Storage", 1, std::nullopt},
    StorageClass{"QInt32Storage", 4, std::nullopt},
    StorageClass{"QUInt4x2Storage", 1, std::nullopt},
    StorageClass{"QUInt2x4Storage", 1, std::nullopt},
    StorageClass{"UntypedStorage", 1, std::nullopt},
};

struct DTypeName {
  std::string_view name;
  DType dtype;
};

constexpr std::array kDTypeNames = {
    DTypeName{"float32", DType::kFloat32},
    DTypeName{"float", DType::kFloat32},
    DTypeName{"float64", DType::kFloat64},
    DTypeName{"double", DType::kFloat64},
    DTypeName{"float16", DType::kFloat16},
    DTypeName{"half", DType::kFloat16},
    DTypeName{"bfloat16", DType::kBFloat16},
    DTypeName{"int8", DType::kInt8},
    DTypeName{"uint8", DType::kUInt8},
    DTypeName{"int16", DType::kInt16},
    DTypeName{"short", DType::kInt16},
    DTypeName{"uint16", DType::kUInt16},
    DTypeName{"int32", DType::kInt32},
    DTypeName{"int", DType::kInt32},
    DTypeName{"uint32", DType::kUInt32},
    DTypeName{"int64", DType::kInt64},
    DTypeName{"long", DType::kInt64},
    DTypeName{"uint64", DType::kUInt64},
    DTypeName{"bool", DType::kBool},
    DTypeName{"float8_e4m3fn", DType::kFloat8E4M3FN},
    DTypeName{"float8_e4m3fnuz", DType::kFloat8E4M3FNUZ},
    DTypeName{"float8_e5m2", DType::kFloat8E5M2},
    DTypeName{"float8_e5m2fnuz", DType::kFloat8E5M2FNUZ},
    DTypeName{"float8_e8m0fnu", DType::kFloat8E8M0},
};

const StorageClass* find_class(std::string_view name) {
  const auto found = std::ranges::find(kStorageClasses, name, &StorageClass::name);
  return found == kStorageClasses.end() ? nullptr : found;
}

/// Any byte but 0 and 1 is no valid bool in C++.
bool are_bools(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte byte) { return byte <= std::byte{1}; });
}

template <typename... Args>
[[noreturn]] void malformed(const Storage& storage, const Args&... args) {
  fail(ErrorCode::kInvalidModel, "a tensor in storage '", storage.key, "' ", args...);
}

/// Elements that the view spans; checks everything it is made of.
std::int64_t checked_span(const Storage& storage, std::int64_t offset, const Shape& shape,
                          const Shape& strides) {
  if (shape.size() != strides.size() || shape.size() > kMaxRank)
    malformed(storage, "has ", shape.size(), " extents and ", strides.size(), " strides");
  if (offset < 0) malformed(storage, "has a negative offset");
  std::int64_t last = offset, elements = 1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    std::int64_t reach = 0;
    if (shape[i] < 0 || strides[i] < 0) malformed(storage, "has a negative extent or stride");
    if (__builtin_mul_overflow(elements, shape[i], &elements) ||
        (shape[i] > 0 && (__builtin_mul_overflow(shape[i] - 1, strides[i], &reach) ||
                          __builtin_add_overflow(last, reach, &last)))) {
      malformed(storage, "has extents that overflow: ", to_string(shape));
    }
  }
  return elements == 0 ? 0 : last + 1;
}

bool is_dense(const Shape& shape, const Shape& strides) {
  std::int64_t expected = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    if (shape[i] != 1 && strides[i] != expected) return false;
    expected *= shape[i];
  }
  return true;
}

/// Row-major walk over `shape`, the last axis innermost.
void gather(const std::byte* from, std::byte* to, std::size_t element_size, const Shape& shape,
            const Shape& strides, std::size_t axis = 0) {
  if (axis == shape.size()) {
    std::memcpy(to, from, element_size);
    return;
  }
  std::size_t block = element_size;
  for (std::size_t i = axis + 1; i < shape.size(); ++i) block *= static_cast<std::size_t>(shape[i]);
  const std::size_t step = static_cast<std::size_t>(strides[axis]) * element_size;
  for (std::int64_t i = 0; i < shape[axis]; ++i)
    gather(from + static_cast<std::size_t>(i) * step, to + static_cast<std::size_t>(i) * block,
           element_size, shape, strides, axis + 1);
}

void swap_bytes(Tensor& tensor) {
  auto* bytes = static_cast<std::byte*>(tensor.raw());
  const std::size_t size = size_of(tensor.dtype());
  for (std::size_t i = 0; i < tensor.byte_size(); i += size)
    std::reverse(bytes + i, bytes + i + size);
}

}  // namespace

std::optional<DType> dtype_of_storage(std::string_view type) {
  const StorageClass* found = find_class(type);
  return found == nullptr ? std::nullopt : found->dtype;
}

std::optional<DType> dtype_of_name(std::string_view name) {
  const auto found = std::ranges::find(kDTypeNames, name, &DTypeName::name);
  return found == kDTypeNames.end() ? std::nullopt : std::optional(found->dtype);
}

std::optional<DType> dtype_of_scalar_type(std::int64_t number) {
  switch (number) {
    case 0:
      return DType::kUInt8;
    case 1:
      return DType::kInt8;
    case 2:
      return DType::kInt16;
    case 3:
      return DType::kInt32;
    case 4:
      return DType::kInt64;
    case 5:
      return DType::kFloat16;
    case 6:
      return DType::kFloat32;
    case 7:
      return DType::kFloat64;
    case 11:
      return DType::kBool;
    case 15:
      return DType::kBFloat16;
    default:
      return std::nullopt;
  }
}

bool is_storage_class(std::string_view name) {
  return find_class(name) != nullptr;
}

std::size_t element_size_of_storage(std::string_view type) {
  const StorageClass* found = find_class(type);
  return found == nullptr ? 0 : found->element_size;
}

Tensor view_of(const Storage& storage, DType dtype, std::int64_t offset, const Shape& shape,
               const Shape& strides) {
  const std::size_t size = size_of(dtype);
  const std::int64_t span = checked_span(storage, offset, shape, strides);
  const auto available = static_cast<std::int64_t>(storage.bytes.size() / size);
  if (span > available) {
    malformed(storage, "reaches to element ", span, " of ", available,
              "; the file is damaged or forged");
  }
  const std::int64_t elements = num_elements(shape);
  if (elements == 0) return Tensor::allocate(dtype, shape);
  const auto bytes = storage.bytes.subspan(static_cast<std::size_t>(offset) * size);
  const bool dense = is_dense(shape, strides);
  if (dense && !(storage.swapped && size > 1)) {
    const auto range = bytes.first(static_cast<std::size_t>(elements) * size);
    if (dtype == DType::kBool && !are_bools(range))
      malformed(storage, "holds bools other than 0 and 1");
    return Tensor::borrow(const_cast<std::byte*>(range.data()), dtype, shape,
                          storage.owner_of(range));
  }
  const std::uint64_t taken = static_cast<std::uint64_t>(elements) * size;
  if (static_cast<std::uint64_t>(elements) > *storage.copy_budget / size) {
    fail(ErrorCode::kOutOfMemory, "a tensor in storage '", storage.key, "' repeats ", available,
         " elements to ", elements);
  }
  *storage.copy_budget -= taken;
  Tensor copy = Tensor::allocate(dtype, shape);
  gather(bytes.data(), static_cast<std::byte*>(copy.raw()), size, shape, strides);
  if (storage.swapped && size > 1) swap_bytes(copy);
  if (dtype == DType::kBool && !are_bools({static_cast<std::byte*>(copy.raw()), copy.byte_size()}))
    malformed(storage, "holds bools other than 0 and 1");
  return copy;
}

}  // namespace headway::torch
