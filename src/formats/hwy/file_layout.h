#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// Record layouts of compiled files (docs/hwy.md). Numbers are in the byte order of the machine
/// that wrote them.
namespace headway::hwy {

/// Not text, and damaged by every transfer that takes it for text (as in PNG).
inline constexpr std::string_view kMagic = "\x89HWY\r\n\x1a\n";
inline constexpr std::uint32_t kByteOrder = 0x01020304;
inline constexpr std::uint32_t kFormatVersion = 1;

inline constexpr std::size_t kAlignment = 64;
/// Sections of this size or more begin on a page.
inline constexpr std::size_t kBigSection = std::size_t{1} << 16;
inline constexpr std::size_t kPageBytes = 4096;

/// A text of at most N bytes, padded with zeros.
template <std::size_t N>
using Text = std::array<char, N>;

/// Flags: the passes have run; algorithms may round differently from plain sums.
inline constexpr std::uint32_t kFused = 1, kWinograd = 2;

struct Header {
  Text<8> magic{};
  std::uint32_t byte_order = 0;
  std::uint32_t format_version = 0;
  Text<48> writer{};  ///< writer_id() of the program.
  Text<16> isa{};
  std::uint32_t vector_width = 0;  ///< Floats per vector, and so channels per block.
  std::uint32_t threads = 0;
  std::uint32_t flags = 0;
  std::uint32_t section_count = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t reserved = 0;
};
static_assert(sizeof(Header) == 112);

enum class SectionKind : std::uint32_t {
  kGraph = 1,     ///< Text form, constants as "stored(N)". The first section.
  kChoices = 2,   ///< Lines of the tuner. The second section.
  kLayouts = 3,   ///< Names of layouts, one after the other. The third section.
  kElements = 4,  ///< One constant as the graph's operators read it.
  kPacked = 5,    ///< One constant as a kernel reads it.
};

/// The table follows the header; sections follow the table in its order, without overlap.
struct Section {
  SectionKind kind{};
  std::uint32_t constant = 0;  ///< Of kElements and kPacked: its number in the graph.
  std::uint64_t offset = 0;    ///< From the start of the file, a multiple of kAlignment.
  std::uint64_t bytes = 0;
  std::uint32_t layout_offset = 0;  ///< Of kPacked: where its layout's name is in kLayouts,
  std::uint32_t layout_bytes = 0;   ///< and how long.
};
static_assert(sizeof(Section) == 32);

}  // namespace headway::hwy
