#include "bench/comparison.h"

#include <gtest/gtest.h>

#include "base/test_error.h"
#include "base/test_folder.h"
#include "bench/bench_testing.h"
#include "bench/report.h"
#include "bench/summary.h"
#include "bench/table.h"

namespace headway::bench {
namespace {

class ComparisonTest : public testing::Test {
 protected:
  /// A report of one race as --export-json writes it, read again.
  SavedReport saved(const std::string& model, std::vector<RowResult> rows, int threads = 1,
                    const std::string& cpu = "Fast CPU") {
    Report report;
    report.headway_version = "0.1.0";
    report.date = "2026-11-25T00:00:00Z";
    report.machine.cpu = cpu;
    report.machine.processors = 2;
    report.races = {race_of(std::move(rows))};
    report.races[0].model.name = model;
    report.races[0].options.threads = threads;
    const Summaries summaries = {summarize(report.races[0])};
    const auto file = folder_.write(model + ".json", to_json(report, summaries).dump());
    return read_saved_report(file, false);
  }

  static std::vector<RowResult> rows(std::int64_t headway, std::int64_t other) {
    return {steady_row("onnxruntime", other), steady_row("headway", headway)};
  }

  template <typename... Reports>
  static Comparison compare(Reports... reports) {
    std::vector<SavedReport> all;
    (all.push_back(std::move(reports)), ...);
    return compare_reports(std::move(all), {});
  }

  TestFolder folder_;
};

TEST_F(ComparisonTest, TakesRatiosFromTheSamplesAndTheirGeometricMean) {
  const Comparison comparison =
      compare(saved("a", rows(1'000'000, 2'000'000)), saved("b", rows(4'000'000, 2'000'000)),
              saved("c", rows(1'000'000, 8'000'000)));
  ASSERT_EQ(comparison.races.size(), 1u);
  const ComparedRaces& races = comparison.races[0];
  ASSERT_EQ(races.models.size(), 3u);
  EXPECT_NEAR(races.models[0].ratios[kAgainst]->estimate, 0.5, 1e-9);
  EXPECT_NEAR(races.models[1].ratios[kAgainst]->estimate, 2, 1e-9);
  EXPECT_FALSE(races.models[0].ratios[kSubject].has_value());
  EXPECT_NEAR(races.means[kAgainst]->estimate, 0.5, 1e-9);
  EXPECT_NEAR(*races.models[0].memory, 1, 1e-12);
  EXPECT_NEAR(*races.models[0].start, 3.05 / 6.05, 1e-9);
  EXPECT_NE(to_text(comparison, false)
                .find("headway ÷ onnxruntime: 0.500× [0.500, 0.500], the geometric mean over 3 of "
                      "3 models\n"),
            std::string::npos)
      << to_text(comparison, false);
}

TEST_F(ComparisonTest, PutsTheSlowestFirstIfAsked) {
  std::vector<SavedReport> reports;
  reports.push_back(saved("a", rows(1'000'000, 2'000'000)));
  reports.push_back(saved("b", rows(4'000'000, 2'000'000)));
  const Comparison comparison = compare_reports(std::move(reports), {.slowest_first = true});
  EXPECT_EQ(comparison.races[0].models[0].model, "b");
  EXPECT_EQ(comparison.races[0].models[1].model, "a");
}

TEST_F(ComparisonTest, LeavesOutWhatFailedAndSaysSo) {
  std::vector<RowResult> failed = rows(1'000'000, 2'000'000);
  failed[1].failure = RowFailure{FailureKind::kCrashed, "it was killed"};
  std::vector<RowResult> wrong = rows(1'000'000, 2'000'000);
  wrong[0].agreement->within = false;
  const Comparison comparison =
      compare(saved("good", rows(3'000'000, 2'000'000)), saved("failed", failed),
              saved("wrong", wrong), saved("alone", {steady_row("headway", 1'000'000)}));
  const ComparedRaces& races = comparison.races[0];
  EXPECT_NEAR(races.means[kAgainst]->estimate, 1.5, 1e-9);
  EXPECT_EQ(models_without(races, kAgainst),
            (std::vector<std::string>{"failed", "wrong", "alone"}));
  for (const std::string& text : {to_text(comparison, false), to_markdown(comparison)}) {
    EXPECT_NE(text.find("over 1 of 4 models (without failed, wrong, alone)"), std::string::npos)
        << text;
    EXPECT_NE(text.find("disagrees"), std::string::npos) << text;
  }
}

TEST_F(ComparisonTest, SaysSoIfNothingCanBeCompared) {
  std::vector<RowResult> missing = rows(1'000'000, 2'000'000);
  missing[0] = RowResult();
  missing[0].spec.id = missing[0].spec.title = "onnxruntime";
  missing[0].failure = RowFailure{FailureKind::kMissing, "not installed"};
  const std::string text = to_text(compare(saved("a", missing)), false);
  EXPECT_NE(text.find("missing"), std::string::npos) << text;
  EXPECT_NE(text.find("– –, the geometric mean over 0 of 1 model (without a)"), std::string::npos)
      << text;
}

TEST_F(ComparisonTest, OneTableForEachThreadCountAndMachine) {
  const Comparison comparison =
      compare(saved("a", rows(2'000'000, 2'000'000), 2), saved("a", rows(1'000'000, 2'000'000), 1),
              saved("a", rows(1'000'000, 4'000'000), 1, "Slow CPU"));
  ASSERT_EQ(comparison.races.size(), 3u);
  EXPECT_EQ(comparison.races[0].threads, 1);
  EXPECT_EQ(comparison.races[1].threads, 2);
  EXPECT_EQ(comparison.races[2].machine, "Slow CPU · 2 processors");
  EXPECT_NE(to_text(comparison, false).find("batch 1 · 1 thread · cpu · Slow CPU"),
            std::string::npos);
}

TEST_F(ComparisonTest, OtherRuntimesFollowTheTwoThatCount) {
  std::vector<RowResult> three = rows(1'000'000, 2'000'000);
  three.insert(three.begin(), steady_row("pytorch-eager", 4'000'000));
  const Comparison comparison = compare(saved("a", three));
  ASSERT_EQ(comparison.runtimes.size(), 3u);
  EXPECT_EQ(comparison.runtimes[kSubject].id, "headway");
  EXPECT_EQ(comparison.runtimes[kAgainst].id, "onnxruntime");
  EXPECT_NEAR(comparison.races[0].means[2]->estimate, 0.25, 1e-9);
  const Json json = to_json(comparison);
  EXPECT_EQ(json.at("races").at(0).at("geometric_means").at(0).at("runtime"), "onnxruntime");
  const Json& last = json.at("races").at(0).at("models").at(0).at("rows").at(2);
  EXPECT_NEAR(last.at("subject_ratio").at("estimate").get<double>(), 0.25, 1e-9);
}

TEST_F(ComparisonTest, RefusesWhatItCannotCompare) {
  const auto message = [&](auto&& action) {
    return error_message(ErrorCode::kInvalidArgument, action);
  };
  EXPECT_NE(message([&] {
              compare(saved("a", {steady_row("headway", 1), steady_row("b", 1)}));
            }).find("no row 'onnxruntime'"),
            std::string::npos);
  EXPECT_NE(message([&] {
              compare(saved("a", rows(1, 2)), saved("a", rows(1, 2)));
            }).find("give each race once"),
            std::string::npos);
  std::vector<SavedReport> one;
  one.push_back(saved("a", rows(1, 2)));
  EXPECT_NE(message([&] {
              compare_reports(one, {"headway", "headway"});
            }).find("itself"),
            std::string::npos);
}

TEST_F(ComparisonTest, RefusesFilesThatAreNoReports) {
  const auto read = [](const std::filesystem::path& file) {
    return [file] { read_saved_report(file, false); };
  };
  error_message(ErrorCode::kNotFound, read(folder_ / "none.json"));
  error_message(ErrorCode::kInvalidModel, read(folder_.write("cut.json", "{\"races\": [")));
  error_message(ErrorCode::kInvalidModel, read(folder_.write("list.json", "[1]")));
  error_message(ErrorCode::kUnsupported,
                read(folder_.write("new.json", R"({"schema_version": 2, "races": []})")));
  const std::string message = error_message(
      ErrorCode::kInvalidModel,
      read(folder_.write("odd.json", R"({"schema_version": 1, "races": 3, "context": []})")));
  EXPECT_NE(message.find("odd.json"), std::string::npos) << message;
}

}  // namespace
}  // namespace headway::bench
