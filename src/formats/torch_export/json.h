#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

/// JSON that nobody vouches for: what is missing or of another kind is Error(kInvalidModel).
namespace headway::torch_export {

using Json = nlohmann::json;

/// `what` names the text in messages.
Json parse_json(std::string_view text, std::string_view what);

/// nullptr if there is no such member, or if it is null.
const Json* find(const Json& object, std::string_view name);
const Json& member(const Json& object, std::string_view name);
const Json& array(const Json& value);
const std::string& text(const Json& value);
std::int64_t integer(const Json& value);
bool flag(const Json& value);
/// Infinities and NaN are texts.
double number(const Json& value);

/// A value of one of several kinds: {"as_int": 3}.
struct Variant {
  std::string_view kind;
  const Json& value;
};
Variant variant(const Json& value);

}  // namespace headway::torch_export
