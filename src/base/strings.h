#pragma once

#include <string>
#include <string_view>

namespace headway {

/// True for letters, digits, '_', '.', '/' and '-': what a name may consist of without quotes.
bool is_name_character(char c) noexcept;

/// True for a letter or '_', then name characters.
bool is_plain_name(std::string_view text) noexcept;

/// In double quotes; quotes, backslashes and bytes outside printable ASCII are escaped (\n, \t, \",
/// \\, \xHH), except that well-formed UTF-8 stays as it is.
std::string quote(std::string_view text);

/// For messages: control characters, which would end a C string or play tricks on a terminal, as
/// \xHH.
std::string printable(std::string_view text);

}  // namespace headway
