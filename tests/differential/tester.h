#pragma once

#include <cstdint>
#include <filesystem>

#include "check.h"
#include "departures.h"
#include "peer.h"

namespace headway::differential {

struct Options {
  std::uint64_t seed = 1, cases = 1000;
  std::uint64_t most = 20;                   ///< Differences without explanation before it stops.
  std::filesystem::path worker, departures;  ///< ONNX Runtime's worker; what is explained.
  std::filesystem::path save;                ///< Where differences are written; empty: nowhere.
};

/// Makes cases, checks them and tells what differs.
class Tester {
 public:
  explicit Tester(const Options& options);

  /// `present_seed` tells whoever asks, a signal handler for one, which case is on. Returns whether
  /// every difference was explained.
  bool run(volatile std::uint64_t& present_seed);

 private:
  void test(const Case& wanted);
  void report(const Finding& finding, const Case& small) const;
  void summarize(std::uint64_t done, double seconds) const;
  void save(const Case& small) const;

  const Options& options_;
  Departures departures_;
  Peer peer_;
  std::uint64_t compared_ = 0, explained_ = 0, unexplained_ = 0;
};

}  // namespace headway::differential
