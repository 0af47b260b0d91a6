#pragma once

#include <sstream>
#include <string>

#include "headway/error.h"

namespace headway {

/// Streams its arguments into one string: `concat("node '", name, "' has ", n, " inputs")`.
template <typename... Args>
std::string concat(const Args&... args) {
  std::ostringstream stream;
  (stream << ... << args);
  return std::move(stream).str();
}

/// Throws Error(code, concat(args...)).
template <typename... Args>
[[noreturn]] void fail(ErrorCode code, const Args&... args) {
  throw Error(code, concat(args...));
}

}  // namespace headway
