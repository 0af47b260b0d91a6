#include "bench/comparison.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "base/error.h"

namespace headway::bench {
namespace {

/// A runtime in the order of its first appearance, with every version that was raced.
void note_runtime(std::vector<Comparison::Runtime>& runtimes, const SavedRow& row) {
  auto known = std::ranges::find(runtimes, row.runtime, &Comparison::Runtime::id);
  if (known == runtimes.end()) known = runtimes.insert(known, {row.runtime, row.title, {}});
  const bool is_new = std::ranges::count(known->versions, row.version) == 0;
  if (is_new && !row.version.empty()) known->versions.push_back(row.version);
}

std::string list_of(const std::vector<Comparison::Runtime>& runtimes) {
  std::string text;
  for (const Comparison::Runtime& runtime : runtimes)
    text += (text.empty() ? "" : ", ") + runtime.id;
  return text.empty() ? "no rows" : text;
}

std::vector<Comparison::Runtime> find_runtimes(const std::vector<SavedReport>& reports,
                                               const ComparisonOptions& options) {
  if (options.subject == options.against) {
    fail(ErrorCode::kInvalidArgument, "'", options.subject, "' cannot be compared with itself");
  }
  std::vector<Comparison::Runtime> runtimes;
  for (const SavedReport& report : reports) {
    for (const SavedRace& race : report.races) {
      for (const SavedRow& row : race.rows) note_runtime(runtimes, row);
    }
  }
  auto place = runtimes.begin();
  for (const std::string& wanted : {options.subject, options.against}) {
    const auto found = std::ranges::find(place, runtimes.end(), wanted, &Comparison::Runtime::id);
    if (found == runtimes.end()) {
      fail(ErrorCode::kInvalidArgument, "the reports have no row '", wanted,
           "' to compare; they have ", list_of(runtimes));
    }
    std::rotate(place, found, found + 1);
    ++place;
  }
  return runtimes;
}

std::optional<double> start_of(const SavedRow& row) {
  if (!row.load_ns || !row.first_ns) return std::nullopt;
  return *row.load_ns + *row.first_ns;
}

std::optional<double> quotient(std::optional<double> a, std::optional<double> b) {
  return a && b && *a > 0 && *b > 0 ? std::optional(*a / *b) : std::nullopt;
}

bool is_good(const SavedRow* row) {
  return row != nullptr && row->status == "ok" && row->median_ns.has_value();
}

ComparedModel compare_model(const SavedRace& race,
                            const std::vector<Comparison::Runtime>& runtimes) {
  ComparedModel model{race.model, race.noise_floor, {}, {}, {}, {}};
  for (const Comparison::Runtime& runtime : runtimes) {
    const auto row = std::ranges::find(race.rows, runtime.id, &SavedRow::runtime);
    model.rows.push_back(row == race.rows.end() ? nullptr : &*row);
  }
  const SavedRow* subject = model.rows[kSubject];
  for (const SavedRow* row : model.rows) {
    const bool comparable = row != subject && is_good(row) && is_good(subject);
    model.ratios.push_back(comparable ? ratio_interval(subject->samples, row->samples, race.seed)
                                      : std::nullopt);
  }
  const SavedRow* against = model.rows[kAgainst];
  if (is_good(subject) && is_good(against)) {
    model.memory = quotient(static_cast<double>(subject->peak_memory_bytes),
                            static_cast<double>(against->peak_memory_bytes));
    model.start = quotient(start_of(*subject), start_of(*against));
  }
  return model;
}

std::optional<double> mean_of(const std::vector<ComparedModel>& models,
                              std::optional<double> ComparedModel::*figure) {
  std::vector<Interval> values;
  for (const ComparedModel& model : models) {
    if (const auto& value = model.*figure) values.push_back({*value, *value, *value});
  }
  const auto mean = geometric_mean(values);
  return mean ? std::optional(mean->estimate) : std::nullopt;
}

void take_means(ComparedRaces& races, std::size_t runtimes) {
  for (std::size_t runtime = 0; runtime < runtimes; ++runtime) {
    std::vector<Interval> ratios;
    for (const ComparedModel& model : races.models) {
      if (const auto& ratio = model.ratios[runtime]) ratios.push_back(*ratio);
    }
    races.means.push_back(geometric_mean(ratios));
  }
  races.memory_mean = mean_of(races.models, &ComparedModel::memory);
  races.start_mean = mean_of(races.models, &ComparedModel::start);
}

}  // namespace

namespace {

/// The slowest first, and before them those that have no ratio.
void sort_by_ratio(std::vector<ComparedModel>& models) {
  std::ranges::stable_sort(models, std::greater(), [](const ComparedModel& model) {
    const std::optional<Interval>& ratio = model.ratios[kAgainst];
    return ratio ? ratio->estimate : std::numeric_limits<double>::infinity();
  });
}

}  // namespace

Comparison compare_reports(std::vector<SavedReport> reports, const ComparisonOptions& options) {
  Comparison comparison;
  comparison.reports = std::move(reports);
  comparison.runtimes = find_runtimes(comparison.reports, options);
  using Conditions = std::tuple<std::string, std::string, int, int>;
  std::map<Conditions, ComparedRaces> tables;
  for (const SavedReport& report : comparison.reports) {
    for (const SavedRace& race : report.races) {
      auto& table = tables[{report.machine, race.device, race.batch, race.threads}];
      if (std::ranges::count(table.models, race.model, &ComparedModel::model) > 0) {
        fail(ErrorCode::kInvalidArgument, "'", report.file, "' has a race of ", race.model,
             " at batch ", race.batch, " with ", race.threads, " threads on ", race.device,
             " that an earlier report has as well; give each race once");
      }
      table.machine = report.machine;
      table.device = race.device;
      table.batch = race.batch;
      table.threads = race.threads;
      table.models.push_back(compare_model(race, comparison.runtimes));
    }
  }
  for (auto& [conditions, table] : tables) {
    if (options.slowest_first) sort_by_ratio(table.models);
    take_means(table, comparison.runtimes.size());
    comparison.races.push_back(std::move(table));
  }
  return comparison;
}

std::vector<std::string> models_without(const ComparedRaces& races, std::size_t runtime) {
  std::vector<std::string> names;
  for (const ComparedModel& model : races.models) {
    if (!model.ratios[runtime]) names.push_back(model.model);
  }
  return names;
}

}  // namespace headway::bench
