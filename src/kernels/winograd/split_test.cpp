#include "kernels/winograd/split.h"

#include "kernels/test_support.h"

namespace headway {
namespace {

ConvShape square(std::int64_t in_channels, std::int64_t extent, std::int64_t out_channels) {
  ConvShape s{.in_channels = in_channels, .in_height = extent, .in_width = extent};
  s.out_channels = out_channels;
  s.out_height = s.out_width = extent;
  s.kernel_height = s.kernel_width = 3;
  s.pad_top = s.pad_left = 1;
  return s;
}

TEST(WinogradSplit, GivesEveryWorkerSomething) {
  Generator generator(1);
  for (int round = 0; round < 2000; ++round) {
    ConvShape s =
        square(generator.integer(1, 700), generator.integer(1, 60), generator.integer(1, 700));
    s.batch = generator.integer(1, 4);
    const int tile = static_cast<int>(2 * generator.integer(1, 3));
    const WinogradForm form(tile, tile == 4 && generator.chance(0.5));
    const int threads = static_cast<int>(generator.integer(1, 64));
    const InnerLoops& loops = inner_loops(Isa::kPortable);
    const WinogradSplit split = split_winograd(s, form, loops, threads);
    const std::int64_t extent = (s.out_height + tile - 1) / tile;
    const std::int64_t tiles = s.batch * extent * extent;
    const std::int64_t vectors = (s.out_channels + loops.width - 1) / loops.width;
    const std::int64_t groups = form.half ? vectors : (vectors + 1) / 2;
    SCOPED_TRACE(testing::Message()
                 << s.batch << "x" << s.in_channels << "x" << s.in_height << " -> "
                 << s.out_channels << ", tile " << tile << ", " << threads << " threads");
    ASSERT_GE(split.workers, 1);
    ASSERT_LE(split.workers, threads);
    ASSERT_LE(split.chunks * split.parts, tiles);
    ASSERT_LE(split.workers, split.shared ? groups * split.parts : split.chunks);
    ASSERT_GE(split.gathered, 1);
    ASSERT_LE(split.gathered, groups);
    ASSERT_GT(split.cycles, 0);
  }
}

TEST(WinogradSplit, CostFollowsTheArithmetic) {
  const InnerLoops& loops = inner_loops(Isa::kPortable);
  const auto cost = [&](const ConvShape& s, WinogradForm form, int threads) {
    return winograd_cost(s, form, loops, threads);
  };
  const ConvShape large = square(128, 112, 128);
  EXPECT_LT(cost(large, 4, 1), cost(large, 2, 1));
  EXPECT_LT(cost(large, 6, 1), cost(large, 4, 1));
  EXPECT_LT(cost(large, 6, 2), 0.6 * cost(large, 6, 1));
  EXPECT_LT(cost(square(512, 7, 512), 2, 1), cost(square(512, 7, 512), 6, 1));
  const WinogradForm half(4, true);
  EXPECT_LT(cost(large, 4, 1), cost(large, half, 1));
  const InnerLoops& wide = inner_loops(detect_cpu().best_isa());
  if (wide.width < 16) GTEST_SKIP() << "half transformed weights need more registers";
  const ConvShape deep = square(512, 14, 512);
  EXPECT_LT(winograd_cost(deep, half, wide, 2), winograd_cost(deep, 2, wide, 2));
  EXPECT_LT(winograd_cost(deep, half, wide, 2), winograd_cost(deep, 4, wide, 2));
}

}  // namespace
}  // namespace headway
