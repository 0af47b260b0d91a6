#pragma once

#include <cstdint>

namespace headway::bench {

/// The one clock of a race: every latency of every runtime is a difference of two `now()`.
/// Replaceable, so that the harness's arithmetic can be tested without depending on real time.
class Clock {
 public:
  virtual ~Clock() = default;

  /// Nanoseconds of CLOCK_MONOTONIC (the same origin in every process of the machine).
  virtual std::int64_t now() const noexcept;

  /// Nanoseconds of processor time used so far by all threads of this process.
  virtual std::int64_t processor_time() const noexcept;
};

}  // namespace headway::bench
