#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/caches.h"
#include "bench/report.h"
#include "kernels/peak/areas.h"
#include "kernels/peak/rate.h"
#include "kernels/peak/units.h"

namespace headway {

/// What `headway peak` found out about this machine.
struct PeakReport {
  struct Arithmetic {
    ArithmeticUnit unit;
    int threads = 1;
    std::optional<Rate> operations;  ///< Empty if the processor lacks the unit.
  };
  struct Bandwidth {
    MemoryArea area;
    std::optional<Rate> read, copy;  ///< Bytes; empty if the area is.
  };

  bench::Report context;  ///< Without races.
  Isa isa = Isa::kPortable;
  bool forced = false;  ///< The environment chose `isa`.
  int samples = 0;      ///< Of each figure.
  std::vector<Cache> caches;
  std::vector<Arithmetic> arithmetic;
  std::vector<Bandwidth> bandwidth;
};

std::string to_text(const PeakReport& report);

/// docs/peak.md describes it.
nlohmann::ordered_json to_json(const PeakReport& report);

}  // namespace headway
