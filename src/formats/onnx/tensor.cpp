#include "formats/onnx/tensor.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include <protozero/pbf_reader.hpp>

#include "base/error.h"
#include "base/narrow.h"
#include "formats/onnx/schema.h"
#include "ops/onnx_dtype.h"
#include "tensor/dispatch.h"

namespace headway::onnx {
namespace {

constexpr std::size_t kMaxRank = 64;

/// A repeated fixed-width field: usually one packed block, which can be used where it lies.
class FixedValues {
 public:
  void add_block(protozero::data_view block) {
    if (block.size() == 0) return;
    if (view_.size() == 0) {
      view_ = block;
      return;
    }
    if (joined_.empty()) joined_.assign(view_.data(), view_.size());
    joined_.append(block.data(), block.size());
  }
  template <typename T>
  void add_value(T value) {
    if (joined_.empty() && view_.size() != 0) joined_.assign(view_.data(), view_.size());
    joined_.append(reinterpret_cast<const char*>(&value), sizeof value);
    view_ = protozero::data_view(joined_.data(), joined_.size());
  }

  bool is_borrowed() const { return joined_.empty(); }
  protozero::data_view bytes() const {
    return joined_.empty() ? view_ : protozero::data_view(joined_.data(), joined_.size());
  }

 private:
  protozero::data_view view_{"", 0};
  std::string joined_;
};

struct RawTensor {
  std::string name;
  Shape shape;
  std::int64_t code = 0;
  std::optional<protozero::data_view> raw;
  FixedValues floats, doubles;
  std::vector<std::int64_t> integers;  ///< int32_data, int64_data or uint64_data.
  std::vector<std::string> strings;
  bool is_external = false, is_segment = false;
  std::map<std::string, std::string> external;
};

void read_entry(protozero::pbf_reader entry, std::map<std::string, std::string>& entries) {
  std::string key, value;
  while (entry.next()) {
    switch (entry.tag_and_type()) {
      case bytes_field(EntryField::kKey):
        key = entry.get_string();
        break;
      case bytes_field(EntryField::kValue):
        value = entry.get_string();
        break;
      default:
        entry.skip();
    }
  }
  entries[key] = std::move(value);
}

template <typename Range>
void append(const Range& range, std::vector<std::int64_t>& values) {
  for (const auto value : range) values.push_back(static_cast<std::int64_t>(value));
}

RawTensor parse(protozero::data_view message) {
  RawTensor tensor;
  protozero::pbf_reader field(message);
  while (field.next()) {
    switch (field.tag_and_type()) {
      case varint_field(TensorField::kDims):
        tensor.shape.push_back(field.get_int64());
        break;
      case bytes_field(TensorField::kDims):
        append(field.get_packed_int64(), tensor.shape);
        break;
      case varint_field(TensorField::kDataType):
        tensor.code = field.get_int32();
        break;
      case bytes_field(TensorField::kName):
        tensor.name = field.get_string();
        break;
      case bytes_field(TensorField::kRawData):
        tensor.raw = field.get_view();
        break;
      case bytes_field(TensorField::kFloatData):
        tensor.floats.add_block(field.get_view());
        break;
      case fixed32_field(TensorField::kFloatData):
        tensor.floats.add_value(field.get_float());
        break;
      case bytes_field(TensorField::kDoubleData):
        tensor.doubles.add_block(field.get_view());
        break;
      case fixed64_field(TensorField::kDoubleData):
        tensor.doubles.add_value(field.get_double());
        break;
      case bytes_field(TensorField::kStringData):
        tensor.strings.push_back(field.get_string());
        break;
      case bytes_field(TensorField::kInt32Data):
        append(field.get_packed_int32(), tensor.integers);
        break;
      case bytes_field(TensorField::kInt64Data):
        append(field.get_packed_int64(), tensor.integers);
        break;
      case bytes_field(TensorField::kUint64Data):
        append(field.get_packed_uint64(), tensor.integers);
        break;
      case varint_field(TensorField::kInt32Data):
      case varint_field(TensorField::kInt64Data):
      case varint_field(TensorField::kUint64Data):
        tensor.integers.push_back(field.get_int64());
        break;
      case bytes_field(TensorField::kSegment):
        tensor.is_segment = true;
        field.skip();
        break;
      case bytes_field(TensorField::kExternalData):
        read_entry(field.get_message(), tensor.external);
        break;
      case varint_field(TensorField::kDataLocation):
        tensor.is_external = field.get_int32() == kExternalLocation;
        break;
      default:
        field.skip();
    }
  }
  return tensor;
}

/// 8 and more for what is not packed.
std::uint64_t bits_of(DType dtype) {
  return is_narrow(dtype) ? static_cast<std::uint64_t>(bits_of_narrow(dtype)) : 8;
}

/// In the file; the number of elements for strings.
std::size_t checked_byte_size(const Shape& shape, DType dtype) {
  if (shape.size() > kMaxRank)
    fail(ErrorCode::kInvalidModel, "its shape has ", shape.size(), " dimensions; at most ",
         kMaxRank, " are possible");
  for (const std::int64_t extent : shape)
    if (extent < 0) fail(ErrorCode::kInvalidModel, "its shape has the negative extent ", extent);
  const bool is_packed = bits_of(dtype) < 8;
  std::uint64_t bytes = dtype == DType::kString ? 1 : is_packed ? bits_of(dtype) : size_of(dtype);
  for (const std::int64_t extent : shape) {
    if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(extent), &bytes) ||
        bytes > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      fail(ErrorCode::kInvalidModel, "its shape ", to_string(shape), " overflows");
    }
  }
  return is_packed ? (bytes + 7) / 8 : bytes;
}

void check_count(std::size_t found, std::size_t expected, const Shape& shape) {
  if (found == expected) return;
  fail(ErrorCode::kInvalidModel, "it has ", found, " bytes of data where its shape ",
       to_string(shape), " needs ", expected, "; is the file truncated?");
}

/// Elements of fewer than 8 bits lie one after the other, the first in the lowest bits.
Tensor unpack(const char* bytes, DType dtype, const Shape& shape) {
  Tensor tensor = Tensor::allocate(dtype, shape);
  auto* target = static_cast<std::uint8_t*>(tensor.raw());
  const std::size_t bits = bits_of(dtype);
  for (std::size_t i = 0; i < static_cast<std::size_t>(tensor.size()); ++i) {
    const std::size_t first = i * bits, shift = first % 8;
    unsigned window = static_cast<unsigned char>(bytes[first / 8]);
    if (shift + bits > 8) window |= unsigned{static_cast<unsigned char>(bytes[first / 8 + 1])} << 8;
    const unsigned element = window >> shift & ((1U << bits) - 1);
    target[i] = is_narrow_integer(dtype) ? wrap_to_narrow(dtype, element)
                                         : static_cast<std::uint8_t>(element);
  }
  return tensor;
}

Tensor borrow_or_copy(const char* bytes, std::size_t count, DType dtype, const Shape& shape,
                      const OwnerOf& owner_of, bool may_borrow) {
  if (bits_of(dtype) < 8) return unpack(bytes, dtype, shape);
  // Any byte but 0 and 1 is no valid bool in C++.
  if (dtype == DType::kBool)
    may_borrow = may_borrow && std::all_of(bytes, bytes + count,
                                           [](char byte) { return byte == 0 || byte == 1; });
  if (may_borrow && count > 0) {
    return Tensor::borrow(const_cast<char*>(bytes), dtype, shape,
                          owner_of(std::as_bytes(std::span(bytes, count))));
  }
  Tensor tensor = Tensor::allocate(dtype, shape);
  if (dtype == DType::kBool) {
    std::transform(bytes, bytes + count, tensor.data<bool>(), [](char byte) { return byte != 0; });
  } else if (count > 0) {
    std::memcpy(tensor.raw(), bytes, count);
  }
  return tensor;
}

/// Of fewer than 8 bits, elements share an integer as they would share a byte; those of 6 do not.
Tensor from_narrow_integers(const std::vector<std::int64_t>& values, DType dtype,
                            const Shape& shape, std::size_t packed_bytes) {
  std::string bytes;
  for (const std::int64_t value : values) bytes += static_cast<char>(value);
  if (8 % bits_of(dtype) == 0) {
    check_count(bytes.size(), packed_bytes, shape);
    if (bits_of(dtype) < 8) return unpack(bytes.data(), dtype, shape);
  }
  check_count(bytes.size(), static_cast<std::size_t>(num_elements(shape)), shape);
  Tensor tensor = Tensor::allocate(dtype, shape);
  std::ranges::copy(bytes, static_cast<char*>(tensor.raw()));
  return tensor;
}

Tensor from_integers(const std::vector<std::int64_t>& values, DType dtype, const Shape& shape) {
  Tensor tensor = Tensor::allocate(dtype, shape);
  dispatch(dtype, [&]<typename T>(std::type_identity<T>) {
    T* out = tensor.data<T>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      if constexpr (std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>) {
        out[i].bits = static_cast<std::uint16_t>(values[i]);
      } else if constexpr (std::is_same_v<T, bool>) {
        out[i] = values[i] != 0;
      } else {
        out[i] = static_cast<T>(values[i]);
      }
    }
  });
  return tensor;
}

Tensor build(RawTensor& raw, ExternalData& external, const OwnerOf& owner_of) {
  const auto dtype = dtype_of_onnx_number(raw.code);
  if (!dtype) {
    fail(ErrorCode::kUnsupported, "its element type ", name_of_code(raw.code), " (number ",
         raw.code, ") is not supported");
  }
  if (raw.is_segment) fail(ErrorCode::kUnsupported, "it is stored in segments");
  const std::size_t expected = checked_byte_size(raw.shape, *dtype);
  if (*dtype == DType::kString) {
    if (raw.strings.size() != expected) {
      fail(ErrorCode::kInvalidModel, "it has ", raw.strings.size(), " strings where its shape ",
           to_string(raw.shape), " needs ", expected);
    }
    return Tensor::from<std::string>(raw.shape, raw.strings);
  }

  if (raw.is_external) {
    const ExternalData::Slice slice = external.find(raw.external, expected);
    return borrow_or_copy(
        reinterpret_cast<const char*>(slice.bytes.data()), expected, *dtype, raw.shape,
        [&](auto) { return slice.owner; }, true);
  }
  if (raw.raw) {
    check_count(raw.raw->size(), expected, raw.shape);
    return borrow_or_copy(raw.raw->data(), expected, *dtype, raw.shape, owner_of, true);
  }
  if (*dtype == DType::kFloat32 || *dtype == DType::kFloat64) {
    const FixedValues& values = *dtype == DType::kFloat32 ? raw.floats : raw.doubles;
    check_count(values.bytes().size(), expected, raw.shape);
    return borrow_or_copy(values.bytes().data(), expected, *dtype, raw.shape, owner_of,
                          values.is_borrowed());
  }
  if (is_narrow(*dtype)) return from_narrow_integers(raw.integers, *dtype, raw.shape, expected);
  check_count(raw.integers.size() * size_of(*dtype), expected, raw.shape);
  return from_integers(raw.integers, *dtype, raw.shape);
}

}  // namespace

std::string_view name_of_tensor(protozero::data_view message) {
  protozero::pbf_reader field(message);
  protozero::data_view name{"", 0};
  while (field.next()) {
    if (field.tag_and_type() == bytes_field(TensorField::kName)) {
      name = field.get_view();
    } else {
      field.skip();
    }
  }
  return {name.data(), name.size()};
}

std::string packed_elements(const Tensor& tensor) {
  const auto* bytes = static_cast<const unsigned char*>(tensor.raw());
  const std::size_t bits = bits_of(tensor.dtype());
  std::string packed((static_cast<std::size_t>(tensor.size()) * bits + 7) / 8, '\0');
  for (std::size_t i = 0; i < static_cast<std::size_t>(tensor.size()); ++i) {
    const std::size_t first = i * bits, shift = first % 8;
    const unsigned element = (bytes[i] & ((1U << bits) - 1)) << shift;
    packed[first / 8] |= static_cast<char>(element);
    if (element >> 8 != 0) packed[first / 8 + 1] |= static_cast<char>(element >> 8);
  }
  return packed;
}

TensorReader::NamedTensor TensorReader::read(protozero::data_view message) {
  RawTensor raw = parse(message);
  try {
    Tensor tensor = build(raw, external_, owner_of_);
    return {std::move(raw.name), std::move(tensor)};
  } catch (const Error& error) {
    fail(error.code(), "tensor '", raw.name, "': ", error.what());
  }
}

}  // namespace headway::onnx
