#include "bench/summary.h"

#include <algorithm>
#include <array>

#include "bench/random.h"
#include "bench/recommendation.h"

namespace headway::bench {
namespace {

Interval per_sample(Interval interval, double batch) {
  return {interval.estimate / batch, interval.low / batch, interval.high / batch};
}

RowStatus status_of(const RowResult& row) {
  if (row.failure) {
    return row.failure->kind == FailureKind::kMissing ? RowStatus::kMissing : RowStatus::kFailed;
  }
  if (!row.agreement) return RowStatus::kUnchecked;
  return row.agreement->within ? RowStatus::kOk : RowStatus::kDisagrees;
}

void summarize_latency(RowSummary& summary, const RowResult& row, const RaceOptions& options) {
  const RowSamples samples = samples_of(row);
  const std::vector<double> values = flatten(samples);
  summary.samples = values.size();
  const auto batch = static_cast<double>(options.batch);
  for (const double percent : options.percentiles) {
    std::optional<double> value = percentile(values, percent / 100);
    if (value) *value /= batch;
    summary.percentiles_ns.push_back(value);
  }
  if (values.empty()) return;
  if (const auto interval = median_interval(samples, options.seed)) {
    summary.median_ns = per_sample(*interval, batch);
  }
  double total = 0;
  for (const double value : values) total += value;
  if (total > 0) {
    summary.samples_per_second = batch * static_cast<double>(values.size()) * 1e9 / total;
  }
}

void summarize_device(RowSummary& summary, const RowResult& row, double batch) {
  std::vector<double> resident, kernels;
  for (const ProcessResult& process : row.processes) {
    resident.insert(resident.end(), process.resident_ns.begin(), process.resident_ns.end());
    kernels.insert(kernels.end(), process.kernels_ns.begin(), process.kernels_ns.end());
  }
  if (!resident.empty()) summary.resident_ns = median(resident) / batch;
  if (!kernels.empty()) summary.kernels_ns = median(kernels) / batch;
}

void summarize_processes(RowSummary& summary, const RowResult& row) {
  std::vector<double> loads;
  std::vector<double> firsts;
  double wall = 0;
  double processor = 0;
  for (const ProcessResult& process : row.processes) {
    loads.push_back(static_cast<double>(process.load_ns));
    firsts.push_back(static_cast<double>(process.first_ns));
    summary.peak_memory_bytes = std::max(summary.peak_memory_bytes, process.peak_memory_bytes);
    if (!process.rounds.empty()) summary.steady = summary.steady && process.steady;
    for (const RoundResult& round : process.rounds) {
      wall += static_cast<double>(round.wall_ns);
      processor += static_cast<double>(round.processor_ns);
    }
  }
  if (!loads.empty()) summary.load_ns = median(loads);
  if (!firsts.empty()) summary.first_ns = median(firsts);
  if (wall > 0) summary.processor_per_wall = processor / wall;
}

RowSummary summarize_row(const RowResult& row, const RaceOptions& options) {
  RowSummary summary;
  summary.row = &row;
  summary.status = status_of(row);
  summarize_latency(summary, row, options);
  summarize_processes(summary, row);
  summarize_device(summary, row, static_cast<double>(options.batch));
  return summary;
}

/// Like a ratio, only for a row that was found to compute the right thing.
std::optional<double> share_of_limit(const RowSummary& row, const std::optional<Floor>& floor) {
  const bool comparable = row.status == RowStatus::kOk && row.median_ns && floor;
  if (!comparable || !computes_in_fp32(*row.row)) return std::nullopt;
  return floor->ns() / row.median_ns->estimate;
}

}  // namespace

std::string_view name_of(RowStatus status) noexcept {
  constexpr std::array<std::string_view, 5> kNames{"ok", "unchecked", "disagrees", "failed",
                                                   "missing"};
  return kNames[static_cast<std::size_t>(status)];
}

std::string_view verdict_of(const RowSummary& row) noexcept {
  if (row.fastest) return "fastest";
  if (!row.verdict) return "";
  if (*row.verdict == Verdict::kIndistinguishable) return "indistinguishable";
  return *row.verdict == Verdict::kFaster ? "faster" : "slower";
}

void rank(std::vector<RowSummary*> rows, double noise_floor, std::uint64_t seed) {
  std::erase_if(
      rows, [](const RowSummary* row) { return row->status != RowStatus::kOk || !row->median_ns; });
  if (rows.empty()) return;
  RowSummary* base = *std::ranges::min_element(
      rows, {}, [](const RowSummary* row) { return row->median_ns->estimate; });
  base->fastest = true;
  const RowSamples base_samples = samples_of(*base->row);
  for (RowSummary* row : rows) {
    if (row == base) continue;
    row->ratio = ratio_interval(samples_of(*row->row), base_samples, seed);
    if (row->ratio) row->verdict = judge(*row->ratio, noise_floor);
  }
}

RaceSummary summarize(const RaceResult& race) {
  RaceSummary summary;
  summary.floor = floor_of(race);
  const std::uint64_t seed = race.options.seed;
  if (race.control && race.control_of < race.rows.size()) {
    summary.self_ratio =
        ratio_interval(samples_of(*race.control), samples_of(race.rows[race.control_of]), seed);
  }
  if (summary.self_ratio) {
    summary.noise_floor = noise_floor_of(*summary.self_ratio, race.control->processes.size());
  }

  for (const bool tuned : {false, true}) {
    SummaryGroup group{tuned, {}};
    for (const RowResult& row : race.rows) {
      if (row.spec.tuned == tuned) group.rows.push_back(summarize_row(row, race.options));
    }
    if (group.rows.empty()) continue;
    std::vector<RowSummary*> rows;
    for (RowSummary& row : group.rows) {
      rows.push_back(&row);
      row.of_peak = share_of_limit(row, summary.floor);
    }
    rank(rows, summary.noise_floor, seed);
    summary.groups.push_back(std::move(group));
  }
  summary.recommendation = recommend(summary, seed);
  return summary;
}

}  // namespace headway::bench
