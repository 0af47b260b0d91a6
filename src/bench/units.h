#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace headway::bench {

/// Nanoseconds in "5ms", "1.5 s", "200us", "2m" or "0". `what` names the flag in the error.
/// Throws Error(kInvalidArgument) if there is no number, no unit (except for 0), or it is negative.
std::int64_t parse_duration(std::string_view text, std::string_view what);

/// A fraction from "2%", "0.02" or "0". Throws like parse_duration.
double parse_fraction(std::string_view text, std::string_view what);

/// A number with `digits` significant digits and no exponent: 3 digits give 0.0123, 12.3, 1234.
std::string significant(double value, int digits);

/// "63.7 ms", "1.20 s", "840 ns".
std::string format_duration(double nanoseconds, int digits = 3);

/// "104 MB" (powers of ten).
std::string format_bytes(double bytes);

/// "25.6 M", "4.1 G"; plain below 10,000.
std::string format_count(double count);

/// "0.6 %".
std::string format_percent(double fraction);

}  // namespace headway::bench
