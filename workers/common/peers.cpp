#include "common/peers.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "base/error.h"

namespace headway::workers {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// The last match in alphabetical order, so that the full version wins over a bare soname.
std::optional<fs::path> newest_with_prefix(const fs::path& folder, const std::string& prefix) {
  std::optional<fs::path> best;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(folder, missing)) {
    if (!entry.path().filename().string().starts_with(prefix)) continue;
    if (!best || *best < entry.path()) best = entry.path();
  }
  return best;
}

}  // namespace

fs::path peers_folder() {
  if (const std::string folder = environment("HEADWAY_PEERS"); !folder.empty()) return folder;
  if (const std::string data = environment("XDG_DATA_HOME"); !data.empty()) {
    return fs::path(data) / "headway" / "peers";
  }
  return fs::path(environment("HOME")) / ".local" / "share" / "headway" / "peers";
}

SharedLibrary find_library(const LibrarySearch& search,
                           const std::map<std::string, std::string>& options) {
  if (const auto option = options.find("library"); option != options.end()) {
    return SharedLibrary::open(option->second);
  }
  if (const std::string path = environment(search.variable.c_str()); !path.empty()) {
    return SharedLibrary::open(path);
  }
  const fs::path folder = peers_folder() / search.peer_folder;
  if (const auto fetched = newest_with_prefix(folder, search.peer_prefix)) {
    return SharedLibrary::open(fetched->string());
  }
  for (const std::string& name : search.system_names) {
    try {
      return SharedLibrary::open(name);
    } catch (const Error&) {
      continue;
    }
  }
  fail(ErrorCode::kNotFound, search.runtime,
       " is not installed; run 'make peers' to fetch it, or set ", search.variable,
       " to its library");
}

}  // namespace headway::workers
