#include "passes/pipeline.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "passes/pass_testing.h"

namespace headway {
namespace {

const std::string kBlock = R"(graph net (%x: float32[N,4,6,6]) -> (%y) {
  %w: float32[4,4,3,3] = constant random(1)
  %s: float32[4] = constant random(2)
  %v: float32[4] = constant splat(0.7)
  %c = Conv(%x, %w) {pads = [1, 1, 1, 1]}
  %n = BatchNormalization(%c, %s, %s, %s, %v)
  %r = Relu(%n)
  %d = Conv(%r, %w) {pads = [1, 1, 1, 1]}
  %m = BatchNormalization(%d, %s, %s, %s, %v)
  %i = Identity(%m)
  %a = Add(%i, %x)
  %y = Relu(%a)
})";

TEST(Pipeline, AResidualBlockBecomesTwoNodes) {
  const Graph before = typed_graph(kBlock);
  Graph after = before.clone();
  optimize(after, {.verify = true});
  EXPECT_EQ(operators_of(after), "FusedConv FusedConv");
  EXPECT_EQ(after.outputs()[0]->name(), "y");
  const auto inputs = random_inputs(before, 1);
  expect_close(run_reference(after, inputs)[0], run_reference(before, inputs)[0], 1e-5);
}

TEST(Pipeline, RunsAgainWithoutEffect) {
  Graph graph = typed_graph(kBlock);
  optimize(graph, {});
  for (const PassReport& report : optimize(graph, {})) EXPECT_EQ(report.patches, 0u) << report.name;
}

TEST(Pipeline, LeavesOutWhatIsDisabled) {
  Graph graph = typed_graph(kBlock);
  optimize(graph, {.disabled = {"fold-batch-norm", "fuse-residual"}});
  EXPECT_EQ(operators_of(graph), "Conv FusedBatchNormalization Conv BatchNormalization Add Relu");
}

TEST(Pipeline, ReportsEveryPassInOrder) {
  Graph graph = typed_graph(kBlock);
  const auto reports = optimize(graph, {});
  ASSERT_EQ(reports.size(), pipeline().size());
  for (std::size_t i = 0; i < reports.size(); ++i) EXPECT_EQ(reports[i].name, pipeline()[i]->name);
}

TEST(Pipeline, DumpsTheGraphAfterEveryPass) {
  std::string name = testing::TempDir() + "headway_dump_XXXXXX";
  const std::filesystem::path folder = mkdtemp(name.data());
  Graph graph = typed_graph(kBlock);
  optimize(graph, {.dump_folder = folder});
  std::ifstream last(folder / (std::to_string(pipeline().size()) + "-fuse-activation.txt"));
  const std::string text((std::istreambuf_iterator<char>(last)), {});
  EXPECT_EQ(text, print_graph(graph));
  EXPECT_TRUE(std::filesystem::exists(folder / "06-fold-constants.txt"));
  std::filesystem::remove_all(folder);
}

TEST(Pipeline, ReadsTheEnvironment) {
  setenv("HEADWAY_PASSES", "-fold-pad,-fuse-bias", 1);
  setenv("HEADWAY_DUMP_PASSES", "/somewhere", 1);
  const PassOptions options = PassOptions::from_environment();
  unsetenv("HEADWAY_PASSES");
  unsetenv("HEADWAY_DUMP_PASSES");
  EXPECT_EQ(options.disabled, (std::set<std::string, std::less<>>{"fold-pad", "fuse-bias"}));
  EXPECT_EQ(options.dump_folder, "/somewhere");
}

TEST(Pipeline, RefusesUnknownPasses) {
  setenv("HEADWAY_PASSES", "fold-pad", 1);
  EXPECT_THROW(PassOptions::from_environment(), Error);
  setenv("HEADWAY_PASSES", "-fold-pods", 1);
  EXPECT_THROW(PassOptions::from_environment(), Error);
  unsetenv("HEADWAY_PASSES");
}

}  // namespace
}  // namespace headway
