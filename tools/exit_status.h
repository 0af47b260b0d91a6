#pragma once

#include "headway/error.h"

namespace headway {

/// The program's exit statuses (docs/exit-codes.md).
enum ExitStatus : int {
  kSuccess = 0,
  kSomethingFailed =
      1,               ///< The command ran, but a row failed or disagreed, or a check did not hold.
  kBadInput = 2,       ///< Usage, or a model, name or value that cannot be used.
  kSystemRefused = 3,  ///< Reading, writing or memory.
  kDefect = 4,         ///< An error in Headway itself.
  kInterrupted = 130,  ///< Ctrl-C; what was measured has been reported.
};

/// The status with which the program ends after an error of this kind.
constexpr int exit_status_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::kIo:
    case ErrorCode::kOutOfMemory:
      return kSystemRefused;
    case ErrorCode::kInternal:
      return kDefect;
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kNotFound:
    case ErrorCode::kInvalidModel:
    case ErrorCode::kUnsupported:
      return kBadInput;
  }
  return kDefect;
}

}  // namespace headway
