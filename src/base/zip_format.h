#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

/// Record layouts of the zip format (PKWARE's APPNOTE.TXT, sections 4.3 and 4.5).
namespace headway::zip {

inline constexpr std::uint32_t kLocalSignature = 0x04034b50;
inline constexpr std::uint32_t kCentralSignature = 0x02014b50;
inline constexpr std::uint32_t kEndSignature = 0x06054b50;
inline constexpr std::uint32_t kEnd64Signature = 0x06064b50;
inline constexpr std::uint32_t kLocator64Signature = 0x07064b50;

inline constexpr std::size_t kLocalBytes = 30;
inline constexpr std::size_t kCentralBytes = 46;
inline constexpr std::size_t kEndBytes = 22;
inline constexpr std::size_t kEnd64Bytes = 56;
inline constexpr std::size_t kLocator64Bytes = 20;

inline constexpr std::uint16_t kZip64Extra = 0x0001;
inline constexpr std::uint16_t kStored = 0;
inline constexpr std::uint16_t kDeflated = 8;
/// In these fields all ones mean "see the zip64 record".
inline constexpr std::uint32_t kSeeZip64 = 0xffffffff;
inline constexpr std::uint16_t kSeeZip64Short = 0xffff;

/// A little-endian number; the caller has checked that it lies within `bytes`.
template <typename T>
T get(std::span<const std::byte> bytes, std::size_t offset) {
  T value = 0;
  for (std::size_t i = sizeof(T); i-- > 0;)
    value = static_cast<T>((static_cast<std::uint64_t>(value) << 8) |
                           std::to_integer<std::uint64_t>(bytes[offset + i]));
  return value;
}

template <typename T>
void put(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i)
    out += static_cast<char>((static_cast<std::uint64_t>(value) >> (8 * i)) & 0xffU);
}

inline void put16(std::string& out, std::uint64_t value) {
  put(out, static_cast<std::uint16_t>(value));
}
inline void put32(std::string& out, std::uint64_t value) {
  put(out, static_cast<std::uint32_t>(value));
}
inline void put64(std::string& out, std::uint64_t value) {
  put(out, value);
}

}  // namespace headway::zip
