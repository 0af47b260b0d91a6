#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "bench/report.h"
#include "bench/sections.h"
#include "bench/summary.h"

namespace headway::bench {
namespace {

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

/// Twelve digits keep nanoseconds exact.
std::string number(const std::optional<double>& value) {
  if (!value) return "";
  char text[40];
  std::snprintf(text, sizeof text, "%.12g", *value);
  return text;
}

std::string line_of(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& text : fields) line += field(text) + ',';
  line.back() = '\n';
  return line;
}

std::vector<std::string> header_of(const Report& report) {
  std::vector<std::string> fields{"model",   "batch",     "threads",    "device",
                                  "runtime", "tuned",     "status",     "version",
                                  "samples", "median_ns", "median_low", "median_high"};
  if (!report.races.empty()) {
    for (const double percent : report.races[0].options.percentiles) {
      fields.push_back(percentile_name(percent) + "_ns");
    }
  }
  for (const char* name :
       {"samples_per_second", "ratio", "ratio_low", "ratio_high", "verdict", "load_ns", "first_ns",
        "processor_per_wall", "peak_memory_bytes", "max_abs_error", "max_rel_error", "failure",
        "of_peak", "resident_ns", "kernels_ns"}) {
    fields.emplace_back(name);
  }
  return fields;
}

std::vector<std::string> fields_of(const RaceResult& race, const RowSummary& row) {
  const RowResult& result = *row.row;
  const auto bounds = [](const std::optional<Interval>& interval, double Interval::*bound) {
    return interval ? number((*interval).*bound) : "";
  };
  const auto error = [&result](double Agreement::*which) {
    return result.agreement ? number((*result.agreement).*which) : "";
  };
  std::vector<std::string> fields{race.model.name,
                                  concat(race.options.batch),
                                  concat(race.options.threads),
                                  race.options.device,
                                  result.spec.id,
                                  result.spec.tuned ? "1" : "0",
                                  std::string(name_of(row.status)),
                                  result.info.version,
                                  concat(row.samples),
                                  bounds(row.median_ns, &Interval::estimate),
                                  bounds(row.median_ns, &Interval::low),
                                  bounds(row.median_ns, &Interval::high)};
  for (const auto& value : row.percentiles_ns) fields.push_back(number(value));
  fields.insert(
      fields.end(),
      {number(row.samples_per_second), bounds(row.ratio, &Interval::estimate),
       bounds(row.ratio, &Interval::low), bounds(row.ratio, &Interval::high),
       std::string(verdict_of(row)), number(row.load_ns), number(row.first_ns),
       number(row.processor_per_wall), concat(row.peak_memory_bytes), error(&Agreement::max_abs),
       error(&Agreement::max_rel), result.failure ? result.failure->sentence : "",
       number(row.of_peak), number(row.resident_ns), number(row.kernels_ns)});
  return fields;
}

}  // namespace

std::string to_csv(const Report& report, const Summaries& summaries) {
  std::string text = line_of(header_of(report));
  for (std::size_t race = 0; race < report.races.size(); ++race) {
    for (const SummaryGroup& group : summaries.at(race).groups) {
      for (const RowSummary& row : group.rows) text += line_of(fields_of(report.races[race], row));
    }
  }
  return text;
}

}  // namespace headway::bench
