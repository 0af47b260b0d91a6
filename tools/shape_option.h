#pragma once

#include <string>
#include <string_view>

#include "headway/tensor.h"

namespace headway {

/// What --shape says; `name` is empty if it names no input.
struct ShapeOption {
  std::string name;
  Shape shape;
};

/// "1x3x224x224" or "name:1x3x224x224". Throws Error(kInvalidArgument).
ShapeOption parse_shape_option(std::string_view text);

}  // namespace headway
