#include "bench/recommendation.h"

#include <algorithm>

#include "base/error.h"
#include "bench/units.h"

namespace headway::bench {
namespace {

std::string title_of(const RowSummary& row) {
  return row.row->spec.title + (row.row->spec.tuned ? " (tuned)" : "");
}

std::string join(const std::vector<const RowSummary*>& rows) {
  std::string text;
  for (std::size_t index = 0; index < rows.size(); ++index) {
    if (index > 0) text += index + 1 == rows.size() ? " and " : ", ";
    text += title_of(*rows[index]);
  }
  return text;
}

double start_of(const RowSummary& row) {
  return row.load_ns.value_or(0) + row.first_ns.value_or(0);
}

/// Clearly less memory decides; else the sooner first result.
bool lighter(const RowSummary* left, const RowSummary* right) {
  const auto mine = static_cast<double>(left->peak_memory_bytes);
  const auto theirs = static_cast<double>(right->peak_memory_bytes);
  constexpr double kClearly = 0.9;
  if (mine < kClearly * theirs) return true;
  if (theirs < kClearly * mine) return false;
  return start_of(*left) < start_of(*right);
}

std::string describe_tie(const RowSummary& fastest, std::vector<const RowSummary*> tied) {
  tied.insert(tied.begin(), &fastest);
  const RowSummary& choice = **std::ranges::min_element(tied, lighter);
  return concat("Deploy ", title_of(choice), " here: ", join(tied),
                " cannot be told apart by their latency, and of these ", title_of(choice),
                " takes the least: ", format_bytes(static_cast<double>(choice.peak_memory_bytes)),
                " of memory and ", format_duration(start_of(choice)),
                " from loading to the first result.");
}

std::string describe_lead(const RowSummary& fastest, const RowSummary* next) {
  const std::string figures =
      concat("median ", format_duration(fastest.median_ns->estimate), " per sample");
  if (next == nullptr) {
    return concat("Deploy ", title_of(fastest),
                  " here, the only runtime that was measured and agrees (", figures, ").");
  }
  const Interval& ratio = *next->ratio;
  return concat("Deploy ", title_of(fastest), " here: ", figures, ", and the next best, ",
                title_of(*next), ", takes ", significant(ratio.estimate, 3), " times as long [",
                significant(ratio.low, 3), ", ", significant(ratio.high, 3), "].");
}

}  // namespace

std::string recommend(const RaceSummary& summary, std::uint64_t seed) {
  std::vector<RowSummary> all;
  for (const SummaryGroup& group : summary.groups) {
    for (RowSummary row : group.rows) {
      row.fastest = false;
      row.ratio.reset();
      row.verdict.reset();
      all.push_back(std::move(row));
    }
  }
  std::vector<RowSummary*> pointers;
  for (RowSummary& row : all) pointers.push_back(&row);
  rank(pointers, summary.noise_floor, seed);

  const RowSummary* fastest = nullptr;
  const RowSummary* next = nullptr;
  std::vector<const RowSummary*> tied;
  for (const RowSummary& row : all) {
    if (row.fastest) fastest = &row;
    if (!row.ratio) continue;
    if (row.verdict == Verdict::kIndistinguishable) tied.push_back(&row);
    if (next == nullptr || row.ratio->estimate < next->ratio->estimate) next = &row;
  }
  if (fastest == nullptr) {
    return "Nothing was measured that agrees with the reference, so there is nothing to recommend.";
  }
  return tied.empty() ? describe_lead(*fastest, next) : describe_tie(*fastest, std::move(tied));
}

}  // namespace headway::bench
