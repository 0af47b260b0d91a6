#include "bench/clock.h"

#include <time.h>

namespace headway::bench {
namespace {

std::int64_t read_clock(clockid_t id) noexcept {
  timespec time{};
  clock_gettime(id, &time);
  return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

}  // namespace

std::int64_t Clock::now() const noexcept {
  return read_clock(CLOCK_MONOTONIC);
}

std::int64_t Clock::processor_time() const noexcept {
  return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

}  // namespace headway::bench
