#include <algorithm>
#include <map>
#include <set>

#include "conformance/report.h"

namespace headway::conformance {
namespace {

/// Failures of one test, by the label of the data.
using PathsByLabel = std::map<std::string, std::set<std::string>>;

std::pair<std::string, std::string> label_and_rest(const std::string& name) {
  const std::size_t slash = name.find('/');
  return {name.substr(0, slash), name.substr(slash + 1)};
}

/// A problem as a reason: without where the file lies.
std::string reason_of(const Result& result) {
  std::string reason = result.problem;
  const std::string folder = result.test->folder.string();
  for (std::size_t at; (at = reason.find(folder)) != std::string::npos;) {
    const std::size_t end = reason.find("': ", at);
    if (end == std::string::npos) {
      reason.erase(at, folder.size());
    } else {
      reason.erase(at == 0 ? 0 : at - 1, end + 3 - (at == 0 ? 0 : at - 1));
    }
  }
  return reason;
}

/// The fewest words that say which of the paths run.
std::vector<std::string> path_words(const std::set<std::string>& failed,
                                    const std::set<std::string>& all) {
  if (failed == all) return {"all"};
  std::set<std::string> optimized = all;
  optimized.erase("reference");
  if (failed == optimized) return {"optimized"};
  return {failed.begin(), failed.end()};
}

bool is_needed(const Exclusion& entry, std::span<const Result> results) {
  return std::ranges::all_of(results, [&](const Result& result) {
    return !result.passed() || !entry.matches(result.test->name, result.path);
  });
}

}  // namespace

Exclusions updated(std::span<const Result> results, const Exclusions& exclusions) {
  Exclusions kept;
  kept.heading = exclusions.heading;
  for (const Exclusion& entry : exclusions.entries)
    if (is_needed(entry, results)) kept.entries.push_back(entry);

  PathsByLabel every;
  std::map<std::string, std::set<std::string>> labels;  // Which data have a test.
  std::map<std::string, PathsByLabel> failed;
  std::map<std::string, std::string> reasons;
  for (const Result& result : results) {
    const auto [label, test] = label_and_rest(result.test->name);
    every[label].insert(result.path);
    labels[test].insert(label);
    if (result.passed() || kept.find(result.test->name, result.path) != nullptr) continue;
    failed[test][label].insert(result.path);
    const Exclusion* before = exclusions.find(result.test->name, result.path);
    reasons.emplace(test, before != nullptr ? before->reason : reason_of(result));
  }
  for (const auto& [test, by_label] : failed) {
    const bool alike = by_label.size() == labels[test].size() &&
                       std::ranges::all_of(by_label, [&](const auto& entry) {
                         return entry.second == by_label.begin()->second;
                       });
    for (const auto& [label, paths] : by_label) {
      for (const std::string& path : path_words(paths, every[label]))
        kept.entries.push_back({(alike ? "*" : label) + "/" + test, path, reasons[test]});
      if (alike) break;
    }
  }
  std::ranges::stable_sort(kept.entries, {}, &Exclusion::pattern);
  return kept;
}

}  // namespace headway::conformance
