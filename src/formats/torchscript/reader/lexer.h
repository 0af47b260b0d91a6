#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace headway::script {

struct Token {
  enum class Kind { kName, kInt, kFloat, kString, kSymbol, kNewline, kIndent, kDedent, kEnd };
  Kind kind;
  std::string text;  ///< A string's contents, without quotes and escapes.
  int line = 0;
};

/// Splits a source text into tokens; line ends within brackets do not count. `file` names it in
/// messages. Throws Error(kInvalidModel) with the line.
std::vector<Token> tokenize(std::string_view text, const std::string& file);

}  // namespace headway::script
