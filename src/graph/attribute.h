#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "headway/tensor.h"

namespace headway {

/// A compile-time parameter of a node, with ONNX's attribute kinds.
using Attribute = std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>,
                               std::vector<float>, std::vector<std::string>, Tensor>;

using Attributes = std::map<std::string, Attribute, std::less<>>;

/// "int", "float", "string", "ints", "floats", "strings" or "tensor": for messages.
const char* kind_of(const Attribute& attribute) noexcept;

}  // namespace headway
