#include "passes/pass_testing.h"
#include "passes/passes.h"

namespace headway {
namespace {

std::string net(const std::string& pads, const std::string& pad, const std::string& conv) {
  return R"(graph net (%x: float32[1,3,5,5]) -> (%y) {
    %w: float32[4,3,3,3] = constant random(1)
    %pads: int64[8] = constant )" +
         pads + R"(
    %zero: float32[] = constant {0.0}
    %one: float32[] = constant {1.0}
    %axes: int64[4] = constant {0, 1, 3, 2}
    %p = )" +
         pad + "\n    %y = " + conv + "\n}\n";
}

const std::string kSpatial = "{0, 0, 1, 2, 0, 0, 3, 0}";

TEST(FoldPad, ZerosAroundTheImageBecomePads) {
  EXPECT_EQ(operators_after(kFoldPad, net(kSpatial, "Pad(%x, %pads)", "Conv(%p, %w)")), "Conv");
  EXPECT_EQ(operators_after(kFoldPad, net(kSpatial, "Pad(%x, %pads, %zero)",
                                          "Conv(%p, %w) {pads = [1, 1, 0, 1]}")),
            "Conv");
}

TEST(FoldPad, LeavesWhatIsNoZeroPadding) {
  EXPECT_EQ(operators_after(kFoldPad, net(kSpatial, "Pad(%x, %pads, %one)", "Conv(%p, %w)")),
            "Pad Conv");
  EXPECT_EQ(
      operators_after(kFoldPad, net(kSpatial, "Pad(%x, %pads) {mode = \"edge\"}", "Conv(%p, %w)")),
      "Pad Conv");
  EXPECT_EQ(
      operators_after(kFoldPad, net("{0, 0, -1, 0, 0, 0, 0, 0}", "Pad(%x, %pads)", "Conv(%p, %w)")),
      "Pad Conv");
}

TEST(FoldPad, LeavesPaddedBatches) {
  EXPECT_EQ(
      operators_after(kFoldPad, net("{1, 0, 1, 1, 0, 0, 1, 1}", "Pad(%x, %pads)", "Conv(%p, %w)")),
      "Pad Conv");
}

TEST(FoldPad, LeavesAutomaticPads) {
  EXPECT_EQ(operators_after(kFoldPad, net(kSpatial, "Pad(%x, %pads)",
                                          "Conv(%p, %w) {auto_pad = \"SAME_UPPER\"}")),
            "Pad Conv");
}

TEST(FoldPad, LeavesReorderedAxes) {
  EXPECT_EQ(
      operators_after(kFoldPad, net(kSpatial, "Pad(%x, %pads, %zero, %axes)", "Conv(%p, %w)")),
      "Pad Conv");
}

}  // namespace
}  // namespace headway
