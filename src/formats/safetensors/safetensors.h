#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "headway/tensor.h"

namespace headway {

/// The safetensors format: the length of a header (8 bytes), the header (JSON: dtype, shape and
/// place of every tensor), the elements.
namespace safetensors {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;
/// Keeps a part of the bytes alive.
using OwnerOf = std::function<std::shared_ptr<const void>(std::span<const std::byte> range)>;

/// The tensors in the order of the header. They borrow from `bytes`. Throws Error(kInvalidModel) if
/// the header is malformed, names a tensor twice, or its tensors overlap, leave holes or lie
/// outside; Error(kUnsupported) for a dtype that Headway has not.
NamedTensors read(std::span<const std::byte> bytes, std::string_view source,
                  const OwnerOf& owner_of);

}  // namespace safetensors

/// Atomic; wide elements first, so that all are aligned. Throws Error(kIo),
/// Error(kInvalidArgument) for a name that occurs twice or is "__metadata__", Error(kUnsupported)
/// for dtypes that the format has not.
void write_safetensors(const std::filesystem::path& file,
                       std::span<const std::pair<std::string, Tensor>> tensors);

}  // namespace headway
