#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "common/shared_library.h"

namespace headway::workers {

/// Where `make peers` puts the runtimes: $HEADWAY_PEERS, else headway/peers in the user's data
/// folder.
std::filesystem::path peers_folder();

/// How a runtime's library is found: the first of these that is there wins.
struct LibrarySearch {
  std::string runtime;                    ///< As a sentence names it: "ONNX Runtime".
  std::string variable;                   ///< Environment variable that may hold a path.
  std::string peer_folder;                ///< Folder below peers_folder() that holds the library.
  std::string peer_prefix;                ///< Its file name there begins like this.
  std::vector<std::string> system_names;  ///< What to ask the dynamic linker for.
};

/// Opens the library named by the option `library`, by the environment, fetched by `make peers`, or
/// installed on the system. Throws Error(kNotFound) saying what to do; a library that was named
/// explicitly and cannot be loaded is never replaced by another.
SharedLibrary find_library(const LibrarySearch& search,
                           const std::map<std::string, std::string>& options);

}  // namespace headway::workers
