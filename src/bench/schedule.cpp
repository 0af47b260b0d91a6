#include "bench/schedule.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace headway::bench {
namespace {

constexpr int kUsualGenerations = 3;
constexpr int kMostGenerations = 8;
constexpr std::int64_t kMillisecond = 1'000'000;

/// Blocks that a generation should at least have room for.
constexpr std::int64_t kBlocks = 5;

/// A thousand samples a round are plenty; more only make the report large.
constexpr std::int64_t kMostSamples = 1000;

std::map<int, double> block_medians(const ProcessSamples& process) {
  std::map<int, std::vector<double>> values;
  for (const RoundSamples& round : process.rounds) {
    values[round.block].insert(values[round.block].end(), round.values.begin(), round.values.end());
  }
  std::map<int, double> medians;
  for (auto& [block, samples] : values) {
    if (!samples.empty()) medians[block] = std::log(std::max(median(std::move(samples)), 1.0));
  }
  return medians;
}

}  // namespace

std::vector<std::size_t> block_order(std::vector<std::size_t> rows, Random& random) {
  shuffle(std::span(rows), random);
  const std::vector<std::size_t> forward = rows;
  rows.insert(rows.end(), forward.rbegin(), forward.rend());
  return rows;
}

std::int64_t rewarm_calls(double latency_ns, double target_ns) {
  const double calls = std::ceil(target_ns / std::max(latency_ns, 1.0));
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(calls), 1, kMostSamples);
}

Schedule::Schedule(const RaceOptions& options, std::size_t rows)
    : options_(options), rows_(static_cast<std::int64_t>(std::max<std::size_t>(rows, 1))) {
  generations_ = options.processes.value_or(kUsualGenerations);
  if (options.iterations) {
    const std::int64_t per_process = *options.iterations / generations_;
    blocks_ = static_cast<int>(std::clamp<std::int64_t>(per_process / 2, 1, kBlocks));
  } else if (options.duration_ns) {
    blocks_ = kBlocks;
  }
}

std::int64_t Schedule::warmup_limit() const noexcept {
  const std::int64_t budget = options_.budget_ns.value_or(60'000 * kMillisecond);
  return std::max(budget / (8 * rows_), 20 * kMillisecond);
}

void Schedule::first_start_took(std::int64_t nanoseconds) {
  start_ns_ = nanoseconds;
  if (options_.processes || blocks_) return;
  const auto starts = static_cast<double>(options_.budget_ns.value_or(0)) /
                      static_cast<double>(std::max<std::int64_t>(nanoseconds, 1));
  // Starting may take half the budget; more than that up to the third process, because three that
  // are measured briefly tell more than two that are measured at length.
  const double affordable =
      std::max(0.5 * starts, std::min<double>(kUsualGenerations, 0.8 * starts));
  generations_ = std::clamp(static_cast<int>(affordable), 1, kMostGenerations);
}

std::optional<std::int64_t> Schedule::measuring_time(int generation,
                                                     std::int64_t elapsed) const noexcept {
  if (!options_.budget_ns) return std::nullopt;
  const std::int64_t following = generations_ - generation - 1;
  const std::int64_t left = *options_.budget_ns - elapsed - following * start_ns_;
  return std::max<std::int64_t>(left / (following + 1), 0);
}

RoundPlan Schedule::plan(double latency_ns, std::int64_t measured) const {
  RoundPlan plan;
  plan.iterations = kMostSamples;
  if (options_.iterations) {
    const std::int64_t goal = (*options_.iterations + generations_ - 1) / generations_;
    const std::int64_t rounds = 2 * blocks_.value_or(1);
    plan.iterations = std::clamp<std::int64_t>((goal + rounds - 1) / rounds, 0, goal - measured);
    plan.duration_ns = 0;
  } else if (options_.duration_ns) {
    plan.duration_ns = *options_.duration_ns / (generations_ * 2 * blocks_.value_or(1));
  } else {
    const std::int64_t measuring =
        (options_.budget_ns.value_or(0) - generations_ * start_ns_) / generations_;
    plan.duration_ns =
        std::clamp(measuring / (rows_ * 2 * kBlocks), 10 * kMillisecond, 250 * kMillisecond);
  }
  const double target = std::max(2.0 * kMillisecond, 0.1 * static_cast<double>(plan.duration_ns));
  plan.warmup = rewarm_calls(latency_ns, target);
  return plan;
}

double ratio_error(const RowSamples& row, const RowSamples& base) {
  std::vector<double> ratios;
  for (const ProcessSamples& process : row) {
    const auto partner = std::ranges::find(base, process.generation, &ProcessSamples::generation);
    if (partner == base.end()) continue;
    const std::map<int, double> others = block_medians(*partner);
    for (const auto& [block, value] : block_medians(process)) {
      if (const auto other = others.find(block); other != others.end()) {
        ratios.push_back(value - other->second);
      }
    }
  }
  if (ratios.size() < 2) return std::numeric_limits<double>::infinity();
  const auto count = static_cast<double>(ratios.size());
  double mean = 0;
  for (const double ratio : ratios) mean += ratio / count;
  double squares = 0;
  for (const double ratio : ratios) squares += (ratio - mean) * (ratio - mean);
  return std::sqrt(squares / (count - 1) / count);
}

std::vector<std::size_t> worth_measuring(const std::vector<double>& errors, std::size_t base) {
  double worst = 0;
  for (std::size_t row = 0; row < errors.size(); ++row) {
    if (row != base) worst = std::max(worst, errors[row]);
  }
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < errors.size(); ++row) {
    if (row == base || errors[row] >= worst / 2) rows.push_back(row);
  }
  return rows;
}

}  // namespace headway::bench
