#include <fstream>

#include <gtest/gtest.h>

#include "base/test_error.h"
#include "base/test_folder.h"
#include "conformance/report.h"

namespace headway::conformance {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

TEST(Cases, AreFoundAtAnyDepthWithTheirTolerances) {
  const TestFolder folder;
  write(folder.path() / "node/test_b/model.onnx", "");
  write(folder.path() / "node/test_b/test_data_set_0/input_0.pb", "");
  write(folder.path() / "node/test_b/test_data_set_0/input_1.pb", "");
  write(folder.path() / "node/test_b/test_data_set_0/output_0.pb", "");
  write(folder.path() / "test_a/model.onnx", "");
  write(folder.path() / "test_a/data.json", R"({"rtol": 0.5})");
  fs::create_directories(folder.path() / "test_a/test_data_set_0");
  write(folder.path() / "test_without_data/model.onnx", "");

  const std::vector<Case> cases = find_cases(parse_data("mine=" + folder.path().string()));
  ASSERT_EQ(cases.size(), 2u);
  EXPECT_EQ(cases[0].name, "mine/node/test_b");
  EXPECT_EQ(cases[0].rtol, 1e-3);
  EXPECT_EQ(cases[1].name, "mine/test_a");
  EXPECT_EQ(cases[1].rtol, 0.5);
  EXPECT_EQ(cases[1].atol, 1e-7);
  const std::vector<DataSet> sets = data_sets_of(cases[0]);
  ASSERT_EQ(sets.size(), 1u);
  EXPECT_EQ(sets[0].inputs.size(), 2u);
  EXPECT_EQ(sets[0].outputs.size(), 1u);
}

TEST(Data, IsLabelledWithItsNameUnlessToldOtherwise) {
  const TestFolder folder;
  fs::create_directories(folder.path() / "original");
  fs::create_directory_symlink(folder.path() / "original", folder.path() / "copy");
  const std::string copy = (folder.path() / "copy").string();
  EXPECT_EQ(parse_data(copy).label, "copy");
  EXPECT_EQ(parse_data(copy + "/").label, "copy");
  EXPECT_EQ(parse_data("mine=" + copy).label, "mine");
  error_message(ErrorCode::kNotFound, [&] { parse_data(copy + "/nowhere"); });
}

TEST(Exclusions, MatchByPatternAndPath) {
  const TestFolder folder;
  const fs::path file = folder.path() / "exclusions.txt";
  write(file, "# heading\n\n*/node/test_a*  optimized  because of a reason\n");
  const Exclusions exclusions = Exclusions::read(file);
  EXPECT_EQ(exclusions.heading, "# heading\n\n");
  ASSERT_NE(exclusions.find("x/node/test_abs", "avx2"), nullptr);
  EXPECT_EQ(exclusions.find("x/node/test_abs", "avx2")->reason, "because of a reason");
  EXPECT_EQ(exclusions.find("x/node/test_abs", "reference"), nullptr);
  EXPECT_EQ(exclusions.find("x/node/test_b", "avx2"), nullptr);

  write(file, "*/node/test_a  all\n");
  const std::string message =
      error_message(ErrorCode::kInvalidArgument, [&] { Exclusions::read(file); });
  EXPECT_NE(message.find("exclusions.txt:1"), std::string::npos) << message;
}

struct Results {
  std::vector<Case> cases;
  std::vector<Result> all;

  explicit Results(std::initializer_list<const char*> names) {
    for (const char* name : names) cases.push_back({name, "/somewhere", 0, 0});
  }
  void add(std::size_t test, const char* path, const char* problem) {
    all.push_back({&cases[test], path, problem});
  }
};

TEST(Verdict, FailsForUnknownFailuresAndForStaleExclusions) {
  Results results({"x/a", "x/b", "x/c"});
  results.add(0, "reference", "");
  results.add(1, "reference", "it is wrong");
  results.add(2, "reference", "it is wrong");
  Exclusions exclusions;
  exclusions.entries = {{"*/a", "all", "r"}, {"*/c", "all", "r"}};
  const Verdict verdict = judge(results.all, exclusions);
  ASSERT_EQ(verdict.stale.size(), 1u);
  EXPECT_EQ(verdict.stale[0]->test->name, "x/a");
  ASSERT_EQ(verdict.failed.size(), 1u);
  EXPECT_EQ(verdict.failed[0]->test->name, "x/b");
}

TEST(Update, KeepsWhatIsNeededAndAddsTheRest) {
  Results results({"x/a", "x/b", "y/b", "x/c"});
  for (const char* path : {"reference", "avx2"}) {
    results.add(0, path, "");
    results.add(1, path, "'/somewhere/model.onnx': node 'n' is odd");
    results.add(2, path, "it fails");
  }
  results.add(3, "reference", "");
  results.add(3, "avx2", "c differs");
  Exclusions exclusions;
  exclusions.entries = {{"x/a", "all", "old"}, {"y/b", "all", "kept"}};
  const Exclusions now = updated(results.all, exclusions);
  ASSERT_EQ(now.entries.size(), 3u);
  EXPECT_EQ(now.entries[0].pattern, "*/c");
  EXPECT_EQ(now.entries[0].path, "optimized");
  EXPECT_EQ(now.entries[1].pattern, "x/b");
  EXPECT_EQ(now.entries[1].path, "all");
  EXPECT_EQ(now.entries[1].reason, "node 'n' is odd");
  EXPECT_EQ(now.entries[2].reason, "kept");
  EXPECT_TRUE(judge(results.all, now).all_is_well());
}

TEST(Run, ACaseThatCannotBeReadCostsOnlyItself) {
  const TestFolder folder;
  write(folder.path() / "bad/model.onnx", "nonsense");
  fs::create_directories(folder.path() / "bad/test_data_set_0");
  const std::vector<Case> cases = find_cases(parse_data("x=" + folder.path().string()));
  const std::vector<std::string> paths = all_paths();
  const std::vector<Result> results = run_all(cases, paths, 2);
  ASSERT_EQ(results.size(), paths.size());
  for (const Result& result : results) EXPECT_FALSE(result.passed()) << result.path;
}

}  // namespace
}  // namespace headway::conformance
