#include "conformance/exclusions.h"

#include <fstream>
#include <sstream>

#include <fnmatch.h>

#include "base/atomic_file.h"
#include "base/error.h"

namespace headway::conformance {

bool Exclusion::matches(const std::string& name, const std::string& run_path) const {
  const bool same_path =
      path == "all" || path == run_path || (path == "optimized" && run_path != "reference");
  return same_path && fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

Exclusions Exclusions::read(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) fail(ErrorCode::kNotFound, "cannot read the exclusions '", file.string(), "'");
  Exclusions exclusions;
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) {
    if (line.empty() || line[0] == '#') {
      if (exclusions.entries.empty()) exclusions.heading += line + '\n';
      continue;
    }
    std::istringstream words(line);
    Exclusion entry;
    words >> entry.pattern >> entry.path >> std::ws;
    std::getline(words, entry.reason);
    if (entry.reason.empty()) {
      fail(ErrorCode::kInvalidArgument, file.string(), ":", number,
           ": an exclusion needs a pattern, a path and a reason");
    }
    exclusions.entries.push_back(std::move(entry));
  }
  return exclusions;
}

const Exclusion* Exclusions::find(const std::string& name, const std::string& path) const {
  for (const Exclusion& entry : entries)
    if (entry.matches(name, path)) return &entry;
  return nullptr;
}

void Exclusions::write(const std::filesystem::path& file) const {
  std::string text = heading;
  for (const Exclusion& entry : entries)
    text += concat(entry.pattern, "  ", entry.path, "  ", entry.reason, "\n");
  write_file(file, text);
}

}  // namespace headway::conformance
