#pragma once

#include <string_view>

#include "formats/torchscript/emitter.h"

/// Arithmetic on extents, which stay Python integers (see Emitter::ints). Each of these returns
/// false and emits nothing if the node's operands are ordinary tensors.
namespace headway::torchscript {

/// True if the input is computed from extents; false for constants and ordinary tensors.
bool is_computed_ints(const Emitter& emitter, std::size_t slot);

/// `function` is "add", "sub", "mul" or "floordiv".
bool emit_extent_arithmetic(Emitter& emitter, std::string_view function);
/// Equal, where the answer is certain when the code is written.
bool emit_extent_equality(Emitter& emitter);
/// Where, with such a condition.
bool emit_extent_choice(Emitter& emitter);

}  // namespace headway::torchscript
