#include "base/temporary_folder.h"

#include <string>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

namespace headway {

TemporaryFolder::TemporaryFolder() {
  const char* configured = getenv("TMPDIR");
  const std::filesystem::path parent = configured != nullptr ? configured : "/tmp";
  std::string pattern = parent / "headway-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) {
    fail(ErrorCode::kIo, "cannot create a folder in ", parent, ": ", strerror(errno),
         "; set TMPDIR to a folder that is writable");
  }
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace headway
