#include "formats/torchscript/pickle.h"

#include <limits>

#include "base/error.h"

namespace headway::torchscript {
namespace {

template <typename T>
void append_little_endian(std::string& bytes, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i)
    bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xffU);
}

std::string_view storage_class(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
      return "FloatStorage";
    case DType::kFloat64:
      return "DoubleStorage";
    case DType::kFloat16:
      return "HalfStorage";
    case DType::kBFloat16:
      return "BFloat16Storage";
    case DType::kInt8:
      return "CharStorage";
    case DType::kUInt8:
      return "ByteStorage";
    case DType::kInt16:
      return "ShortStorage";
    case DType::kInt32:
      return "IntStorage";
    case DType::kInt64:
      return "LongStorage";
    case DType::kBool:
      return "BoolStorage";
    default:
      fail(ErrorCode::kUnsupported, "PyTorch has no tensors of ", name_of(dtype));
  }
}

}  // namespace

PickleWriter::PickleWriter() : bytes_("\x80\x02") {}

void PickleWriter::global(std::string_view module, std::string_view name) {
  bytes_ += 'c';
  bytes_ += module;
  bytes_ += '\n';
  bytes_ += name;
  bytes_ += '\n';
}

void PickleWriter::string(std::string_view text) {
  bytes_ += 'X';
  append_little_endian(bytes_, static_cast<std::uint32_t>(text.size()));
  bytes_ += text;
}

void PickleWriter::integer(std::int64_t value) {
  if (value >= std::numeric_limits<std::int32_t>::min() &&
      value <= std::numeric_limits<std::int32_t>::max()) {
    bytes_ += 'J';
    append_little_endian(bytes_, static_cast<std::int32_t>(value));
  } else {
    bytes_ += '\x8a';
    bytes_ += '\x08';
    append_little_endian(bytes_, value);
  }
}

void PickleWriter::boolean(bool value) {
  bytes_ += value ? '\x88' : '\x89';
}

void PickleWriter::tensor(DType dtype, const Shape& shape, std::string_view key) {
  const auto integers = [this](const Shape& values) {
    mark();
    for (const std::int64_t value : values) integer(value);
    tuple();
  };
  Shape strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];

  global("torch._utils", "_rebuild_tensor_v2");
  mark();
  mark();
  string("storage");
  global("torch", storage_class(dtype));
  string(key);
  string("cpu");
  integer(num_elements(shape));
  tuple();
  persistent_id();
  integer(0);
  integers(shape);
  integers(strides);
  boolean(false);
  global("collections", "OrderedDict");
  empty_tuple();
  reduce();
  tuple();
  reduce();
}

std::string PickleWriter::finish() && {
  bytes_ += '.';
  return std::move(bytes_);
}

}  // namespace headway::torchscript
