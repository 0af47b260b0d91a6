#include "formats/torchscript/identifier.h"

#include <algorithm>
#include <cctype>

namespace headway::torchscript {
namespace {

/// Words that mean something else in TorchScript code.
constexpr std::string_view kReserved[] = {
    "False", "None",   "True",  "Tensor", "and",   "annotate", "as",     "assert", "bool",
    "class", "def",    "del",   "elif",   "else",  "float",    "for",    "from",   "global",
    "if",    "import", "in",    "inf",    "int",   "is",       "lambda", "list",   "nan",
    "not",   "ops",    "or",    "pass",   "print", "raise",    "return", "self",   "str",
    "torch", "tuple",  "while", "with",   "yield", "training", "forward"};

bool is_word_character(char c) {
  return c == '_' ||
         (static_cast<signed char>(c) >= 0 && std::isalnum(static_cast<unsigned char>(c)) != 0);
}

bool starts_well(std::string_view name) {
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
         !name.starts_with("__");
}

}  // namespace

bool is_reserved(std::string_view word) {
  return std::ranges::find(kReserved, word) != std::end(kReserved);
}

bool is_identifier(std::string_view name) {
  return starts_well(name) && std::ranges::all_of(name, is_word_character) && !is_reserved(name);
}

std::string identifier(std::string_view name) {
  std::string result(name);
  for (char& c : result)
    if (!is_word_character(c)) c = '_';
  if (!starts_well(result)) result = "v" + result;
  return is_reserved(result) ? result + "_1" : result;
}

}  // namespace headway::torchscript
