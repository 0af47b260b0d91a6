#include "bench/statistics.h"

#include <cmath>

#include <gtest/gtest.h>

#include "bench/random.h"

namespace headway::bench {
namespace {

/// A simulated race: latencies that vary between processes, between rounds and between calls.
struct Machine {
  double process_noise = 0.01;
  double round_noise = 0.01;
  double call_noise = 0.01;
  int processes = 3;
  int blocks = 4;
  int calls = 4;
};

/// `shared` is what disturbs all rows of a generation alike.
RowSamples simulate(const Machine& machine, double latency, std::uint64_t shared,
                    std::uint64_t own) {
  Random common(shared);
  Random random(own);
  RowSamples row;
  for (int generation = 0; generation < machine.processes; ++generation) {
    ProcessSamples process{generation, {}};
    const double drift = 0.05 * common.normal();
    const double factor = drift + machine.process_noise * random.normal();
    for (int block = 0; block < machine.blocks; ++block) {
      for (int half = 0; half < 2; ++half) {
        RoundSamples round{block, {}};
        const double level = factor + machine.round_noise * random.normal();
        for (int call = 0; call < machine.calls; ++call) {
          round.values.push_back(latency * std::exp(level + machine.call_noise * random.normal()));
        }
        process.rounds.push_back(std::move(round));
      }
    }
    row.push_back(std::move(process));
  }
  return row;
}

/// Share of simulated races in which the ratio's interval holds the truth.
double coverage(const Machine& machine, double true_ratio, int races) {
  int covered = 0;
  for (int race = 0; race < races; ++race) {
    const auto seed = static_cast<std::uint64_t>(race);
    const RowSamples base = simulate(machine, 1e6, sub_seed(seed, 0), sub_seed(seed, 1));
    const RowSamples row =
        simulate(machine, true_ratio * 1e6, sub_seed(seed, 0), sub_seed(seed, 2));
    const Interval ratio = ratio_interval(row, base, seed).value();
    covered += ratio.low <= true_ratio && true_ratio <= ratio.high;
  }
  return static_cast<double>(covered) / races;
}

/// 95 % less what 200 simulations may miss it by.
constexpr double kNominal = 0.92;

TEST(Median, OddEvenAndNone) {
  EXPECT_DOUBLE_EQ(median({3, 1, 2}), 2);
  EXPECT_DOUBLE_EQ(median({4, 1, 2, 3}), 2.5);
  EXPECT_ANY_THROW(median({}));
}

TEST(Percentile, NeedsTenSamplesBeyondIt) {
  std::vector<double> values;
  for (int value = 1; value <= 99; ++value) values.push_back(value);
  EXPECT_FALSE(percentile(values, 0.90).has_value());
  values.push_back(100);
  EXPECT_DOUBLE_EQ(percentile(values, 0.90).value(), 90);
  EXPECT_FALSE(percentile(values, 0.99).has_value());
  for (int value = 101; value <= 1000; ++value) values.push_back(value);
  EXPECT_DOUBLE_EQ(percentile(values, 0.99).value(), 990);
}

TEST(RatioInterval, CoversTheTruthWhenProcessesDiffer) {
  EXPECT_GE(coverage({.process_noise = 0.03, .processes = 2}, 1.0, 200), kNominal);
  EXPECT_GE(coverage({.process_noise = 0.03, .processes = 3}, 1.0, 200), kNominal);
  EXPECT_GE(coverage({.process_noise = 0.03, .processes = 6}, 1.25, 100), kNominal);
}

TEST(RatioInterval, CoversTheTruthWhenRoundsDiffer) {
  EXPECT_GE(coverage({.process_noise = 0, .round_noise = 0.03}, 1.0, 200), kNominal);
  EXPECT_GE(coverage({.process_noise = 0, .round_noise = 0.03, .processes = 1}, 0.8, 200),
            kNominal);
}

TEST(RatioInterval, IsNotUselesslyWide) {
  const RowSamples base = simulate({}, 1e6, 1, 2);
  const RowSamples row = simulate({}, 1.2e6, 1, 3);
  const Interval ratio = ratio_interval(row, base, 1).value();
  EXPECT_LT(ratio.high / ratio.low, 1.15);
  EXPECT_EQ(judge(ratio, 1.01), Verdict::kSlower);
}

TEST(RatioInterval, CancelsWhatDisturbsBothAlike) {
  const Machine quiet{.process_noise = 0.001, .round_noise = 0.001, .call_noise = 0.001};
  const RowSamples base = simulate(quiet, 1e6, 7, 8);
  const RowSamples row = simulate(quiet, 1.1e6, 7, 9);
  const Interval ratio = ratio_interval(row, base, 1).value();
  const Interval alone = median_interval(row, 1).value();
  EXPECT_LT(ratio.high / ratio.low, 1.02);
  EXPECT_GT(alone.high / alone.low, 1.05);
}

TEST(RatioInterval, UsesOnlyBlocksThatBothRan) {
  const RowSamples base{{0, {{0, {100, 100}}, {1, {900, 900}}}}};
  const RowSamples row{{0, {{0, {200, 200}}}}};
  EXPECT_NEAR(ratio_interval(row, base, 1).value().estimate, 2, 1e-12);
  const RowSamples stranger{{1, {{0, {200, 200}}}}};
  EXPECT_FALSE(ratio_interval(stranger, base, 1).has_value());
}

TEST(RatioInterval, TwoCallsProveNothing) {
  const RowSamples base{{0, {{0, {100, 101}}}}};
  const RowSamples row{{0, {{0, {102, 103}}}}};
  const Interval ratio = ratio_interval(row, base, 1).value();
  EXPECT_LT(ratio.low, 1);
  EXPECT_GT(ratio.high, 1);
}

TEST(RatioInterval, IsDeterministic) {
  const RowSamples base = simulate({}, 1e6, 1, 2);
  const RowSamples row = simulate({}, 1e6, 1, 3);
  const Interval first = ratio_interval(row, base, 5).value();
  const Interval second = ratio_interval(row, base, 5).value();
  EXPECT_EQ(first.low, second.low);
  EXPECT_EQ(first.high, second.high);
}

TEST(Verdict, SelfRaceIsHardlyEverCalled) {
  const Machine machine{.process_noise = 0.02, .round_noise = 0.02};
  constexpr int kRaces = 200;
  int called = 0;
  for (int race = 0; race < kRaces; ++race) {
    const auto seed = static_cast<std::uint64_t>(1000 + race);
    const auto run = [&](std::uint64_t own) {
      return simulate(machine, 1e6, sub_seed(seed, 0), sub_seed(seed, own));
    };
    const RowSamples base = run(1);
    const double floor = noise_floor_of(ratio_interval(run(2), base, seed).value(), 3);
    called +=
        judge(ratio_interval(run(3), base, seed).value(), floor) != Verdict::kIndistinguishable;
  }
  EXPECT_LE(called, kRaces / 20);
}

TEST(Verdict, NeedsMoreThanTheNoiseFloor) {
  EXPECT_EQ(judge({1.05, 1.03, 1.07}, 1.02), Verdict::kSlower);
  EXPECT_EQ(judge({1.05, 1.03, 1.07}, 1.04), Verdict::kIndistinguishable);
  EXPECT_EQ(judge({0.90, 0.88, 0.92}, 1.04), Verdict::kFaster);
  EXPECT_EQ(judge({0.98, 0.95, 1.01}, 1.0), Verdict::kIndistinguishable);
}

TEST(NoiseFloor, IsWhatTheSelfRaceCameOutAt) {
  EXPECT_DOUBLE_EQ(noise_floor_of({0.99, 0.98, 1.01}, 3), 1 / 0.99);
  EXPECT_DOUBLE_EQ(noise_floor_of({0.99, 0.98, 1.01}, 1), 1 / 0.98);
}

TEST(GeometricMean, OfRatiosAndTheirErrors) {
  EXPECT_FALSE(geometric_mean({}).has_value());
  const std::vector<Interval> one = {{0.5, 0.4, 0.6}};
  EXPECT_NEAR(geometric_mean(one)->low, 0.4, 1e-12);
  EXPECT_NEAR(geometric_mean(one)->high, 0.6, 1e-12);
  const std::vector<Interval> two = {{0.5, 0.25, 1.0}, {2.0, 1.0, 4.0}};
  const Interval mean = *geometric_mean(two);
  EXPECT_NEAR(mean.estimate, 1, 1e-12);
  // Two independent factors of 2: a factor of 2^(sqrt(2) / 2) in the mean.
  EXPECT_NEAR(mean.high, std::pow(2, std::sqrt(0.5)), 1e-12);
  EXPECT_NEAR(mean.low, 1 / mean.high, 1e-12);
}

}  // namespace
}  // namespace headway::bench
