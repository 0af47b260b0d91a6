#pragma once

#include <optional>
#include <string>

#include "case.h"
#include "peer.h"

namespace headway::differential {

/// Where two runtimes, or two ways of running Headway, do not agree.
struct Finding {
  std::string kind;      ///< "values", "shape", "dtype", "headway-refuses", "peer-refuses", …
  std::string path;      ///< Of Headway: "reference", "fused avx2", …
  std::string sentence;  ///< What differs, or what was said.
};

struct Checked {
  std::optional<Finding> finding;
  bool compared = false;  ///< ONNX Runtime computed outputs.
};

/// Runs a case everywhere. Agreement is: the same outputs within the slack, or refusal by both.
Checked check(const Case& wanted, Peer& peer);

}  // namespace headway::differential
