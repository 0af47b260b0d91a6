#include "formats/torchscript/reader/lexer.h"

#include <cctype>

#include "base/error.h"
#include "base/strings.h"

namespace headway::script {
namespace {

constexpr std::size_t kMaxIndents = 200;

bool starts_name(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

class Lexer {
 public:
  Lexer(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  std::vector<Token> run() {
    bool at_start = true;
    while (position_ < text_.size()) {
      if (at_start && depth_ == 0) {
        at_start = false;
        if (!indentation()) {
          at_start = true;
          continue;
        }
      }
      const char c = text_[position_];
      if (c == '\n') {
        if (depth_ == 0) add(Token::Kind::kNewline, "");
        at_start = depth_ == 0;
        ++position_;
        ++line_;
      } else if (c == ' ' || c == '\t' || c == '\r') {
        ++position_;
      } else if (c == '#') {
        skip_comment();
      } else {
        token(c);
      }
    }
    if (!tokens_.empty() && tokens_.back().kind != Token::Kind::kNewline)
      add(Token::Kind::kNewline, "");
    for (; indents_.size() > 1; indents_.pop_back()) add(Token::Kind::kDedent, "");
    add(Token::Kind::kEnd, "");
    return std::move(tokens_);
  }

 private:
  template <typename... Args>
  [[noreturn]] void malformed(const Args&... args) const {
    fail(ErrorCode::kInvalidModel, file_, ", line ", line_, ": ", args...);
  }

  void add(Token::Kind kind, std::string text) {
    tokens_.push_back({kind, std::move(text), line_});
  }

  void skip_comment() {
    while (position_ < text_.size() && text_[position_] != '\n') ++position_;
  }

  /// False for a line that holds nothing; it is skipped.
  bool indentation() {
    std::size_t end = text_.find_first_not_of(" \t\r", position_);
    if (end == std::string_view::npos) end = text_.size();
    const std::size_t width = end - position_;
    position_ = end;
    if (end < text_.size() && text_[end] == '#') skip_comment();
    if (position_ == text_.size()) return false;
    if (text_[position_] == '\n') {
      ++position_;
      ++line_;
      return false;
    }
    if (width > indents_.back()) {
      if (indents_.size() == kMaxIndents) malformed("the code is nested too deeply");
      indents_.push_back(width);
      add(Token::Kind::kIndent, "");
    }
    while (width < indents_.back()) {
      indents_.pop_back();
      add(Token::Kind::kDedent, "");
    }
    if (width != indents_.back()) malformed("the indentation fits no earlier line");
    return true;
  }

  void token(char c) {
    if (starts_name(c)) return name();
    const char next = position_ + 1 < text_.size() ? text_[position_ + 1] : '\0';
    if (is_digit(c) || (c == '.' && is_digit(next))) return number();
    if (c == '"' || c == '\'') return string(c);
    symbol(c, next);
  }

  void name() {
    const std::size_t start = position_;
    while (position_ < text_.size() &&
           (starts_name(text_[position_]) || is_digit(text_[position_])))
      ++position_;
    add(Token::Kind::kName, std::string(text_.substr(start, position_ - start)));
  }

  void number() {
    const std::size_t start = position_;
    bool real = false;
    for (; position_ < text_.size(); ++position_) {
      const char c = text_[position_];
      const bool exponent = c == 'e' || c == 'E';
      const bool sign = (c == '+' || c == '-') && (text_[position_ - 1] | 0x20) == 'e';
      if (!is_digit(c) && c != '.' && !exponent && !(sign && position_ > start)) break;
      real = real || c == '.' || exponent;
    }
    add(real ? Token::Kind::kFloat : Token::Kind::kInt,
        std::string(text_.substr(start, position_ - start)));
  }

  void string(char quote_mark) {
    std::string value;
    for (++position_; position_ < text_.size() && text_[position_] != quote_mark;) {
      if (text_[position_] == '\n') malformed("a string does not end");
      value += text_[position_] == '\\' ? escaped() : text_[position_++];
    }
    if (position_ == text_.size()) malformed("a string does not end");
    ++position_;
    add(Token::Kind::kString, std::move(value));
  }

  char escaped() {
    if (++position_ == text_.size()) malformed("a string does not end");
    const char c = text_[position_++];
    if (c >= '0' && c <= '7') {
      unsigned value = static_cast<unsigned>(c - '0');
      for (int i = 0;
           i < 2 && position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '7';
           ++i)
        value = value * 8 + static_cast<unsigned>(text_[position_++] - '0');
      return static_cast<char>(value);
    }
    if (c == 'x' && position_ + 2 <= text_.size()) {
      unsigned value = 0;
      for (int i = 0; i < 2; ++i) {
        const char digit = text_[position_++];
        if (std::isxdigit(static_cast<unsigned char>(digit)) == 0) malformed("a bad escape");
        value = value * 16 +
                static_cast<unsigned>(is_digit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10);
      }
      return static_cast<char>(value);
    }
    constexpr std::string_view kLetters = "abfnrtv\\'\"?", kMeanings = "\a\b\f\n\r\t\v\\'\"?";
    const std::size_t index = kLetters.find(c);
    if (index == std::string_view::npos) malformed("a bad escape");
    return kMeanings[index];
  }

  void symbol(char c, char next) {
    if (c == '-' && next == '>') {
      add(Token::Kind::kSymbol, "->");
      position_ += 2;
      return;
    }
    if (std::string_view("()[]{},:.=-@*").find(c) == std::string_view::npos)
      malformed("unexpected ", quote(std::string_view(&c, 1)));
    if (c == '(' || c == '[' || c == '{') ++depth_;
    if ((c == ')' || c == ']' || c == '}') && --depth_ < 0) malformed("a bracket is not open");
    add(Token::Kind::kSymbol, std::string(1, c));
    ++position_;
  }

  std::string_view text_;
  const std::string& file_;
  std::size_t position_ = 0;
  int line_ = 1;
  int depth_ = 0;
  std::vector<std::size_t> indents_ = {0};
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view text, const std::string& file) {
  return Lexer(text, file).run();
}

}  // namespace headway::script
