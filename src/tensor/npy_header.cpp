#include "tensor/npy_header.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/strings.h"

namespace headway {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kAlignment = 64;

/// The kind and size letters of a `descr` such as "<f4".
constexpr std::array<std::pair<DType, std::string_view>, 12> kDescriptions = {
    {{DType::kFloat32, "f4"},
     {DType::kFloat64, "f8"},
     {DType::kFloat16, "f2"},
     {DType::kInt8, "i1"},
     {DType::kUInt8, "u1"},
     {DType::kInt16, "i2"},
     {DType::kUInt16, "u2"},
     {DType::kInt32, "i4"},
     {DType::kUInt32, "u4"},
     {DType::kInt64, "i8"},
     {DType::kUInt64, "u8"},
     {DType::kBool, "b1"}}};

/// Parses the header's text, a Python dictionary such as
/// {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, std::string_view source) : text_(text), source_(source) {}

  NpyHeader parse() {
    expect('{');
    while (!accept('}')) {
      const std::string_view key = take_string();
      expect(':');
      if (key == "descr" && !has_descr_) {
        has_descr_ = true;
        parse_descr();
      } else if (key == "fortran_order" && !has_order_) {
        has_order_ = true;
        parse_order();
      } else if (key == "shape" && !has_shape_) {
        has_shape_ = true;
        parse_shape();
      } else {
        malformed();
      }
      if (!accept(',') && !at('}')) malformed();
    }
    skip_blanks();
    if (!text_.empty() || !has_descr_ || !has_order_ || !has_shape_) malformed();
    return std::move(header_);
  }

 private:
  [[noreturn]] void malformed() const {
    fail(ErrorCode::kInvalidModel, "'", source_, "' is malformed: its .npy header is not the ",
         "dictionary of descr, fortran_order and shape that NumPy writes");
  }

  void skip_blanks() {
    text_.remove_prefix(std::min(text_.find_first_not_of(" \t\n\r"), text_.size()));
  }

  bool at(char c) {
    skip_blanks();
    return text_.starts_with(c);
  }

  bool accept(char c) {
    const bool found = at(c);
    if (found) text_.remove_prefix(1);
    return found;
  }

  void expect(char c) {
    if (!accept(c)) malformed();
  }

  std::string_view take_string() {
    const char delimiter = at('"') ? '"' : '\'';
    expect(delimiter);
    const std::size_t end = text_.find(delimiter);
    if (end == std::string_view::npos) malformed();
    const std::string_view content = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return content;
  }

  void parse_descr() {
    if (at('[')) {
      fail(ErrorCode::kUnsupported, "'", source_,
           "' holds records with fields; save each field as ", "an array of its own");
    }
    const std::string_view descr = take_string();
    const char order = descr.empty() ? '\0' : descr.front();
    const bool has_order = order == '<' || order == '>' || order == '=' || order == '|';
    const std::string_view type = descr.substr(has_order ? 1 : 0);
    header_.big_endian = order == '>';
    if (parse_string_type(type)) return;
    const auto* found =
        std::ranges::find(kDescriptions, type, &decltype(kDescriptions)::value_type::second);
    if (found == kDescriptions.end()) {
      fail(ErrorCode::kUnsupported, "'", source_, "' holds elements of NumPy's type ", quote(descr),
           "; convert them to float32 or another type of fixed size first");
    }
    header_.dtype = found->first;
  }

  /// U5, S12: strings of so many characters.
  bool parse_string_type(std::string_view type) {
    constexpr std::size_t kMaxWidth = std::size_t{1} << 30;
    if (!type.starts_with('U') && !type.starts_with('S')) return false;
    const char* end = type.data() + type.size();
    const auto [stop, error] = std::from_chars(type.data() + 1, end, header_.width);
    if (error != std::errc() || stop != end || header_.width > kMaxWidth) malformed();
    header_.dtype = DType::kString;
    header_.character = type.front() == 'U' ? 4 : 1;
    return true;
  }

  void parse_order() {
    skip_blanks();
    header_.fortran_order = text_.starts_with("True");
    const std::string_view word = header_.fortran_order ? "True" : "False";
    if (!text_.starts_with(word)) malformed();
    text_.remove_prefix(word.size());
  }

  void parse_shape() {
    expect('(');
    while (!accept(')')) {
      skip_blanks();
      std::int64_t extent = -1;
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), extent);
      if (error != std::errc() || extent < 0) malformed();
      text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
      accept('L');  // Python 2 wrote long integers that way.
      header_.shape.push_back(extent);
      if (!accept(',') && !at(')')) malformed();
    }
  }

  std::string_view text_;
  std::string_view source_;
  NpyHeader header_;
  bool has_descr_ = false;
  bool has_order_ = false;
  bool has_shape_ = false;
};

}  // namespace

NpyHeader parse_npy_header(std::span<const std::byte> bytes, std::string_view source) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with(kMagic)) {
    fail(ErrorCode::kInvalidModel, "'", source,
         "' is no .npy file: it does not begin with NumPy's signature");
  }
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : std::size_t{0};
  };
  const std::size_t version = byte(kMagic.size());
  if (version > 3) {
    fail(ErrorCode::kUnsupported, "'", source, "' has version ", version,
         " of the .npy format; versions 1 to 3 are known");
  }
  const std::size_t at = kMagic.size() + 2;
  const bool wide = version >= 2;
  const std::size_t start = at + (wide ? 4 : 2);
  std::size_t size = byte(at) | byte(at + 1) << 8;
  if (wide) size |= byte(at + 2) << 16 | byte(at + 3) << 24;
  if (version == 0 || start > text.size() || size > text.size() - start)
    fail(ErrorCode::kInvalidModel, "'", source, "' is truncated within its .npy header");
  NpyHeader header = HeaderParser(text.substr(start, size), source).parse();
  header.data_offset = start + size;
  return header;
}

std::string npy_header(DType dtype, const Shape& shape, std::size_t width) {
  const auto* found =
      std::ranges::find(kDescriptions, dtype, &decltype(kDescriptions)::value_type::first);
  if (found == kDescriptions.end() && dtype != DType::kString) {
    fail(ErrorCode::kUnsupported, "NumPy's file format has no ", name_of(dtype),
         "; convert the tensor to float32 first");
  }
  const std::string type =
      dtype == DType::kString ? concat('U', width) : std::string(found->second);
  const char order = dtype != DType::kString && size_of(dtype) == 1 ? '|' : '<';
  std::string text = concat("{'descr': '", order, type, "', 'fortran_order': False, 'shape': (");
  for (const std::int64_t extent : shape) text += concat(extent, ", ");
  if (shape.size() > 1) text.resize(text.size() - 2);  // Only one extent keeps its comma.
  text += "), }";

  constexpr std::size_t kMaxVersion1 = 0xffff;
  const auto padded = [&](std::size_t prefix) {
    const std::size_t total = prefix + text.size() + 1;
    return (total + kAlignment - 1) / kAlignment * kAlignment - prefix;
  };
  const std::size_t prefix1 = kMagic.size() + 4;
  const bool wide = padded(prefix1) > kMaxVersion1;
  const std::size_t size = padded(wide ? prefix1 + 2 : prefix1);
  text.resize(size - 1, ' ');
  text += '\n';

  std::string header(kMagic);
  header += wide ? '\2' : '\1';
  header += '\0';
  for (std::size_t i = 0; i < (wide ? 4U : 2U); ++i)
    header += static_cast<char>((size >> (8 * i)) & 0xffU);
  return header + text;
}

}  // namespace headway
