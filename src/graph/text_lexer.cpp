#include "graph/text_lexer.h"

#include <algorithm>
#include <charconv>

#include "base/strings.h"

namespace headway {
namespace {

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool is_number_character(char c, char previous) noexcept {
  const bool exponent = previous == 'e' || previous == 'E' || previous == 'p' || previous == 'P';
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
         (exponent && (c == '-' || c == '+'));
}

}  // namespace

Token Lexer::next() {
  skip_blanks();
  Token token;
  token.offset = position_;
  const char c = peek();
  if (position_ == text_.size()) {
    token.kind = Token::Kind::kEnd;
  } else if (c == '%') {
    ++position_;
    token.kind = Token::Kind::kValue;
    token.text = peek() == '"' ? take_string() : std::string(take_name());
    if (token.text.empty()) reject(token.offset, "a value name is missing after '%'");
  } else if (c == '"') {
    token.kind = Token::Kind::kString;
    token.text = take_string();
  } else if (c == '-' && peek(1) == '>') {
    position_ += 2;
    token.kind = Token::Kind::kArrow;
  } else if (c == '.' && peek(1) == '.' && peek(2) == '.') {
    position_ += 3;
    token.kind = Token::Kind::kEllipsis;
  } else if (c == '-' || is_digit(c)) {
    take_number();
    token.kind = Token::Kind::kNumber;
  } else if (is_plain_name(text_.substr(position_, 1))) {
    token.kind = Token::Kind::kName;
    token.text = take_name();
  } else if (std::string_view("(){}[],:=.?").find(c) != std::string_view::npos) {
    ++position_;
    token.kind = Token::Kind::kSymbol;
  } else {
    reject(position_, "the character ", quote(text_.substr(position_, 1)), " has no place here");
  }
  token.raw = text_.substr(token.offset, position_ - token.offset);
  if (token.text.empty() && token.kind != Token::Kind::kString) token.text = token.raw;
  return token;
}

std::string Lexer::location(std::size_t offset) const {
  const std::string_view before = text_.substr(0, offset);
  const std::size_t newline = before.rfind('\n');
  const std::size_t column = newline == std::string_view::npos ? offset : offset - newline - 1;
  return concat(source_, ":", std::ranges::count(before, '\n') + 1, ":", column + 1);
}

void Lexer::skip_blanks() {
  while (position_ < text_.size()) {
    const char c = peek();
    if (c == '#') {
      position_ = std::min(text_.find('\n', position_), text_.size());
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++position_;
    } else {
      return;
    }
  }
}

std::string_view Lexer::take_name() {
  const std::size_t start = position_;
  while (position_ < text_.size() && is_name_character(peek())) ++position_;
  return text_.substr(start, position_ - start);
}

void Lexer::take_number() {
  char previous = peek();
  ++position_;
  while (position_ < text_.size() && is_number_character(peek(), previous)) {
    previous = peek();
    ++position_;
  }
}

std::string Lexer::take_string() {
  const std::size_t start = position_++;
  std::string content;
  while (position_ < text_.size() && peek() != '\n') {
    const char c = peek();
    ++position_;
    if (c == '"') return content;
    content += c == '\\' ? take_escape() : c;
  }
  reject(start, "this string has no closing quote");
}

char Lexer::take_escape() {
  const std::size_t start = position_ - 1;
  const char c = peek();
  position_ = std::min(position_ + 1, text_.size());
  if (c == '"' || c == '\\') return c;
  if (c == 'n') return '\n';
  if (c == 't') return '\t';
  if (c == 'x') {
    const std::string_view digits = text_.substr(position_, 2);
    unsigned byte = 0;
    const char* end = digits.data() + digits.size();
    if (digits.size() == 2 && std::from_chars(digits.data(), end, byte, 16).ptr == end) {
      position_ += 2;
      return static_cast<char>(byte);
    }
  }
  reject(start, "unknown escape in a string; the known ones are \\\" \\\\ \\n \\t and \\xHH");
}

}  // namespace headway
