#include "formats/torchscript/emit_extent.h"

#include <algorithm>
#include <charconv>

namespace headway::torchscript {
namespace {

std::optional<std::int64_t> literal(const std::string& expression) {
  std::int64_t value = 0;
  const char* end = expression.data() + expression.size();
  const auto [stopped, error] = std::from_chars(expression.data(), end, value);
  return error == std::errc() && stopped == end ? std::optional(value) : std::nullopt;
}

bool is_size(const std::string& expression) {
  return expression.starts_with("torch.size(") || expression.starts_with("torch.numel(");
}

/// Element i of operands that broadcast.
const std::string& element(const IntExpressions& values, std::size_t i) {
  return values[values.size() == 1 ? 0 : i];
}

std::string arithmetic(std::string_view function, const std::string& left,
                       const std::string& right) {
  const auto a = literal(left), b = literal(right);
  std::int64_t result = 0;
  if (a && b) {
    if (function == "add" && !__builtin_add_overflow(*a, *b, &result))
      return std::to_string(result);
    if (function == "sub" && !__builtin_sub_overflow(*a, *b, &result))
      return std::to_string(result);
    if (function == "mul" && !__builtin_mul_overflow(*a, *b, &result))
      return std::to_string(result);
  }
  return call(function, {left, right});
}

/// "True" or "False" if that is certain; a size is never negative.
std::optional<std::string> equality(const std::string& left, const std::string& right) {
  const auto a = literal(left), b = literal(right);
  if (a && b) return truth(*a == *b);
  if (left == right) return truth(true);
  const bool cannot_be_equal = (a && *a < 0 && is_size(right)) || (b && *b < 0 && is_size(left));
  return cannot_be_equal ? std::optional(truth(false)) : std::nullopt;
}

/// The operands if both are known, at least one is computed, and they broadcast.
std::optional<std::size_t> common_size(const Emitter& emitter, std::size_t first,
                                       std::size_t second) {
  const auto left = emitter.ints(first), right = emitter.ints(second);
  if (!left || !right || left->empty() || right->empty()) return std::nullopt;
  const std::size_t count = std::max(left->size(), right->size());
  const bool broadcasts = (left->size() == count || left->size() == 1) &&
                          (right->size() == count || right->size() == 1);
  return broadcasts ? std::optional(count) : std::nullopt;
}

}  // namespace

bool is_computed_ints(const Emitter& emitter, std::size_t slot) {
  return emitter.ints(slot).has_value() && !emitter.input(slot).is_constant();
}

bool emit_extent_arithmetic(Emitter& emitter, std::string_view function) {
  if (!is_computed_ints(emitter, 0) && !is_computed_ints(emitter, 1)) return false;
  const auto count = common_size(emitter, 0, 1);
  if (!count) return false;
  const IntExpressions left = *emitter.ints(0), right = *emitter.ints(1);
  IntExpressions results;
  for (std::size_t i = 0; i < *count; ++i)
    results.push_back(arithmetic(function, element(left, i), element(right, i)));
  emitter.assign_ints(std::move(results));
  return true;
}

bool emit_extent_equality(Emitter& emitter) {
  if (!is_computed_ints(emitter, 0) && !is_computed_ints(emitter, 1)) return false;
  const auto count = common_size(emitter, 0, 1);
  if (!count) return false;
  const IntExpressions left = *emitter.ints(0), right = *emitter.ints(1);
  IntExpressions results;
  for (std::size_t i = 0; i < *count; ++i) {
    const auto result = equality(element(left, i), element(right, i));
    if (!result) return false;
    results.push_back(*result);
  }
  emitter.assign_ints(std::move(results));
  return true;
}

bool emit_extent_choice(Emitter& emitter) {
  if (!is_computed_ints(emitter, 0)) return false;
  const auto count = common_size(emitter, 1, 2);
  const IntExpressions conditions = *emitter.ints(0);
  if (!count || (conditions.size() != 1 && conditions.size() != *count)) return false;
  const IntExpressions yes = *emitter.ints(1), no = *emitter.ints(2);
  IntExpressions results;
  for (std::size_t i = 0; i < *count; ++i)
    results.push_back(element(conditions, i) == "True" ? element(yes, i) : element(no, i));
  emitter.assign_ints(std::move(results));
  return true;
}

}  // namespace headway::torchscript
