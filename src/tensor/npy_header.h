#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "headway/tensor.h"

namespace headway {

/// What stands before the elements of an .npy file.
struct NpyHeader {
  DType dtype = DType::kFloat32;
  bool big_endian = false;
  bool fortran_order = false;
  Shape shape;
  std::size_t data_offset = 0;
  /// Of strings, which are padded with zeros: characters each, and the bytes of a character (4 in
  /// NumPy's type U, 1 in its type S).
  std::size_t width = 0, character = 0;
};

/// Throws Error naming `source`.
NpyHeader parse_npy_header(std::span<const std::byte> bytes, std::string_view source);

/// The header of a C-ordered little-endian array; its length is a multiple of 64. Strings have
/// `width` characters of 4 bytes.
std::string npy_header(DType dtype, const Shape& shape, std::size_t width = 0);

}  // namespace headway
