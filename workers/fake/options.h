#pragma once

#include <cstdint>
#include <string>

#include "bench/worker.h"

namespace headway::bench {

/// How the fake runtime behaves: "fake:delay=5ms,jitter=0.2ms". Calls are counted from 1, the first
/// inference included; in `*_after` 0 means never.
struct FakeOptions {
  std::int64_t delay_ns = 0;         ///< delay=5ms: what a call takes.
  std::int64_t jitter_ns = 0;        ///< jitter=0.2ms: standard deviation, call by call.
  std::int64_t drift_ns = 0;         ///< drift=1us: what each call takes more than the last.
  double process_noise = 0;          ///< process=1%: standard deviation, process by process.
  double wander = 0;                 ///< wander=1%: standard deviation, moving slowly.
  std::int64_t load_ns = 0;          ///< load=50ms: what loading takes.
  std::int64_t first_ns = 0;         ///< first=200ms: what the first call takes more.
  std::int64_t warmup_calls = 0;     ///< warmup=20: so many calls take three times as long.
  std::int64_t crash_after = 0;      ///< This call kills the process (SIGKILL).
  std::int64_t hang_after = 0;       ///< This call never returns.
  std::int64_t garbage_after = 0;    ///< This call writes noise on the channel.
  std::int64_t error_after = 0;      ///< This call throws.
  std::int64_t interrupt_after = 0;  ///< This call presses Ctrl-C (SIGINT to the scheduler).
  std::int64_t chatter = 0;          ///< chatter=4096: bytes printed on stderr by each call.
  std::int64_t spin = 0;             ///< spin=1: threads that spin for ever.
  double wrong = 0;                  ///< wrong=1%: added to every output.
  bool missing = false;              ///< missing=1: pretends not to be installed.
  bool virtual_clock = false;        ///< clock=virtual: only delays let time pass, at once.
};

/// Throws Error(kInvalidArgument) naming an unknown option or a bad value.
FakeOptions parse_fake_options(const Settings& settings);

}  // namespace headway::bench
