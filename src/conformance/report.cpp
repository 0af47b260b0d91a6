#include "conformance/report.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "bench/table.h"

namespace headway::conformance {
namespace {

std::string label_of(const Result& result) {
  return result.test->name.substr(0, result.test->name.find('/'));
}

struct Count {
  int passed = 0, failed = 0, left_out = 0, stale = 0;
};

std::string line_of(const Result& result) {
  return concat("  ", result.test->name, "  ", result.path,
                result.passed() ? "" : "  " + result.problem, "\n");
}

}  // namespace

Verdict judge(std::span<const Result> results, const Exclusions& exclusions) {
  Verdict verdict;
  for (const Result& result : results) {
    const bool excluded = exclusions.find(result.test->name, result.path) != nullptr;
    if (excluded && result.passed()) verdict.stale.push_back(&result);
    if (!excluded && !result.passed()) verdict.failed.push_back(&result);
  }
  return verdict;
}

std::string summary_of(std::span<const Result> results, const Exclusions& exclusions) {
  std::map<std::pair<std::string, std::string>, Count> counts;
  for (const Result& result : results) {
    Count& count = counts[{label_of(result), result.path}];
    const bool excluded = exclusions.find(result.test->name, result.path) != nullptr;
    ++(result.passed() ? excluded ? count.stale : count.passed
       : excluded      ? count.left_out
                       : count.failed);
  }
  bench::Table table({{"data", true},
                      {"path", true},
                      {"passed"},
                      {"failed"},
                      {"left out"},
                      {"left out without need"}});
  for (const auto& [key, count] : counts)
    table.add({key.first, key.second, std::to_string(count.passed), std::to_string(count.failed),
               std::to_string(count.left_out), std::to_string(count.stale)});
  std::string text = table.to_text(false);
  const Verdict verdict = judge(results, exclusions);
  if (!verdict.failed.empty()) text += "\nfailed\n";
  for (const Result* result : verdict.failed) text += line_of(*result);
  if (!verdict.stale.empty()) text += "\nleft out, and yet they pass\n";
  for (const Result* result : verdict.stale) text += line_of(*result);
  return text;
}

std::string failures_of(std::span<const Result> results) {
  std::string text;
  for (const Result& result : results)
    if (!result.passed()) text += line_of(result);
  return text;
}

}  // namespace headway::conformance
