#include "bench/summary.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "bench/bench_testing.h"
#include "bench/report.h"
#include "bench/sections.h"

namespace headway::bench {
namespace {

const RowSummary& row_of(const RaceSummary& summary, std::size_t row) {
  return summary.groups.at(0).rows.at(row);
}

TEST(Summary, FiguresOfARow) {
  RaceResult race = race_of({steady_row("a", 2'000'000), steady_row("b", 3'000'000)});
  race.options.batch = 2;
  const RaceSummary summary = summarize(race);
  const RowSummary& slow = row_of(summary, 1);
  EXPECT_NEAR(slow.median_ns->estimate, 1.5e6, 1);
  EXPECT_NEAR(slow.ratio->estimate, 1.5, 1e-9);
  EXPECT_EQ(verdict_of(slow), "slower");
  EXPECT_EQ(verdict_of(row_of(summary, 0)), "fastest");
  EXPECT_EQ(slow.samples, 120u);
  EXPECT_TRUE(slow.percentiles_ns.at(0).has_value());
  EXPECT_FALSE(slow.percentiles_ns.at(1).has_value());
  EXPECT_NEAR(*slow.samples_per_second, 2 / 3e-3, 1e-6);
  EXPECT_NEAR(*slow.processor_per_wall, 1.6, 1e-12);
  EXPECT_DOUBLE_EQ(*slow.first_ns, 9e6);
}

TEST(Summary, OnlyRowsThatAgreeAreCompared) {
  RowResult wrong = steady_row("wrong", 1'000'000);
  wrong.agreement->within = false;
  RowResult crashed = steady_row("crashed", 1'100'000);
  crashed.failure = RowFailure{FailureKind::kCrashed, "it was killed"};
  RowResult unchecked = steady_row("unchecked", 1'200'000);
  unchecked.agreement.reset();
  const RaceResult race = race_of({wrong, crashed, unchecked, steady_row("right", 2'000'000)});
  const RaceSummary summary = summarize(race);
  EXPECT_EQ(row_of(summary, 0).status, RowStatus::kDisagrees);
  EXPECT_EQ(row_of(summary, 1).status, RowStatus::kFailed);
  EXPECT_EQ(row_of(summary, 2).status, RowStatus::kUnchecked);
  for (std::size_t row = 0; row < 3; ++row) {
    EXPECT_FALSE(row_of(summary, row).ratio.has_value());
    EXPECT_EQ(verdict_of(row_of(summary, row)), "");
    EXPECT_TRUE(row_of(summary, row).median_ns.has_value());
  }
  EXPECT_TRUE(row_of(summary, 3).fastest);
  EXPECT_NE(summary.recommendation.find("Deploy right"), std::string::npos);
}

TEST(Summary, TunedRowsHaveATableOfTheirOwn) {
  RowResult tuned = steady_row("a", 1'000'000);
  tuned.spec.tuned = true;
  const RaceResult race = race_of({steady_row("a", 2'000'000), tuned});
  const RaceSummary summary = summarize(race);
  ASSERT_EQ(summary.groups.size(), 2u);
  EXPECT_TRUE(summary.groups[0].rows.at(0).fastest);
  EXPECT_TRUE(summary.groups[1].rows.at(0).fastest);
  EXPECT_NE(summary.recommendation.find("Deploy a (tuned)"), std::string::npos);
}

TEST(Recommendation, ATieIsCalledOneAndBrokenByMemory) {
  RowResult heavy = steady_row("heavy", 1'000'000);
  for (ProcessResult& process : heavy.processes) process.peak_memory_bytes = 900'000'000;
  const RaceResult race = race_of({heavy, steady_row("light", 1'000'000)});
  const std::string sentence = summarize(race).recommendation;
  EXPECT_TRUE(sentence.starts_with("Deploy light here")) << sentence;
  EXPECT_NE(sentence.find("cannot be told apart"), std::string::npos) << sentence;
}

TEST(Recommendation, NothingMeasuredNothingRecommended) {
  RowResult missing;
  missing.failure = RowFailure{FailureKind::kMissing, "not installed"};
  const RaceResult race = race_of({missing});
  EXPECT_NE(summarize(race).recommendation.find("nothing to recommend"), std::string::npos);
}

TEST(Summary, ControlSetsTheNoiseFloor) {
  RaceResult race = race_of({steady_row("a", 1'000'000), steady_row("b", 1'030'000)});
  EXPECT_EQ(verdict_of(row_of(summarize(race), 1)), "slower");
  race.control = steady_row("a", 1'050'000);
  const RaceSummary summary = summarize(race);
  EXPECT_NEAR(summary.noise_floor, 1.05, 1e-9);
  EXPECT_EQ(verdict_of(row_of(summary, 1)), "indistinguishable");
}

TEST(Summary, SharesOfTheLimitAreOfRowsThatComputeTheSame) {
  RowResult wrong = steady_row("wrong", 4'000'000);
  wrong.agreement->within = false;
  RowResult half = steady_row("half", 4'000'000);
  half.settings["precision"] = "bf16";
  RaceResult race = race_of({steady_row("direct", 4'000'000), steady_row("clever", 1'000'000),
                             std::move(wrong), std::move(half)});
  race.model.multiply_adds = 2'000'000;
  race.limits = MachineLimits{2e9, 1e9, 0};
  const RaceSummary summary = summarize(race);
  EXPECT_DOUBLE_EQ(summary.floor->ns(), 2e6);
  EXPECT_NEAR(row_of(summary, 0).of_peak.value(), 0.5, 1e-9);
  EXPECT_NEAR(row_of(summary, 1).of_peak.value(), 2, 1e-9);
  EXPECT_FALSE(row_of(summary, 2).of_peak.has_value());
  EXPECT_FALSE(row_of(summary, 3).of_peak.has_value());
  race.limits.reset();
  EXPECT_FALSE(row_of(summarize(race), 0).of_peak.has_value());
}

class ReportForms : public testing::Test {
 protected:
  ReportForms() {
    RowResult failed = steady_row("with, comma|pipe", 1'000'000);
    failed.failure = RowFailure{FailureKind::kTimedOut, "it said \"nothing\""};
    report_.races = {race_of({steady_row("a", 2'000'000), failed})};
    report_.races[0].model.multiply_adds = 1'000'000;
    report_.races[0].model.weight_bytes = 123'000'000;
    report_.races[0].limits = MachineLimits{2e9, 200e9, 33'000'000};
    summaries_ = {summarize(report_.races[0])};
  }

  Report report_;
  Summaries summaries_;
};

TEST_F(ReportForms, TextFitsATerminal) {
  const std::string text = race_text(report_.races[0], summaries_[0], false);
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = text.find('\n', start);
    EXPECT_LE(display_width(text.substr(start, end - start)), 120u);
    start = end + 1;
  }
  EXPECT_NE(text.find("it said \"nothing\"."), std::string::npos);
}

TEST_F(ReportForms, CsvQuotes) {
  const std::string csv = to_csv(report_, summaries_);
  EXPECT_NE(csv.find("\"with, comma|pipe\""), std::string::npos);
  EXPECT_NE(csv.find("\"it said \"\"nothing\"\"\""), std::string::npos);
  const std::string header = csv.substr(0, csv.find('\n'));
  EXPECT_TRUE(header.ends_with(",failure,of_peak,resident_ns,kernels_ns"));
  const std::string row = csv.substr(header.size() + 1, csv.find('\n', header.size() + 1));
  EXPECT_EQ(std::ranges::count(header, ','),
            std::ranges::count(row.substr(0, row.find('\n')), ','));
}

TEST_F(ReportForms, ShowTheFloorAndEachRowsShareOfIt) {
  const std::string text = race_text(report_.races[0], summaries_[0], false);
  const std::string markdown = to_markdown(report_, summaries_);
  for (const char* part : {"1.00 ms per sample", "2.00 M operations", "at 2.00 Gop/s",
                           "reading weights alone 450 µs", "of peak", "50 %"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in\n" << text;
    EXPECT_NE(markdown.find(part), std::string::npos) << part << " is not in\n" << markdown;
  }
  const Json race = to_json(report_, summaries_).at("races").at(0);
  EXPECT_DOUBLE_EQ(race.at("limits").at("operations_per_second").get<double>(), 2e9);
  EXPECT_DOUBLE_EQ(race.at("floor").at("ns").get<double>(), 1e6);
  EXPECT_DOUBLE_EQ(race.at("floor").at("memory_ns").get<double>(), 4.5e5);
  EXPECT_NEAR(race.at("rows").at(0).at("of_peak").get<double>(), 0.5, 1e-9);
  EXPECT_TRUE(race.at("rows").at(1).at("of_peak").is_null());
}

TEST_F(ReportForms, SayWhenMemoryBounds) {
  report_.races[0].limits->bytes_per_second = 9e9;
  summaries_ = {summarize(report_.races[0])};
  const std::string text = race_text(report_.races[0], summaries_[0], false);
  for (const char* part : {"10.0 ms per sample", "123 MB of weights", "caches keep 33.0 MB",
                           "at 9.00 GB/s", "arithmetic alone 1.00 ms", "500 %"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in\n" << text;
}

TEST_F(ReportForms, AreNoWiderWithoutLimits) {
  report_.races[0].limits.reset();
  summaries_ = {summarize(report_.races[0])};
  const std::string text = race_text(report_.races[0], summaries_[0], false);
  EXPECT_EQ(text.find("of peak"), std::string::npos);
  EXPECT_EQ(text.find("floor  "), text.find("noise floor  ") + 6);
  EXPECT_TRUE(to_json(report_, summaries_).at("races").at(0).at("limits").is_null());
}

TEST_F(ReportForms, MarkdownEscapes) {
  EXPECT_NE(to_markdown(report_, summaries_).find("with, comma\\|pipe"), std::string::npos);
}

TEST_F(ReportForms, JsonHoldsRawSamples) {
  const Json json = to_json(report_, summaries_);
  EXPECT_EQ(json.at("schema_version"), 1);
  const Json& row = json.at("races").at(0).at("rows").at(0);
  EXPECT_EQ(row.at("processes").at(2).at("rounds").at(7).at("samples_ns").size(), 5u);
  EXPECT_EQ(json.at("races").at(0).at("rows").at(1).at("failure").at("kind"), "timed out");
}

}  // namespace
}  // namespace headway::bench
