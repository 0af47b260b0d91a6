#include "tensor/npy.h"

#include <algorithm>
#include <cstring>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "base/strings.h"
#include "base/zip.h"
#include "tensor/npy_header.h"
#include "tensor/npy_strings.h"

namespace headway {
namespace {

constexpr std::string_view kSuffix = ".npy";
constexpr std::int64_t kMaxEmptyStrings = 1 << 20;  // They take no bytes in a file.

/// Copies `count` elements that are `source_stride` elements apart.
void copy_strided(std::byte* target, const std::byte* source, std::int64_t count,
                  std::int64_t source_stride, std::size_t element) {
  for (std::int64_t i = 0; i < count; ++i) {
    std::memcpy(target, source, element);
    target += element;
    source += static_cast<std::size_t>(source_stride) * element;
  }
}

/// From the first extent varying fastest to the last one.
void copy_fortran(const std::byte* source, Tensor& tensor) {
  const Shape& shape = tensor.shape();
  const std::size_t rank = shape.size();
  if (tensor.size() == 0) return;
  Shape strides(rank, 1);
  for (std::size_t axis = 1; axis < rank; ++axis)
    strides[axis] = strides[axis - 1] * shape[axis - 1];

  const std::size_t element = size_of(tensor.dtype());
  const std::int64_t row = shape[rank - 1];
  auto* target = static_cast<std::byte*>(tensor.raw());
  Shape index(rank, 0);
  for (std::int64_t done = 0; done < tensor.size(); done += row) {
    std::int64_t offset = 0;
    for (std::size_t axis = 0; axis + 1 < rank; ++axis) offset += index[axis] * strides[axis];
    copy_strided(target + static_cast<std::size_t>(done) * element,
                 source + static_cast<std::size_t>(offset) * element, row, strides[rank - 1],
                 element);
    for (std::size_t axis = rank - 1; axis-- > 0;) {
      if (++index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
}

void swap_bytes(Tensor& tensor) {
  const std::size_t element = size_of(tensor.dtype());
  auto* bytes = static_cast<std::byte*>(tensor.raw());
  for (std::size_t i = 0; i < tensor.byte_size(); i += element)
    std::reverse(bytes + i, bytes + i + element);
}

std::span<const std::byte> bytes_of(const Tensor& tensor) {
  return {static_cast<const std::byte*>(tensor.raw()), tensor.byte_size()};
}

}  // namespace

Tensor read_npy(std::span<const std::byte> bytes, std::string_view source) {
  NpyHeader header = parse_npy_header(bytes, source);
  const std::span<const std::byte> data = bytes.subspan(header.data_offset);
  std::int64_t count = 0;
  try {
    count = num_elements(header.shape);
  } catch (const Error& error) {
    fail(ErrorCode::kInvalidModel, "'", source, "' is malformed: ", error.what());
  }
  // Before anything is allocated: the shape may be a lie.
  const bool holds_strings = header.dtype == DType::kString;
  const std::size_t element =
      holds_strings ? header.width * header.character : size_of(header.dtype);
  const bool fits = element == 0 ? data.empty() && count <= kMaxEmptyStrings
                                 : data.size() % element == 0 &&
                                       data.size() / element == static_cast<std::size_t>(count);
  if (!fits) {
    fail(ErrorCode::kInvalidModel, "'", source, "' announces ", count, " elements of type ",
         name_of(header.dtype), ", but holds ", data.size(), " bytes of them");
  }
  if (holds_strings) return npy_strings(header, data, source);

  Tensor tensor = Tensor::allocate(header.dtype, std::move(header.shape));
  if (header.fortran_order && tensor.rank() > 1) {
    copy_fortran(data.data(), tensor);
  } else {
    std::ranges::copy(data, static_cast<std::byte*>(tensor.raw()));
  }
  if (header.big_endian) swap_bytes(tensor);
  if (tensor.dtype() == DType::kBool) {
    // A C++ bool that is neither 0 nor 1 is undefined behaviour.
    auto* flags = static_cast<unsigned char*>(tensor.raw());
    std::ranges::transform(flags, flags + tensor.size(), flags,
                           [](unsigned char flag) -> unsigned char { return flag != 0 ? 1 : 0; });
  }
  return tensor;
}

Tensor read_npy(const std::filesystem::path& file) {
  return read_npy(MappedFile::open(file)->bytes(), file.string());
}

void write_npy(const std::filesystem::path& file, const Tensor& tensor) {
  const bool holds_strings = tensor.dtype() == DType::kString;
  const std::string header =
      holds_strings ? npy_of_strings(tensor) : npy_header(tensor.dtype(), tensor.shape());
  AtomicFile out(file);
  out.write(header);
  if (!holds_strings) out.write(bytes_of(tensor));
  out.commit();
}

NamedTensors read_npz(const std::filesystem::path& file) {
  const ZipReader archive(MappedFile::open(file));
  NamedTensors tensors;
  for (const ZipEntry& entry : archive.entries()) {
    std::string name = entry.name;
    if (name.ends_with(kSuffix)) name.resize(name.size() - kSuffix.size());
    const std::string contents = archive.read(entry);
    tensors.emplace_back(std::move(name), read_npy(std::as_bytes(std::span(contents)),
                                                   concat(archive.source(), ":", entry.name)));
  }
  return tensors;
}

void write_npz(const std::filesystem::path& file,
               std::span<const NamedTensors::value_type> tensors) {
  AtomicFile out(file);
  ZipWriter archive(out);
  for (const auto& [name, tensor] : tensors) {
    const bool holds_strings = tensor.dtype() == DType::kString;
    std::string contents =
        holds_strings ? npy_of_strings(tensor) : npy_header(tensor.dtype(), tensor.shape());
    if (!holds_strings) contents.append(static_cast<const char*>(tensor.raw()), tensor.byte_size());
    archive.add(concat(name, kSuffix), contents, 64);
  }
  archive.finish();
  out.commit();
}

}  // namespace headway
