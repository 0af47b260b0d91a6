#include "progress_line.h"

#include <cstdio>
#include <utility>

#include <unistd.h>

namespace headway {

ProgressLine::ProgressLine(std::string title)
    : title_(std::move(title)), enabled_(isatty(STDERR_FILENO) == 1) {
  show(0);
}

ProgressLine::~ProgressLine() {
  if (enabled_) std::fputs("\r\x1b[K", stderr);
}

void ProgressLine::show(double done) {
  if (enabled_) std::fprintf(stderr, "\r%s  %.0f %%\x1b[K", title_.c_str(), 100 * done);
}

}  // namespace headway
