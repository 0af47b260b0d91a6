#include "bench/units.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <utility>

#include "base/error.h"

namespace headway::bench {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 6> kTimeUnits{
    {{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}}};

struct Quantity {
  double value = 0;
  std::string_view unit;
};

std::string_view without_leading_spaces(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return text;
}

Quantity parse_quantity(std::string_view text, std::string_view what) {
  text = without_leading_spaces(text);
  Quantity result;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result.value);
  if (error != std::errc{} || !std::isfinite(result.value) || result.value < 0) {
    fail(ErrorCode::kInvalidArgument, what, " is '", text, "', which is not a number");
  }
  result.unit = without_leading_spaces({end, text.data() + text.size()});
  return result;
}

std::string scaled(double value, const auto& units, int digits) {
  std::size_t unit = 0;
  while (unit + 1 < units.size() && std::abs(value) >= units[unit + 1].first * 0.9995) ++unit;
  return significant(value / units[unit].first, digits) + ' ' + std::string(units[unit].second);
}

}  // namespace

std::int64_t parse_duration(std::string_view text, std::string_view what) {
  const Quantity quantity = parse_quantity(text, what);
  if (quantity.unit.empty() && quantity.value == 0) return 0;
  for (const auto& [unit, nanoseconds] : kTimeUnits) {
    if (unit != quantity.unit) continue;
    const double result = quantity.value * nanoseconds;
    if (result > 9e18) break;
    return std::llround(result);
  }
  fail(ErrorCode::kInvalidArgument, what, " is '", text,
       "'; write a duration with its unit, for example 500us, 20ms, 60s or 2m");
}

double parse_fraction(std::string_view text, std::string_view what) {
  const Quantity quantity = parse_quantity(text, what);
  if (quantity.unit == "%") return quantity.value / 100;
  if (quantity.unit.empty()) return quantity.value;
  fail(ErrorCode::kInvalidArgument, what, " is '", text,
       "'; write a fraction or a percentage, for example 0.02 or 2%");
}

std::string significant(double value, int digits) {
  if (!std::isfinite(value)) return "–";
  if (value == 0) return "0";
  const auto magnitude = static_cast<int>(std::floor(std::log10(std::abs(value))));
  int decimals = std::max(0, digits - 1 - magnitude);
  std::array<char, 400> text;
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  // Rounding up to the next power of ten (9.996 to 10.00) would show one digit too many.
  if (decimals > 0 && std::abs(std::strtod(text.data(), nullptr)) >= std::pow(10, magnitude + 1)) {
    std::snprintf(text.data(), text.size(), "%.*f", --decimals, value);
  }
  return text.data();
}

std::string format_duration(double nanoseconds, int digits) {
  constexpr std::array<std::pair<double, std::string_view>, 4> kUnits{
      {{1, "ns"}, {1e3, "µs"}, {1e6, "ms"}, {1e9, "s"}}};
  return scaled(nanoseconds, kUnits, digits);
}

std::string format_bytes(double bytes) {
  constexpr std::array<std::pair<double, std::string_view>, 4> kUnits{
      {{1, "B"}, {1e3, "kB"}, {1e6, "MB"}, {1e9, "GB"}}};
  return scaled(bytes, kUnits, 3);
}

std::string format_count(double count) {
  if (count < 10'000) return significant(count, 4);
  constexpr std::array<std::pair<double, std::string_view>, 4> kUnits{
      {{1e3, "k"}, {1e6, "M"}, {1e9, "G"}, {1e12, "T"}}};
  return scaled(count, kUnits, 3);
}

std::string format_percent(double fraction) {
  const double percent = fraction * 100;
  return significant(percent, percent < 1 ? 1 : 2) + " %";
}

}  // namespace headway::bench
