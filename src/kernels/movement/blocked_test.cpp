#include "kernels/movement/blocked.h"

#include "kernels/test_support.h"

namespace headway {
namespace {

class BlockedTest : public EveryIsa {};
HEADWAY_TEST_EVERY_ISA(BlockedTest);

TEST_P(BlockedTest, BlocksAndUnblocksGeneratedShapes) {
  Generator generator(1);
  for (int round = 0; round < 100 && !HasFatalFailure(); ++round) {
    const std::int64_t pixels =
        generator.chance(0.1) ? generator.integer(200, 900) : generator.integer(1, 70);
    const BlockedLayout layout{generator.integer(1, 3), generator.integer(1, 50), 1, pixels,
                               loops().width};
    GuardedFloats plain(layout.batch * layout.channels * pixels);
    GuardedFloats blocked(layout.size());
    GuardedFloats back(plain.size());
    generator.fill(plain);
    generator.fill(blocked);
    block_channels(context(), layout.batch, layout.channels, pixels, plain.data(), blocked.data());

    std::vector<float> expected(static_cast<std::size_t>(layout.size()));
    for (std::int64_t i = 0; i < plain.size(); ++i) {
      const std::int64_t image = i / (layout.channels * pixels);
      const std::int64_t at = layout.at(image, i / pixels % layout.channels, 0, i % pixels);
      expected[static_cast<std::size_t>(at)] = plain[i];
    }
    for (std::int64_t i = 0; i < blocked.size(); ++i) {
      ASSERT_EQ(blocked[i], expected[static_cast<std::size_t>(i)]) << "element " << i;
    }

    layout.spoil_unused(blocked);
    unblock_channels(context(), layout.batch, layout.channels, pixels, blocked.data(), back.data());
    for (std::int64_t i = 0; i < plain.size(); ++i) ASSERT_EQ(back[i], plain[i]) << "element " << i;
  }
}

}  // namespace
}  // namespace headway
