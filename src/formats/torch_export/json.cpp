#include "formats/torch_export/json.h"

#include <limits>

#include "base/error.h"
#include "base/strings.h"

namespace headway::torch_export {
namespace {

constexpr int kMaxDepth = 200;

[[noreturn]] void malformed(const Json& value, std::string_view wanted) {
  std::string shown = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (constexpr std::size_t kShown = 80; shown.size() > kShown) shown.resize(kShown);
  fail(ErrorCode::kInvalidModel, "its program is malformed: ", shown, " is no ", wanted);
}

/// Python writes infinities and NaN as bare words (PyTorch 2.5), which JSON has not: as texts.
std::string with_quoted_words(std::string_view text) {
  std::string result;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (in_string && text[i] == '\\' && i + 1 < text.size()) result += text[i++];
    if (text[i] == '"') in_string = !in_string;
    for (const std::string_view word : {"-Infinity", "Infinity", "NaN"}) {
      if (in_string || !text.substr(i).starts_with(word)) continue;
      result += concat('"', word, '"');
      i += word.size();
      break;
    }
    if (i < text.size()) result += text[i];
  }
  return result;
}

}  // namespace

Json parse_json(std::string_view text, std::string_view what) {
  const auto bounded = [&](int depth, Json::parse_event_t, const Json&) {
    if (depth > kMaxDepth) fail(ErrorCode::kInvalidModel, what, " is nested too deeply");
    return true;
  };
  const bool has_words =
      text.find("Infinity") != std::string_view::npos || text.find("NaN") != std::string_view::npos;
  try {
    return has_words ? Json::parse(with_quoted_words(text), bounded) : Json::parse(text, bounded);
  } catch (const Json::exception& error) {
    fail(ErrorCode::kInvalidModel, what, " is no JSON: ", error.what());
  }
}

const Json* find(const Json& object, std::string_view name) {
  if (!object.is_object()) malformed(object, concat("object with '", name, "'"));
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

const Json& member(const Json& object, std::string_view name) {
  if (const Json* found = find(object, name)) return *found;
  malformed(object, concat("object with '", name, "'"));
}

const Json& array(const Json& value) {
  if (!value.is_array()) malformed(value, "list");
  return value;
}

const std::string& text(const Json& value) {
  if (!value.is_string()) malformed(value, "text");
  return value.get_ref<const std::string&>();
}

std::int64_t integer(const Json& value) {
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{1} << 62)
    return std::numeric_limits<std::int64_t>::max();
  if (!value.is_number_integer()) malformed(value, "integer");
  return value.get<std::int64_t>();
}

bool flag(const Json& value) {
  if (!value.is_boolean()) malformed(value, "bool");
  return value.get<bool>();
}

double number(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (value == "Infinity") return std::numeric_limits<double>::infinity();
  if (value == "-Infinity") return -std::numeric_limits<double>::infinity();
  if (value == "NaN") return std::numeric_limits<double>::quiet_NaN();
  malformed(value, "number");
}

Variant variant(const Json& value) {
  if (!value.is_object() || value.empty()) malformed(value, "value of a known kind");
  for (const auto& [kind, held] : value.items())
    if (!held.is_null()) return {kind, held};
  return {value.begin().key(), value.begin().value()};
}

}  // namespace headway::torch_export
