#pragma once

#include <optional>
#include <string_view>

#include "headway/dtype.h"

namespace headway::safetensors {

/// The format's "F32" and so on; "" for those it has not, or that it packs.
std::string_view name_of_dtype(DType dtype);
std::optional<DType> dtype_of_name(std::string_view name);

}  // namespace headway::safetensors
