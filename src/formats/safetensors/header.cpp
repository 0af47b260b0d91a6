#include "formats/safetensors/header.h"

#include <limits>
#include <unordered_set>

#include "base/error.h"
#include "base/strings.h"

namespace headway::safetensors {
namespace {

/// Reads the subset of JSON that headers consist of, front to back.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : text_(text) {}

  std::vector<Entry> parse() {
    std::vector<Entry> entries;
    std::unordered_set<std::string> names;
    members([&](std::string name) {
      if (!names.insert(name).second) malformed(quote(name), " occurs twice");
      if (name == "__metadata__") return members([this](const std::string&) { string(); });
      entries.push_back(entry(std::move(name)));
    });
    skip_space();
    if (position_ != text_.size()) malformed("something follows its end");
    return entries;
  }

 private:
  template <typename... Args>
  [[noreturn]] void malformed(const Args&... args) const {
    fail(ErrorCode::kInvalidModel, "its header is malformed at byte ", position_, ": ", args...);
  }

  void skip_space() {
    while (position_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[position_]) != std::string_view::npos)
      ++position_;
  }
  bool accept(char c) {
    skip_space();
    if (position_ == text_.size() || text_[position_] != c) return false;
    ++position_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) malformed("'", c, "' is missing");
  }

  template <typename Function>
  void members(Function member) {
    expect('{');
    if (accept('}')) return;
    do {
      std::string name = string();
      expect(':');
      member(std::move(name));
    } while (accept(','));
    expect('}');
  }

  std::vector<std::uint64_t> numbers() {
    std::vector<std::uint64_t> values;
    expect('[');
    if (accept(']')) return values;
    do values.push_back(number());
    while (accept(','));
    expect(']');
    return values;
  }

  std::uint64_t number() {
    skip_space();
    const std::size_t start = position_;
    std::uint64_t value = 0;
    while (position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9') {
      if (__builtin_mul_overflow(value, 10U, &value) ||
          __builtin_add_overflow(value, static_cast<unsigned>(text_[position_] - '0'), &value) ||
          value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        malformed("a number is too large");
      ++position_;
    }
    if (position_ == start) malformed("a number is missing");
    return value;
  }

  std::string string() {
    expect('"');
    std::string value;
    while (true) {
      if (position_ == text_.size()) malformed("a string does not end");
      const char c = text_[position_++];
      if (c == '"') return value;
      if (static_cast<unsigned char>(c) < 0x20) malformed("a string holds a control character");
      value += c == '\\' ? escaped() : std::string(1, c);
    }
  }

  std::string escaped() {
    if (position_ == text_.size()) malformed("a string does not end");
    const char c = text_[position_++];
    if (c == 'u') return unicode();
    constexpr std::string_view kLetters = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
    const std::size_t index = kLetters.find(c);
    if (index == std::string_view::npos) malformed("an escape is unknown");
    return std::string(1, kMeanings[index]);
  }

  std::uint32_t hex4() {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = position_ < text_.size() ? text_[position_++] : '\0';
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) malformed("an escape is malformed");
      value = value << 4 | static_cast<std::uint32_t>(digit);
    }
    return value;
  }

  /// As UTF-8.
  std::string unicode() {
    std::uint32_t code = hex4();
    if (code >= 0xd800 && code < 0xdc00 && text_.substr(position_, 2) == "\\u") {
      position_ += 2;
      const std::uint32_t low = hex4();
      if (low < 0xdc00 || low >= 0xe000) malformed("an escape is malformed");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    const auto byte = [](std::uint32_t bits) { return static_cast<char>(bits); };
    const auto rest = [&](int shift) { return byte(0x80 | (code >> shift & 0x3f)); };
    if (code < 0x80) return {byte(code)};
    if (code < 0x800) return {byte(0xc0 | code >> 6), rest(0)};
    if (code < 0x10000) return {byte(0xe0 | code >> 12), rest(6), rest(0)};
    return {byte(0xf0 | code >> 18), rest(12), rest(6), rest(0)};
  }

  Entry entry(std::string name) {
    Entry result;
    result.name = std::move(name);
    unsigned seen = 0;
    members([&](const std::string& field) {
      const unsigned bit = field == "dtype"          ? 1
                           : field == "shape"        ? 2
                           : field == "data_offsets" ? 4
                                                     : 0;
      if (bit == 0 || (seen & bit) != 0)
        malformed(quote(result.name), " has an unknown or repeated field ", quote(field));
      seen |= bit;
      if (bit == 1) {
        result.dtype = string();
      } else if (bit == 2) {
        for (const std::uint64_t extent : numbers())
          result.shape.push_back(static_cast<std::int64_t>(extent));
      } else {
        const auto offsets = numbers();
        if (offsets.size() != 2) malformed(quote(result.name), " has no proper data_offsets");
        result.begin = offsets[0];
        result.end = offsets[1];
      }
    });
    if (seen != 7) malformed(quote(result.name), " lacks its dtype, shape or data_offsets");
    return result;
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

}  // namespace

std::vector<Entry> parse_header(std::string_view json) {
  return HeaderParser(json).parse();
}

}  // namespace headway::safetensors
