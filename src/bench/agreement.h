#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/worker.h"

namespace headway::bench {

/// How far a runtime's outputs are from the strict reference's.
struct Agreement {
  bool within = true;          ///< Every element within atol + rtol · max|reference output|.
  double max_abs = 0;          ///< Largest |difference|.
  double max_rel = 0;          ///< Largest |difference| / max|reference output|, output by output.
  std::int64_t samples = 0;    ///< Samples whose outputs are scores of classes, samples x classes.
  std::int64_t same_top1 = 0;  ///< Those of them with the reference's best class.
  std::string problem;         ///< Why the outputs could not be compared; empty if they could.
};

struct Tolerance {
  double atol = 1e-6;
  double rtol = 1e-3;
};

/// Compares output by output, by position (runtimes rename outputs). The error is measured against
/// the size of the whole output, because an element that is zero in the reference says nothing
/// about accuracy.
Agreement compare(const std::vector<NamedTensor>& outputs,
                  const std::vector<NamedTensor>& reference, const Tolerance& tolerance);

/// The worse of both.
Agreement merge(const Agreement& first, const Agreement& second);

}  // namespace headway::bench
