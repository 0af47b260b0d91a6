#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "formats/torchscript/reader/syntax.h"

// Whatever text it is, it is parsed or refused with an Error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    headway::script::parse_source(text, "__torch__", "fuzz");
  } catch (const headway::Error&) {
    return 0;
  }
  return 0;
}
