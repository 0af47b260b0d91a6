#include "base/descriptor.h"

#include <cerrno>
#include <system_error>

#include <unistd.h>

namespace headway {

bool Descriptor::reset() noexcept {
  const int descriptor = std::exchange(descriptor_, -1);
  return descriptor < 0 || close(descriptor) == 0;
}

std::string system_message() {
  return std::generic_category().message(errno);
}

}  // namespace headway
