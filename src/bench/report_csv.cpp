#include <array>
#include <string_view>

#include "base/error.h"
#include "bench/report.h"
#include "bench/summary.h"

namespace headway::bench {
namespace {

constexpr std::array<std::string_view, 26> kColumns{"model",
                                                    "batch",
                                                    "threads",
                                                    "device",
                                                    "runtime",
                                                    "tuned",
                                                    "status",
                                                    "version",
                                                    "samples",
                                                    "median_ns",
                                                    "median_low",
                                                    "median_high",
                                                    "p90_ns",
                                                    "p99_ns",
                                                    "samples_per_second",
                                                    "ratio",
                                                    "ratio_low",
                                                    "ratio_high",
                                                    "verdict",
                                                    "load_ns",
                                                    "first_ns",
                                                    "processor_per_wall",
                                                    "peak_memory_bytes",
                                                    "max_abs_error",
                                                    "max_rel_error",
                                                    "failure"};

/// RFC 4180.
std::string field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

template <typename Value>
std::string optional_field(const std::optional<Value>& value) {
  return value ? concat(*value) : "";
}

std::string verdict_field(const RowSummary& row) {
  if (row.fastest) return "fastest";
  if (!row.verdict) return "";
  if (*row.verdict == Verdict::kIndistinguishable) return "indistinguishable";
  return *row.verdict == Verdict::kFaster ? "faster" : "slower";
}

std::string line_of(const RaceResult& race, const RowSummary& row) {
  std::string line;
  const auto add = [&line](std::string_view text) {
    line += (line.empty() ? "" : ",") + field(text);
  };
  const auto add_interval = [&add](const std::optional<Interval>& interval) {
    add(interval ? concat(interval->estimate) : "");
    add(interval ? concat(interval->low) : "");
    add(interval ? concat(interval->high) : "");
  };
  add(race.model.name);
  add(concat(race.options.batch));
  add(concat(race.options.threads));
  add(race.options.device);
  add(row.row->spec.id);
  add(row.row->spec.tuned ? "1" : "0");
  add(name_of(row.status));
  add(row.row->info.version);
  add(concat(row.samples));
  add_interval(row.median_ns);
  add(optional_field(row.p90_ns));
  add(optional_field(row.p99_ns));
  add(optional_field(row.samples_per_second));
  add_interval(row.ratio);
  add(verdict_field(row));
  add(optional_field(row.load_ns));
  add(optional_field(row.first_ns));
  add(optional_field(row.processor_per_wall));
  add(concat(row.peak_memory_bytes));
  add(row.row->agreement ? concat(row.row->agreement->max_abs) : "");
  add(row.row->agreement ? concat(row.row->agreement->max_rel) : "");
  add(row.row->failure ? row.row->failure->sentence : "");
  return line + '\n';
}

}  // namespace

std::string to_csv(const Report& report, const Summaries& summaries) {
  std::string text;
  for (const std::string_view column : kColumns) {
    text += (text.empty() ? "" : ",") + std::string(column);
  }
  text += '\n';
  for (std::size_t race = 0; race < report.races.size(); ++race) {
    for (const SummaryGroup& group : summaries.at(race).groups) {
      for (const RowSummary& row : group.rows) text += line_of(report.races[race], row);
    }
  }
  return text;
}

}  // namespace headway::bench
