#include "bench/baseline.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "bench/sections.h"
#include "bench/units.h"

namespace headway::bench {
namespace {

/// The two runs are independent, so the logarithmic errors add in quadrature.
Interval ratio_of(const Interval& now, const Interval& before) {
  const double estimate = std::log(now.estimate / before.estimate);
  const double below =
      std::hypot(std::log(now.estimate / now.low), std::log(before.high / before.estimate));
  const double above =
      std::hypot(std::log(now.high / now.estimate), std::log(before.estimate / before.low));
  return {std::exp(estimate), std::exp(estimate - below), std::exp(estimate + above)};
}

Verdict judge_change(const Interval& ratio, double noise_floor, double min_effect) {
  const Verdict verdict = judge(ratio, noise_floor);
  const bool large = std::max(ratio.estimate, 1 / ratio.estimate) >= 1 + min_effect;
  return large ? verdict : Verdict::kIndistinguishable;
}

bool same_race(const RaceResult& race, const Json& other) {
  return other.at("model").at("name") == race.model.name &&
         other.at("batch") == race.options.batch && other.at("threads") == race.options.threads &&
         other.at("device") == race.options.device;
}

const Json* find_row(const Json& race, const RowSpec& spec) {
  for (const Json& row : race.at("rows")) {
    if (row.at("runtime") == spec.id && row.at("tuned") == spec.tuned) return &row;
  }
  return nullptr;
}

void compare_race(const RaceResult& race, const RaceSummary& summary, const Json& old,
                  double min_effect, std::vector<BaselineChange>& changes) {
  const double noise_floor = std::max(summary.noise_floor, old.at("noise_floor").get<double>());
  for (const SummaryGroup& group : summary.groups) {
    for (const RowSummary& row : group.rows) {
      const Json* before = find_row(old, row.row->spec);
      if (before == nullptr || !row.median_ns || before->at("median_ns").is_null()) continue;
      const Json& median = before->at("median_ns");
      const Interval ratio = ratio_of(
          *row.median_ns, {median.at("estimate").get<double>(), median.at("low").get<double>(),
                           median.at("high").get<double>()});
      changes.push_back({headline(race), row.row->spec.title, ratio,
                         judge_change(ratio, noise_floor, min_effect)});
    }
  }
}

std::string_view word_for(Verdict verdict) {
  if (verdict == Verdict::kFaster) return "faster";
  return verdict == Verdict::kSlower ? "slower" : "no change";
}

}  // namespace

std::vector<BaselineChange> compare_with_baseline(const Report& report, const Summaries& summaries,
                                                  const Json& baseline, double min_effect) {
  std::vector<BaselineChange> changes;
  try {
    for (std::size_t index = 0; index < report.races.size(); ++index) {
      for (const Json& old : baseline.at("races")) {
        if (!same_race(report.races[index], old)) continue;
        compare_race(report.races[index], summaries.at(index), old, min_effect, changes);
      }
    }
  } catch (const Json::exception& error) {
    fail(ErrorCode::kInvalidModel, "the baseline report is malformed: ", error.what());
  }
  return changes;
}

std::string baseline_text(const std::vector<BaselineChange>& changes, double min_effect,
                          bool color) {
  if (changes.empty()) return "The baseline has no row in common with this report.\n";
  Table table({{"Against the baseline", true},
               {"Runtime", true},
               {"new ÷ old"},
               {"95 % interval"},
               {"verdict", true}});
  for (const BaselineChange& change : changes) {
    table.add({change.race, change.row, significant(change.ratio.estimate, 3) + "×",
               concat("[", significant(change.ratio.low, 3), ", ",
                      significant(change.ratio.high, 3), "]"),
               std::string(word_for(change.verdict))});
  }
  const auto slower = std::ranges::count(changes, Verdict::kSlower, &BaselineChange::verdict);
  return table.to_text(color) + concat("\n", slower, " of ", changes.size(),
                                       " rows slower than the baseline by more than ",
                                       format_percent(min_effect), " and the noise.\n");
}

}  // namespace headway::bench
