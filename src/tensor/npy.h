#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "headway/tensor.h"

namespace headway {

/// NumPy's file format (numpy.lib.format), versions 1 to 3. Fortran order and either byte order are
/// read; C order and little-endian are written. Strings are UTF-8 here and of fixed width there
/// (type U, or S of bytes). NumPy has no bfloat16, so it is refused: convert to float32 first.

/// Throws Error(kNotFound) or Error(kIo) if the file cannot be read, Error(kInvalidModel) naming it
/// if it is malformed, Error(kUnsupported) if it holds another type of element.
Tensor read_npy(const std::filesystem::path& file);

/// The same for bytes in memory, which are copied; `source` names them in messages.
Tensor read_npy(std::span<const std::byte> bytes, std::string_view source);

/// Atomic. Throws Error(kIo), Error(kUnsupported) for bfloat16.
void write_npy(const std::filesystem::path& file, const Tensor& tensor);

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// A zip archive of .npy files, whose names are given without that suffix.
NamedTensors read_npz(const std::filesystem::path& file);
void write_npz(const std::filesystem::path& file,
               std::span<const NamedTensors::value_type> tensors);

}  // namespace headway
