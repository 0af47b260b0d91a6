#pragma once

#include <signal.h>

namespace headway::bench {

/// Turns SIGINT, SIGTERM and SIGHUP into something to ask for. While one exists these signals are
/// blocked in this thread and in the threads it starts from now on, so create it before any pool.
/// From the third press on they act as usual again.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  /// How often the user has asked to stop so far: once means after this round, twice means now.
  int presses() noexcept;

  /// Readable when a signal is waiting.
  int descriptor() const noexcept { return descriptor_; }

  /// Gives a child process the mask this one had before.
  void restore_mask() const noexcept;

 private:
  int descriptor_ = -1;
  int presses_ = 0;
  sigset_t mask_;
  sigset_t previous_;
};

}  // namespace headway::bench
