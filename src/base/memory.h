#pragma once

#include <cstdint>

namespace headway {

/// Bytes of memory that this process may use: what is physically there, or the limit of its cgroup.
std::uint64_t memory_of_machine();

}  // namespace headway
