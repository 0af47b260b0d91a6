#include "ops/op_testing.h"

namespace headway {
namespace {

TEST(Softmax, SumsToOneAlongItsAxis) {
  const Tensor x = random_floats({2, 5, 3});
  const Tensor y = run_op("Softmax", {x}, {{"axis", std::int64_t{1}}});
  const Tensor sums = run_op("ReduceSum", {y, ints({1})});
  for (const float sum : sums.values<float>()) EXPECT_NEAR(sum, 1.0f, 1e-6f);
  expect_near(run_op("LogSoftmax", {x}, {{"axis", std::int64_t{1}}}), run_op("Log", {y}));
}

TEST(Softmax, NeitherOverflowsNorUnderflows) {
  const Tensor x = floats({3}, {1000, 1000, -1000});
  expect_near(run_op("Softmax", {x}), floats({3}, {0.5, 0.5, 0}));
  expect_near(run_op("LogSoftmax", {x}), floats({3}, {-0.6931472f, -0.6931472f, -2000.6931f}),
              1e-3);
  expect_near(run_op("Hardmax", {floats({3}, {1, 7, 7})}), floats({3}, {0, 1, 0}));
  expect_error(ErrorCode::kInvalidModel, {"axis 1 is out of range", "rank 1"}, [&] {
    run_op("Softmax", {x}, {{"axis", std::int64_t{1}}});
  });
}

TEST(Reduce, HandComputed) {
  const Tensor x = floats({2, 3}, {1, -2, 3, -4, 5, 6});
  const auto check = [&](const char* op, std::initializer_list<float> wanted) {
    SCOPED_TRACE(op);
    const Attributes attributes = {{"axes", list({-1})}, {"keepdims", std::int64_t{0}}};
    expect_near(run_op(op, {x}, attributes), floats({2}, wanted), 1e-5);
  };
  check("ReduceSum", {2, 7});
  check("ReduceMean", {2.0f / 3, 7.0f / 3});
  check("ReduceMax", {3, 6});
  check("ReduceMin", {-2, -4});
  check("ReduceProd", {-6, -120});
  check("ReduceL1", {6, 15});
  check("ReduceL2", {3.7416574f, 8.7749644f});
  check("ReduceSumSquare", {14, 77});
  check("ReduceLogSum", {0.6931472f, 1.9459101f});
  check("ReduceLogSumExp", {3.1328452f, 6.3133045f});
}

TEST(Reduce, AxesAsInputAsAttributeAndNone) {
  const Tensor x = random_floats({2, 3, 4});
  const Tensor by_input = run_op("ReduceSum", {x, ints({0, 2})});
  expect_near(by_input, run_op("ReduceSum", {x}, {{"axes", list({0, -1})}}));
  EXPECT_EQ(by_input.shape(), (Shape{1, 3, 1}));
  EXPECT_EQ(run_op("ReduceSum", {x}).shape(), (Shape{1, 1, 1}));
  EXPECT_EQ(run_op("ReduceSum", {x}, {{"keepdims", std::int64_t{0}}}).shape(), Shape{});
  expect_near(run_op("ReduceSum", {x}, {{"noop_with_empty_axes", std::int64_t{1}}}), x);
  EXPECT_EQ(OneNode("ReduceMean", {type_of({symbol("N"), 8, symbol("H")})}, {{"axes", list({2})}})
                .infer()
                .to_string(),
            "float32[N,8,1]");
}

TEST(Reduce, IntegersAndEmptyAxes) {
  EXPECT_EQ(to_ints(run_op("ReduceMean", {ints({-3, -4})})).front(), -3);
  EXPECT_EQ(to_ints(run_op("ReduceMax", {ints({-3, -4})})).front(), -3);
  EXPECT_EQ(to_ints(run_op("ReduceL2", {ints({-3, -5})})).front(), 5);
  EXPECT_EQ(to_ints(run_op("ReduceLogSum", {ints({20, 7})})).front(), 3);
  EXPECT_EQ(to_ints(run_op("ReduceLogSum", {ints({20, -12})})).front(), 2);
  EXPECT_EQ(to_ints(run_op("ReduceLogSum", {ints({-7})})).front(), 0);  // Of a NaN.
  EXPECT_EQ(to_ints(run_op("ReduceLogSumExp", {ints({20, 20})})).front(), 20);
  const Tensor empty = Tensor::zeros(DType::kFloat32, {2, 0});
  expect_near(run_op("ReduceSum", {empty, ints({1})}), Tensor::zeros(DType::kFloat32, {2, 1}));
  const Tensor large = floats({2}, {1000, 1000});
  expect_near(run_op("ReduceLogSumExp", {large}), floats({1}, {1000.6931f}), 1e-3);
  expect_error(ErrorCode::kInvalidModel, {"axis 0 is given twice"}, [&] {
    run_op("ReduceSum", {large, ints({0, -1})});
  });
}

TEST(ArgReduce, FirstOrLastExtreme) {
  const Tensor x = floats({2, 3}, {1, 5, 5, 2, 0, 0});
  const Attributes rows = {{"axis", std::int64_t{1}}, {"keepdims", std::int64_t{0}}};
  EXPECT_EQ(to_ints(run_op("ArgMax", {x}, rows)), (std::vector<std::int64_t>{1, 0}));
  EXPECT_EQ(to_ints(run_op("ArgMin", {x}, rows)), (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(to_ints(run_op("ArgMax", {x})), (std::vector<std::int64_t>{1, 0, 0}));
  Attributes last = rows;
  last["select_last_index"] = std::int64_t{1};
  EXPECT_EQ(to_ints(run_op("ArgMax", {x}, last)), (std::vector<std::int64_t>{2, 0}));
}

}  // namespace
}  // namespace headway
