#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "bench/channel.h"
#include "bench/worker.h"

namespace headway::bench {

/// Writes the tensors' bytes one after the other, and returns how to find them again:
/// [{"name", "dtype", "shape", "offset"}, …]. Throws Error(kIo).
Json write_tensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors);

/// Reads what write_tensors wrote. `description` may come from a worker that cannot be trusted:
/// throws Error(kInvalidArgument) if it is malformed or points outside the file, Error(kIo) if the
/// file cannot be read.
std::vector<NamedTensor> read_tensors(const std::filesystem::path& path, const Json& description);

}  // namespace headway::bench
