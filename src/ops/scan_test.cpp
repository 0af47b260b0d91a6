#include "ops/op_testing.h"

namespace headway {
namespace {

TEST(CumSum, ExclusiveAndReverse) {
  const Tensor x = ints({1, 2, 3});
  const Tensor axis = Tensor::from<std::int64_t>({}, {0});
  const std::int64_t on = 1;
  EXPECT_EQ(to_ints(run_op("CumSum", {x, axis})), (std::vector<std::int64_t>{1, 3, 6}));
  EXPECT_EQ(to_ints(run_op("CumSum", {x, axis}, {{"exclusive", on}})),
            (std::vector<std::int64_t>{0, 1, 3}));
  EXPECT_EQ(to_ints(run_op("CumSum", {x, axis}, {{"reverse", on}})),
            (std::vector<std::int64_t>{6, 5, 3}));
}

TEST(TopK, LargestAndSmallestWithTies) {
  const Tensor x = floats({5}, {3, 1, 3, 2, 1});
  const std::vector<Tensor> top = run_all("TopK", {x, ints({3})}, {}, 2);
  expect_near(top[0], floats({3}, {3, 3, 2}));
  EXPECT_EQ(to_ints(top[1]), (std::vector<std::int64_t>{0, 2, 3}));
  const std::vector<Tensor> low =
      run_all("TopK", {x, ints({2})}, {{"largest", std::int64_t{0}}}, 2);
  EXPECT_EQ(to_ints(low[1]), (std::vector<std::int64_t>{1, 4}));
  expect_error(ErrorCode::kInvalidModel, {"top 6", "extent 5"}, [&] {
    run_all("TopK", {x, ints({6})}, {}, 2);
  });
}

TEST(Trilu, UpperAndLower) {
  const Tensor x = floats({2, 3}, {1, 2, 3, 4, 5, 6});
  expect_near(run_op("Trilu", {x}), floats({2, 3}, {1, 2, 3, 0, 5, 6}));
  expect_near(
      run_op("Trilu", {x, Tensor::from<std::int64_t>({}, {-1})}, {{"upper", std::int64_t{0}}}),
      floats({2, 3}, {0, 0, 0, 4, 0, 0}));
}

}  // namespace
}  // namespace headway
