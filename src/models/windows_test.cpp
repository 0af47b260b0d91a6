#include "models/windows.h"

#include <numeric>

#include <gtest/gtest.h>

#include "ops/operator.h"

namespace headway::models {
namespace {

/// 0, 1, 2, … as one channel of a map.
Tensor counted(std::int64_t size) {
  Tensor map = Tensor::allocate(DType::kFloat32, {1, size * size, 1});
  const auto values = map.values<float>();
  std::iota(values.begin(), values.end(), 0.0f);
  return map;
}

/// The map cut, and joined again.
std::vector<Tensor> cut_and_joined(const Windows& windows) {
  ModelBuilder b("windows", {});
  Value* x = b.input("x", {DType::kFloat32, SymbolicShape{1, windows.size * windows.size, 1}});
  b.expect(x, Spread::normal({0}, {1}));
  Value* cut = windows.cut(b, x);
  const Graph graph = b.finish({{cut, "cut"}, {windows.join(b, cut), "joined"}});
  return run_reference(graph, std::vector{counted(windows.size)});
}

std::vector<float> window(const Tensor& cut, std::int64_t index) {
  const auto area = static_cast<std::size_t>(cut.dim(2));
  const auto all = cut.values<float>().subspan(static_cast<std::size_t>(index) * area, area);
  return {all.begin(), all.end()};
}

TEST(Windows, AreNeighboursOrGrids) {
  EXPECT_EQ(window(cut_and_joined({.size = 4, .extent = 2})[0], 1),
            (std::vector<float>{2, 3, 6, 7}));
  EXPECT_EQ(window(cut_and_joined({.size = 4, .extent = 2, .grid = true})[0], 1),
            (std::vector<float>{1, 3, 9, 11}));
}

TEST(Windows, WrapAroundWhenShifted) {
  EXPECT_EQ(window(cut_and_joined({.size = 4, .extent = 2, .shift = 1})[0], 3),
            (std::vector<float>{15, 12, 3, 0}));
}

TEST(Windows, AreFilledUpWithZeros) {
  const std::vector<Tensor> outputs = cut_and_joined({.size = 3, .extent = 2});
  EXPECT_EQ(window(outputs[0], 1), (std::vector<float>{2, 0, 5, 0}));
}

TEST(Windows, JoinToTheMapTheyWereCutFrom) {
  for (const Windows windows :
       {Windows{.size = 6, .extent = 3, .shift = 1}, Windows{.size = 7, .extent = 4, .shift = 2},
        Windows{.size = 9, .extent = 3, .grid = true}}) {
    const Tensor joined = cut_and_joined(windows)[1], map = counted(windows.size);
    EXPECT_TRUE(std::ranges::equal(joined.values<float>(), map.values<float>()));
  }
}

TEST(Windows, MaskWhatOnlyWrappingAroundBroughtTogether) {
  const Tensor mask = Windows{.size = 4, .extent = 2, .shift = 1}.mask();
  EXPECT_EQ(mask.shape(), (Shape{4, 1, 4, 4}));
  const auto values = mask.values<float>();
  // The first window lies within the map, the second beyond its right edge, too.
  for (std::size_t i = 0; i < 16; ++i) EXPECT_EQ(values[i], 0);
  const std::vector<float> second(values.begin() + 16, values.begin() + 20);
  EXPECT_EQ(second, (std::vector<float>{0, -100, 0, -100}));
}

TEST(Windows, RelativePositionsAreRowsOfTheTable) {
  EXPECT_EQ(relative_positions(2), (std::vector<std::int64_t>{4, 3, 1, 0, 5, 4, 2, 1,  //
                                                              7, 6, 4, 3, 8, 7, 5, 4}));
}

}  // namespace
}  // namespace headway::models
