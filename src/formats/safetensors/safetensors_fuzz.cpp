#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "formats/safetensors/safetensors.h"

// What is read can be copied, every element of it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  try {
    for (const auto& [name, tensor] :
         headway::safetensors::read(bytes, "fuzz", [](auto) { return nullptr; }))
      tensor.clone();
  } catch (const headway::Error&) {
    return 0;
  }
  return 0;
}
