#include <algorithm>
#include <fstream>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "departures.h"
#include "families.h"
#include "generate.h"
#include "shrink.h"
#include "tolerance.h"

namespace headway::differential {
namespace {

TEST(Generate, TheSameSeedMakesTheSameCase) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Case first = generate(seed), second = generate(seed);
    ASSERT_EQ(text_of(first), text_of(second));
    ASSERT_FALSE(first.outputs.empty() && !first.nodes.empty()) << text_of(first);
  }
}

TEST(Generate, ReachesEveryFamilyAndManyOperators) {
  std::set<std::string> operators;
  for (std::uint64_t seed = 0; seed < 3000; ++seed)
    for (const CaseNode& node : generate(seed).nodes) operators.insert(node.op_type);
  EXPECT_GT(operators.size(), 140u);
}

Case chain() {
  Builder b(7);
  b.add([](Builder& builder) {
    const ValueId x = builder.input(Tensor::from<float>({2, 3}, {1, 2, 3, 4, 5, 6}));
    const ValueId y = builder.node("Relu", {x});
    const ValueId z = builder.node("Transpose", {y}, {{"perm", Ints{1, 0}}});
    builder.node("Exp", {builder.node("Neg", {z})});
  });
  return b.finish();
}

TEST(Shrink, KeepsOneNodeAndOneElementOfWhatIsNeeded) {
  const Case small = shrink(chain(), [](const Case& c) {
    return std::ranges::any_of(c.nodes, [](const CaseNode& n) { return n.op_type == "Transpose"; });
  });
  ASSERT_EQ(small.nodes.size(), 1u);
  EXPECT_EQ(small.nodes[0].op_type, "Transpose");
  EXPECT_TRUE(small.nodes[0].attributes.empty());
  EXPECT_EQ(small.values[static_cast<std::size_t>(inputs_of(small).at(0))].tensor.shape(),
            (Shape{1, 1}));
}

TEST(Slack, IsNoneWhereNothingIsRoundedAndLittleElsewhere) {
  Case moved = chain();
  const double rounded = slack_of(moved, false).back().data<double>()[0];
  EXPECT_GT(rounded, 0.0);
  EXPECT_LT(rounded, 1e-5);
  moved.outputs = {moved.nodes[2].outputs[0]};  // Neg
  const Tensor none = slack_of(moved, false).at(0);
  for (const double slack : none.values<double>()) EXPECT_EQ(slack, 0.0);
}

TEST(Departures, MatchKindTextAndSentence) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "departures.txt";
  std::ofstream(file) << "# heading\nvalues  *= Clip(* is inf and not *  it clips\n";
  Departures departures = Departures::read(file);
  const Finding finding{"values", "reference", "number 0 is inf and not 3"};
  EXPECT_NE(departures.explain(finding, "%y: float32[] = Clip(%x)"), nullptr);
  EXPECT_EQ(departures.explain(finding, "%y: float32[] = Relu(%x)"), nullptr);
  EXPECT_EQ(departures.entries.at(0).met, 1u);
  std::ofstream(file) << "values  without a reason\n";
  EXPECT_THROW(Departures::read(file), Error);
}

}  // namespace
}  // namespace headway::differential
