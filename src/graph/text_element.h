#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "headway/dtype.h"

namespace headway {

/// How numbers are written in the text form: integers in decimal, floating point in the fewest
/// digits that read back exactly and always with '.', 'e', "inf" or "nan"; a NaN other than the
/// usual one as nan(0x…) with its bits.

/// Appends the element of type `dtype` stored at `element` (any alignment). Not for strings.
void append_element(std::string& out, DType dtype, const std::byte* element);

/// Appends a floating-point attribute.
void append_float(std::string& out, float value);

/// Stores what `text` says at `element`; false if it is no number of that type. bool is "true" or
/// "false". Decimal and hexadecimal floating point are understood; nan(…) is not (see store_bits).
bool parse_element(std::string_view text, DType dtype, std::byte* element);

/// Stores the bits of a floating-point NaN; false if `bits` is no NaN of that type.
bool store_nan(std::uint64_t bits, DType dtype, std::byte* element);

}  // namespace headway
