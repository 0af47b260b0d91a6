#include "tensor/npy_strings.h"

#include <algorithm>

#include "base/error.h"
#include "base/strings.h"

namespace headway {
namespace {

constexpr std::uint32_t kLastCharacter = 0x10ffff;

void append_utf8(std::string& text, std::uint32_t character) {
  const auto tail = [&](int shift) {
    text += static_cast<char>(0x80U | (character >> shift & 0x3fU));
  };
  if (character < 0x80) {
    text += static_cast<char>(character);
  } else if (character < 0x800) {
    text += static_cast<char>(0xc0U | character >> 6);
    tail(0);
  } else if (character < 0x10000) {
    text += static_cast<char>(0xe0U | character >> 12);
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xf0U | character >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

std::u32string decode_utf8(std::string_view text) {
  std::u32string characters;
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i++]);
    const int more = first < 0x80 ? 0 : first >> 5 == 6 ? 1 : first >> 4 == 14 ? 2 : 3;
    const bool starts = first < 0x80 || (first >= 0xc2 && first < 0xf5);
    char32_t character = more == 0 ? first : first & (0x3fU >> more);
    bool fits = starts && text.size() - i >= static_cast<std::size_t>(more);
    for (int k = 0; fits && k < more; ++k) {
      const auto next = static_cast<unsigned char>(text[i++]);
      fits = next >> 6 == 2;
      character = character << 6 | (next & 0x3fU);
    }
    if (!fits || character > kLastCharacter)
      fail(ErrorCode::kInvalidArgument, "a string that is no UTF-8 cannot be written for NumPy");
    characters += character;
  }
  return characters;
}

}  // namespace

Tensor npy_strings(const NpyHeader& header, std::span<const std::byte> data,
                   std::string_view source) {
  if (header.fortran_order && header.shape.size() > 1)
    fail(ErrorCode::kUnsupported, "'", source, "' holds strings in Fortran order; save them with ",
         "numpy.ascontiguousarray");
  Tensor tensor = Tensor::allocate(DType::kString, header.shape);
  const std::byte* next = data.data();
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    std::string text;
    std::size_t length = 0;  // Without the zeros at the end.
    for (std::size_t k = 0; k < header.width; ++k, next += header.character) {
      std::uint32_t character = 0;
      for (std::size_t b = 0; b < header.character; ++b) {
        const std::size_t place = header.big_endian ? header.character - 1 - b : b;
        character |= std::to_integer<std::uint32_t>(next[b]) << (8 * place);
      }
      if (character > kLastCharacter)
        fail(ErrorCode::kInvalidModel, "'", source, "' is malformed: it holds no Unicode");
      if (header.character == 1) {
        text += static_cast<char>(character);
      } else {
        append_utf8(text, character);
      }
      if (character != 0) length = text.size();
    }
    text.resize(length);
    tensor.data<std::string>()[i] = std::move(text);
  }
  return tensor;
}

std::string npy_of_strings(const Tensor& tensor) {
  std::vector<std::u32string> strings;
  std::size_t width = 1;
  for (const std::string& text : tensor.values<std::string>()) {
    strings.push_back(decode_utf8(text));
    width = std::max(width, strings.back().size());
  }
  std::string file = npy_header(DType::kString, tensor.shape(), width);
  for (std::u32string& text : strings) {
    text.resize(width, U'\0');
    for (const char32_t character : text)
      for (int shift = 0; shift < 32; shift += 8) file += static_cast<char>(character >> shift);
  }
  return file;
}

}  // namespace headway
