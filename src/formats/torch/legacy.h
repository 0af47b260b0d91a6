#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>

#include "formats/torch/pickle_value.h"

namespace headway::torch {

/// True for what torch.save wrote before PyTorch 1.6 (and still can): pickles one after the other,
/// then the storages.
bool is_legacy(std::span<const std::byte> bytes) noexcept;

/// Reads such a file. The result points into `bytes`; `owner_of` keeps parts of them alive for
/// tensors. `source` names them in messages. Throws Error(kInvalidModel) if it is malformed.
Pickle read_legacy(std::span<const std::byte> bytes, std::string_view source,
                   const OwnerOf& owner_of);

}  // namespace headway::torch
