#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

namespace headway {

/// Chooses among algorithms that compute the same by what they cost on this machine, and remembers
/// the choices in a file that all programs share. Thread-safe.
class Tuner {
 public:
  /// `may_measure`: whether a choice that is not remembered is measured. `file` holds the memory;
  /// empty: none. A file that cannot be read, or was not written by this class, counts as empty.
  Tuner(std::filesystem::path file, bool may_measure);
  /// Repeats the choices that chosen() of another tuner lists.
  explicit Tuner(std::string_view chosen);

  /// Whether choose() may call what it is given to measure, which wants the machine for itself.
  bool may_measure() const noexcept { return may_measure_; }

  /// The index of the best candidate: the remembered one, the fastest as `measure(index)` tells in
  /// seconds, or, if there is neither, 0. `key` names everything that the cost depends on.
  std::size_t choose(const std::string& key, std::span<const std::string_view> candidates,
                     const std::function<double(std::size_t)>& measure);

  /// Every choice made so far whose key begins with `prefix`, which is left out: lines of a key, a
  /// tab and the name of the candidate.
  std::string chosen(std::string_view prefix) const;

  /// Writes the file if anything was measured. Choices that others wrote meanwhile are kept.
  /// Returns false if the file cannot be written, which costs only time later.
  bool save();

  /// $XDG_CACHE_HOME/headway/tuning, or the same below $HOME/.cache; empty if there is no home.
  static std::filesystem::path default_file();

 private:
  using Choices = std::map<std::string, std::string, std::less<>>;

  static Choices parse(std::istream& lines);
  Choices read() const;
  std::size_t decide(const std::string& key, std::span<const std::string_view> candidates,
                     const std::function<double(std::size_t)>& measure);

  std::filesystem::path file_;
  bool may_measure_;
  mutable std::mutex mutex_;
  Choices known_, measured_, made_;
};

}  // namespace headway
