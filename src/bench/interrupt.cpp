#include "bench/interrupt.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include "base/error.h"

namespace headway::bench {

Interrupt::Interrupt() {
  sigemptyset(&mask_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&mask_, signal);
  pthread_sigmask(SIG_BLOCK, &mask_, &previous_);
  descriptor_ = signalfd(-1, &mask_, SFD_CLOEXEC | SFD_NONBLOCK);
  if (descriptor_ < 0) fail(ErrorCode::kIo, "the system refuses a signal descriptor");
}

Interrupt::~Interrupt() {
  close(descriptor_);
  restore_mask();
}

int Interrupt::presses() noexcept {
  signalfd_siginfo info;
  while (read(descriptor_, &info, sizeof info) == sizeof info) {
    if (++presses_ == 2) restore_mask();
  }
  return presses_;
}

void Interrupt::restore_mask() const noexcept {
  pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
}

}  // namespace headway::bench
