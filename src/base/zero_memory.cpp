#include "base/zero_memory.h"

#include <algorithm>

#include <sys/mman.h>

#include "base/error.h"

namespace headway {

std::shared_ptr<const void> reserve_zeros(std::size_t bytes) {
  const std::size_t size = std::max<std::size_t>(bytes, 1);
  void* address =
      mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (address == MAP_FAILED) {
    fail(ErrorCode::kOutOfMemory, "cannot reserve ", bytes, " bytes of address space");
  }
  return {address, [size](const void* memory) { munmap(const_cast<void*>(memory), size); }};
}

}  // namespace headway
