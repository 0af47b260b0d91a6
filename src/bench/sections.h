#pragma once

#include <string>
#include <vector>

#include "bench/report.h"
#include "bench/summary.h"
#include "bench/table.h"

namespace headway::bench {

/// The parts of a report that its text and Markdown forms share.

/// "resnet50 · batch 1 · 2 threads · cpu".
std::string headline(const RaceResult& race);

Facts describe_context(const Report& report);
Facts describe_race(const RaceResult& race, const RaceSummary& summary);

/// "p90", "p99.9".
std::string percentile_name(double percent);

Table latency_table(const RaceResult& race, const SummaryGroup& group);
Table cost_table(const SummaryGroup& group);

/// Each row's settings, as "threads=2, provider=CPU", without version and library.
Facts describe_settings(const SummaryGroup& group);

/// What went wrong or must be known, row by row, then about the race as a whole.
std::vector<std::string> remarks(const RaceResult& race, const RaceSummary& summary);

}  // namespace headway::bench
