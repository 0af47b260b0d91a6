#include <limits>

#include "ops/op_testing.h"

namespace headway {
namespace {

std::vector<std::int64_t> boxes_selected(std::int64_t most_per_class) {
  const OneNode one("NonMaxSuppression",
                    std::vector<TensorType>{type_of({1, 3, 4}),
                                            type_of({1, 1, 3}),
                                            {DType::kInt64, SymbolicShape{}},
                                            {DType::kFloat32, SymbolicShape{}}});
  const std::vector<Datum> inputs = {
      Tensor::from<float>({1, 3, 4}, {0, 0, 2, 2, 0, 0, 2, 1.9f, 5, 5, 6, 6}),
      Tensor::from<float>({1, 1, 3}, {0.5f, 0.9f, 0.1f}),
      Tensor::from<std::int64_t>({}, {most_per_class}), Tensor::from<float>({}, {0.5f})};
  return to_ints(interpret(one.graph, inputs)[0].tensor());
}

TEST(NonMaxSuppression, KeepsTheBestOfBoxesThatOverlap) {
  const std::vector<std::int64_t> both = {0, 0, 1, 0, 0, 2}, best = {0, 0, 1};
  EXPECT_EQ(boxes_selected(7), both);
  EXPECT_EQ(boxes_selected(1), best);
  EXPECT_TRUE(boxes_selected(0).empty());
}

TEST(NonMaxSuppression, HasNoLimitWhereExportersWriteTheLargestInteger) {
  const std::vector<std::int64_t> both = {0, 0, 1, 0, 0, 2};
  EXPECT_EQ(boxes_selected(std::numeric_limits<std::int64_t>::max()), both);
}

TEST(NonMaxSuppression, OrdersByScoreAndEqualsByIndexWithNanLast) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  Tensor apart = Tensor::allocate(DType::kFloat32, {1, 5, 4});
  for (std::size_t i = 0; i < 20; ++i)
    apart.values<float>()[i] = static_cast<float>(i / 4) * 2 + (i % 4 < 2 ? 0.0f : 1.0f);
  const std::vector<Tensor> inputs = {apart, floats({1, 1, 5}, {1, nan, 2, 1, 2}), ints({9})};
  const Tensor selected = run_op("NonMaxSuppression", inputs);
  std::vector<std::int64_t> boxes;
  for (std::int64_t row = 0; row < selected.dim(0); ++row)
    boxes.push_back(selected.data<std::int64_t>()[row * 3 + 2]);
  EXPECT_EQ(boxes, list({2, 4, 0, 3, 1}));
}

}  // namespace
}  // namespace headway
