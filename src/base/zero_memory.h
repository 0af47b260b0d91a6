#pragma once

#include <cstddef>
#include <memory>

namespace headway {

/// Read-only memory that reads as zeros, on a page of its own, and takes no physical memory. Stands
/// for elements that are not there but must have an address. Throws Error(kOutOfMemory).
std::shared_ptr<const void> reserve_zeros(std::size_t bytes);

}  // namespace headway
