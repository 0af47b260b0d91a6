#pragma once

#include <cstdint>
#include <string>

#include "bench/worker.h"

namespace headway::bench {

/// How the fake runtime behaves. Calls are counted from 1, the first inference included.
struct FakeOptions {
  std::int64_t delay_ns = 0;   ///< delay=5ms: what every call takes.
  std::int64_t jitter_ns = 0;  ///< jitter=0.2ms: standard deviation, independent per call.
  std::int64_t drift_ns = 0;   ///< drift=1us: every call takes so much longer than the one before.
  double process_noise = 0;  ///< process=1%: standard deviation of a factor drawn once per process.
  double wander = 0;         ///< wander=1%: standard deviation of a slowly moving factor.
  std::int64_t load_ns = 0;  ///< load=50ms: what loading takes.
  std::int64_t first_ns = 0;      ///< first=200ms: extra time of the first call.
  std::int64_t warmup_calls = 0;  ///< warmup=20: so many calls take three times as long.
  std::int64_t crash_after = 0;   ///< crash_after=10: the tenth call kills the process (SIGKILL).
  std::int64_t hang_after = 0;    ///< hang_after=10: the tenth call never returns.
  std::int64_t garbage_after =
      0;                         ///< garbage_after=10: the tenth call writes noise on the channel.
  std::int64_t error_after = 0;  ///< error_after=10: the tenth call throws.
  std::int64_t chatter = 0;      ///< chatter=4096: bytes printed on standard error by every call.
  std::int64_t spin = 0;  ///< spin=1: so many threads spin for ever, like a pool that never sleeps.
  double wrong = 0;       ///< wrong=1e-2: added to every output.
  bool missing = false;   ///< missing=1: pretends that its library is not installed.
  bool virtual_clock = false;  ///< clock=virtual: time passes only by the delays, which take none.
};

/// Throws Error(kInvalidArgument) naming an unknown option or a bad value.
FakeOptions parse_fake_options(const Settings& settings);

}  // namespace headway::bench
