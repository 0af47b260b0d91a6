#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "headway/tensor.h"

namespace headway {

class Graph;

/// The body of an If, Loop, … Shared by copies; never changed. It sees nothing of the graph around
/// it: what it takes from there are its last inputs, and the node's (Node::captures).
using Body = std::shared_ptr<const Graph>;

/// A compile-time parameter of a node, with ONNX's attribute kinds.
using Attribute = std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>,
                               std::vector<float>, std::vector<std::string>, Tensor, Body>;

using Attributes = std::map<std::string, Attribute, std::less<>>;

/// "int", "float", "string", "ints", "floats", "strings", "tensor" or "graph": for messages.
const char* kind_of(const Attribute& attribute) noexcept;

}  // namespace headway
