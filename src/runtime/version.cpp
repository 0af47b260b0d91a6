#include "headway/headway.h"

namespace headway {

const char* version() noexcept {
  return HEADWAY_VERSION;
}

}  // namespace headway
