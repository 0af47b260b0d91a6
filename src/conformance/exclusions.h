#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace headway::conformance {

/// One line of an exclusions file: what is left out, where, and why.
struct Exclusion {
  std::string pattern;  ///< Of case names, with * and ?.
  std::string path;     ///< "all", "reference", "optimized" or an instruction set.
  std::string reason;

  bool matches(const std::string& name, const std::string& run_path) const;
};

/// What is known to fail. In the file stands one exclusion per line, pattern, path and reason with
/// spaces between; empty lines and those that begin with # say nothing.
class Exclusions {
 public:
  Exclusions() = default;

  /// Throws Error naming the file and line.
  static Exclusions read(const std::filesystem::path& file);

  /// nullptr if nothing matches.
  const Exclusion* find(const std::string& name, const std::string& path) const;

  /// Atomic.
  void write(const std::filesystem::path& file) const;

  std::string heading;  ///< The comment lines that the file begins with.
  std::vector<Exclusion> entries;
};

}  // namespace headway::conformance
