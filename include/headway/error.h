#pragma once

#include <stdexcept>
#include <string>

#include "headway/export.h"

namespace headway {

/// What kind of thing went wrong. The program's exit status follows from it (see
/// docs/exit-codes.md).
enum class ErrorCode {
  kInvalidArgument,  ///< A flag, name, shape or dtype given by the caller is wrong.
  kNotFound,         ///< A file, model, runtime or device does not exist.
  kIo,               ///< The operating system refused to read or write.
  kInvalidModel,     ///< A file was read, but is truncated, malformed or inconsistent.
  kUnsupported,      ///< Well-formed, but Headway does not know this operator, version or feature.
  kOutOfMemory,      ///< A configured or physical memory limit would be exceeded.
  kInternal,         ///< A defect of Headway itself.
};

/// The one exception type of the library. `what()` is a complete sentence that names the file, node
/// or flag concerned and says what to do.
class HEADWAY_API Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& sentence) : std::runtime_error(sentence), code_(code) {}

  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace headway
