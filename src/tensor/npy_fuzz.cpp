#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "tensor/npy.h"

// Whatever is read can be converted, every element of it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
    headway::read_npy(bytes, "fuzz").to(headway::DType::kInt8);
  } catch (const headway::Error&) {
    return 0;
  }
  return 0;
}
