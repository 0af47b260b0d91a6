#pragma once

#include <span>
#include <string>

#include "outcome.h"

namespace headway::differential {

/// A way of running a model in Headway.
struct Path {
  std::string name;  ///< "reference", "fused avx512", …
  std::string isa;   ///< "" where it does not matter.
  bool reference = false;
  bool fuse = true;
  int threads = 1;
};

/// The reference, and the optimized path fused and unfused, each on an instruction set that the
/// seed chooses of those this machine has.
std::vector<Path> paths_of(std::uint64_t seed);

/// Reads and runs an ONNX model through the public API.
Outcome run_headway(const Path& path, const std::string& model, std::span<const Tensor> inputs);

}  // namespace headway::differential
