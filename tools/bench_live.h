#pragma once

#include <cstdint>
#include <string>

#include "bench/race.h"

namespace headway {

/// Shows a race on standard error while it runs: where it stands, how long it will take, and what
/// each row has come to so far. Silent if standard error is not a terminal.
class LiveDisplay : public bench::RaceObserver {
 public:
  LiveDisplay();
  ~LiveDisplay() override { clear(); }
  LiveDisplay(const LiveDisplay&) = delete;
  LiveDisplay& operator=(const LiveDisplay&) = delete;

  void progress(const bench::Progress& progress, const std::vector<const bench::RowResult*>& rows,
                std::size_t active) override;

  /// Takes the display off the terminal, so that something lasting can be printed.
  void clear();

 private:
  bool enabled_;
  std::size_t lines_ = 0;
  std::int64_t last_ns_ = 0;
};

}  // namespace headway
