#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "headway/tensor.h"

namespace headway::safetensors {

/// One tensor as the header describes it.
struct Entry {
  std::string name;
  std::string dtype;
  Shape shape;
  std::uint64_t begin = 0, end = 0;  ///< Its bytes, counted from the end of the header.
};

/// Parses the JSON. Accepts exactly what the format allows: an object of objects with "dtype",
/// "shape" and "data_offsets", and "__metadata__" with strings. Throws Error(kInvalidModel).
std::vector<Entry> parse_header(std::string_view json);

}  // namespace headway::safetensors
