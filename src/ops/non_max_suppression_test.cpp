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

}  // namespace
}  // namespace headway
