#include "backends/tuner.h"

#include <array>
#include <fstream>

#include <gtest/gtest.h>

#include "base/test_folder.h"

namespace headway {
namespace {

using namespace std::string_view_literals;

constexpr std::array kCandidates = {"direct"sv, "winograd 4x4"sv, "winograd 6x6"sv};

double never(std::size_t) {
  ADD_FAILURE() << "nothing should be measured";
  return 0;
}

TEST(Tuner, TakesTheFirstWhereItMayNotMeasure) {
  Tuner tuner({}, false);
  EXPECT_EQ(tuner.choose("a", kCandidates, never), 0U);
}

TEST(Tuner, TakesTheFastestAndRemembersIt) {
  const TestFolder folder;
  const auto file = folder / "cache" / "tuning";
  Tuner tuner(file, true);
  const std::array seconds = {3.0, 1.0, 2.0};
  EXPECT_EQ(tuner.choose("a", kCandidates, [&](std::size_t i) { return seconds[i]; }), 1U);
  EXPECT_EQ(tuner.choose("a", kCandidates, never), 1U);
  EXPECT_TRUE(tuner.save());
  EXPECT_EQ(Tuner(file, true).choose("a", kCandidates, never), 1U);
  EXPECT_EQ(Tuner(file, false).choose("a", kCandidates, never), 1U);
}

TEST(Tuner, KeepsWhatOthersWroteMeanwhile) {
  const TestFolder folder;
  const auto file = folder / "tuning";
  Tuner one(file, true), other(file, true);
  one.choose("a", kCandidates, [](std::size_t i) { return i == 2 ? 0.5 : 1.0; });
  other.choose("b", kCandidates, [](std::size_t i) { return i == 1 ? 0.5 : 1.0; });
  EXPECT_TRUE(one.save());
  EXPECT_TRUE(other.save());
  Tuner reader(file, false);
  EXPECT_EQ(reader.choose("a", kCandidates, never), 2U);
  EXPECT_EQ(reader.choose("b", kCandidates, never), 1U);
}

TEST(Tuner, RepeatsWhatAnotherHasChosen) {
  Tuner tuner({}, true);
  tuner.choose("here a", kCandidates, [](std::size_t i) { return i == 2 ? 0.5 : 1.0; });
  tuner.choose("here b", kCandidates, [](std::size_t i) { return i == 0 ? 0.5 : 1.0; });
  tuner.choose("there c", kCandidates, [](std::size_t i) { return i == 1 ? 0.5 : 1.0; });
  EXPECT_EQ(tuner.chosen("here "), "a\twinograd 6x6\nb\tdirect\n");
  Tuner again(tuner.chosen("here "));
  EXPECT_FALSE(again.may_measure());
  EXPECT_EQ(again.choose("a", kCandidates, never), 2U);
  EXPECT_EQ(again.choose("b", kCandidates, never), 0U);
  EXPECT_EQ(again.choose("c", kCandidates, never), 0U);
}

TEST(Tuner, SaysWhatItTookUnmeasured) {
  Tuner tuner({}, false);
  tuner.choose("a", kCandidates, never);
  EXPECT_EQ(tuner.chosen(""), "a\tdirect\n");
}

TEST(Tuner, IgnoresAForeignFileAndUnknownNames) {
  const TestFolder folder;
  const auto file = folder / "tuning";
  std::ofstream(file) << "something else\na\twinograd 4x4\n";
  EXPECT_EQ(Tuner(file, false).choose("a", kCandidates, never), 0U);
  std::ofstream(file) << "headway tuning 1\na\tmagic\nno tab\nb\twinograd 6x6\n";
  EXPECT_EQ(Tuner(file, false).choose("a", kCandidates, never), 0U);
  EXPECT_EQ(Tuner(file, false).choose("b", kCandidates, never), 2U);
}

TEST(Tuner, AFileThatCannotBeWrittenCostsNothingElse) {
  const TestFolder folder;
  std::ofstream(folder / "file") << "";
  Tuner tuner(folder / "file" / "tuning", true);
  EXPECT_EQ(tuner.choose("a", kCandidates, [](std::size_t i) { return i == 1 ? 0.5 : 1.0; }), 1U);
  EXPECT_FALSE(tuner.save());
}

}  // namespace
}  // namespace headway
