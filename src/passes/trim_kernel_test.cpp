#include "passes/pass_testing.h"
#include "passes/passes.h"

namespace headway {
namespace {

/// The weights' shape after the pass, which must not change what is computed.
std::string kernel_after(const std::string& image, const std::string& kernel,
                         const std::string& attributes) {
  std::string shape;
  operators_after(
      [&](Graph& graph) {
        apply(kTrimKernel, graph);
        infer_types(graph);
        const Node& conv = *graph.outputs()[0]->producer();
        shape = to_string(conv.input(1)->type.static_shape().value());
      },
      "graph net (%x: float32[1,2," + image + "]) -> (%y) {\n  %w: float32[3,2," + kernel +
          "] = constant random(1)\n  %y = Conv(%x, %w) {" + attributes + "}\n}\n");
  return shape;
}

TEST(TrimKernel, DropsTapsThatOnlySeePadding) {
  EXPECT_EQ(kernel_after("6,6", "3,3", "dilations = [6, 6], pads = [6, 6, 6, 6]"), "3x2x1x1");
  EXPECT_EQ(kernel_after("6,9", "3,3", "dilations = [8, 8], pads = [8, 8, 8, 8]"), "3x2x1x3");
  EXPECT_EQ(kernel_after("4,4", "5,1", "dilations = [2, 1], pads = [4, 0, 4, 0]"), "3x2x3x1");
  EXPECT_EQ(kernel_after("7", "3", "dilations = [9], pads = [9, 9], strides = [2]"), "3x2x1");
}

TEST(TrimKernel, KeepsTapsThatReachTheImage) {
  EXPECT_EQ(kernel_after("6,6", "3,3", "dilations = [5, 5], pads = [5, 5, 5, 5]"), "3x2x3x3");
  EXPECT_EQ(kernel_after("6,6", "3,3", "pads = [1, 1, 1, 1]"), "3x2x3x3");
  EXPECT_EQ(kernel_after("8", "2", "dilations = [5], pads = [2, 0]"), "3x2x2");
}

TEST(TrimKernel, KeepsOneOfTapsThatNeverDo) {
  EXPECT_EQ(kernel_after("2", "1", "pads = [9, 0]"), "3x2x1");
}

}  // namespace
}  // namespace headway
