#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "formats/torch/pickle_value.h"

namespace headway::torch {

/// Finds what a persistent id (a tuple) stands for: a storage. May throw Error.
using PersistentLoad = std::function<PickleValue(const PickleObject& id)>;

/// Reads a pickle of protocol 2 to 4, as PyTorch writes them. Nothing is ever imported, called or
/// constructed: tensors, dicts, sizes and the other things that `reduce` lists are made by Headway
/// itself, and every other class becomes an inert record. Items are put into lists and dicts only.
/// Bytes after the pickle's end are left alone. `source` names the bytes, which the result points
/// into, in messages. Throws Error(kInvalidModel) for a malformed pickle, Error(kUnsupported) for
/// opcodes that PyTorch does not write.
Pickle read_pickle(std::span<const std::byte> bytes, std::string_view source,
                   const PersistentLoad& load);

/// What a call gives.
struct Called {
  enum class Kind { kUnknown, kValue, kDict } kind = Kind::kUnknown;
  PickleValue value;               ///< kValue.
  std::vector<PickleValue> items;  ///< kDict: keys and values in turn.
};

/// Calls the global `function` if it is one of the known harmless ones; kUnknown otherwise. Throws
/// Error(kInvalidModel) for wrong arguments.
Called reduce(std::string_view function, std::span<const PickleValue> arguments);

}  // namespace headway::torch
