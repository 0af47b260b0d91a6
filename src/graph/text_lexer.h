#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace headway {

struct Token {
  enum class Kind {
    kEnd,
    kName,      ///< Conv, headway.FusedConv, float32, inf, _
    kValue,     ///< %name or %"any name"; text is the name.
    kNumber,    ///< 3, -1.5, 1e-05, 0x1.8p3, -inf
    kString,    ///< text is what stands between the quotes, escapes resolved.
    kArrow,     ///< ->
    kEllipsis,  ///< ...
    kSymbol,    ///< One of ( ) { } [ ] , : = . ?
  };

  Kind kind = Kind::kEnd;
  std::string text;
  std::string_view raw;  ///< As it stands in the source.
  std::size_t offset = 0;
};

/// Cuts the text form of a graph into tokens. White space and comments (# to the end of the line)
/// separate them.
class Lexer {
 public:
  Lexer(std::string_view text, std::string_view source) : text_(text), source_(source) {}

  Token next();

  /// Throws Error(kInvalidModel): "source:line:column: …". Columns count bytes.
  template <typename... Args>
  [[noreturn]] void reject(std::size_t offset, const Args&... args) const {
    fail(ErrorCode::kInvalidModel, location(offset), ": ", args...);
  }

 private:
  std::string location(std::size_t offset) const;
  void skip_blanks();
  char peek(std::size_t ahead = 0) const noexcept {
    return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0';
  }
  std::string_view take_name();
  void take_number();
  std::string take_string();
  char take_escape();

  std::string_view text_;
  std::string_view source_;
  std::size_t position_ = 0;
};

}  // namespace headway
