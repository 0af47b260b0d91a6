#pragma once

#include <string>
#include <vector>

#include "bench/channel.h"
#include "bench/machine.h"
#include "bench/results.h"
#include "bench/summary.h"

namespace headway::bench {

/// Everything a run of the harness found out: one race per batch size and thread count.
struct Report {
  std::string headway_version;
  std::string date;     ///< UTC, "2026-11-23T03:50:00Z".
  std::string command;  ///< As the user typed it.
  Machine machine;
  std::vector<RaceResult> races;

  bool interrupted() const;
};

/// What each race says, in the order of the races. The intervals take a moment to compute, so every
/// form of the report is given the same summaries.
using Summaries = std::vector<RaceSummary>;

/// What stands above all tables.
std::string context_text(const Report& report);

/// The tables of a race, about 110 columns wide.
std::string race_text(const RaceResult& race, const RaceSummary& summary, bool color);

/// All of it as GitHub-flavoured Markdown.
std::string to_markdown(const Report& report, const Summaries& summaries);

/// One line per row and race, with a header line.
std::string to_csv(const Report& report, const Summaries& summaries);

/// Everything, raw samples included (docs/report-schema.md).
Json to_json(const Report& report, const Summaries& summaries);

/// Where and with what a report was made; the "context" of to_json.
Json context_json(const Report& report);

/// Now, as `Report::date`.
std::string utc_date();

}  // namespace headway::bench
