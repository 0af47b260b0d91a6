#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "check.h"

namespace headway::differential {

/// Where ONNX Runtime is known to depart from the standard, or to lack something: kind of finding,
/// pattern (with * and ?) of the case's text and the finding's sentence, reason.
struct Departure {
  std::string kind, pattern, reason;
  std::size_t met = 0;  ///< Cases that it explained.
};

class Departures {
 public:
  /// One line each, columns with two spaces or more between them; lines that begin with # say
  /// nothing. Throws Error naming the file and line.
  static Departures read(const std::filesystem::path& file);

  /// Counts and returns the first that explains a finding; nullptr if none does. `text` is the
  /// case's on one line.
  Departure* explain(const Finding& finding, const std::string& text);

  std::vector<Departure> entries;
};

}  // namespace headway::differential
