#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "base/zip.h"

// Whatever opens can be read or is refused with an Error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::uint64_t kMaxEntryBytes = std::uint64_t{1} << 20;
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  try {
    const headway::ZipReader reader(bytes, "fuzz");
    for (const headway::ZipEntry& entry : reader.entries()) {
      if (!entry.deflated) reader.view(entry);
      try {
        reader.read(entry, kMaxEntryBytes);
      } catch (const headway::Error&) {
        continue;
      }
    }
  } catch (const headway::Error&) {
    return 0;
  }
  return 0;
}
