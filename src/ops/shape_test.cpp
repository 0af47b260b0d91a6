#include "ops/op_testing.h"

namespace headway {
namespace {

std::string reshaped(std::vector<Dim> from, std::initializer_list<std::int64_t> target,
                     Attributes attributes = {}) {
  Graph graph;
  Value* x = graph.add_input("x", type_of(std::move(from)));
  Value* shape = graph.add_constant("shape", ints(target));
  Node* node = graph.add_node("Reshape", {x, shape}, {"y"}, std::move(attributes), "it");
  graph.add_output(node->output());
  infer_types(graph);
  return node->output()->type.to_string();
}

TEST(Reshape, InfersTheOpenExtent) {
  EXPECT_EQ(reshaped({2, 3, 4}, {4, -1}), "float32[4,6]");
  EXPECT_EQ(reshaped({2, 3, 4}, {0, -1}), "float32[2,12]");
  EXPECT_EQ(reshaped({symbol("N"), 3, 4}, {0, -1}), "float32[N,12]");
  EXPECT_EQ(reshaped({symbol("N"), 3, 4}, {-1, 12}), "float32[N,12]");
  EXPECT_EQ(reshaped({symbol("N"), 3, 4}, {-1}), "float32[?]");
  EXPECT_EQ(reshaped({0, 3}, {-1, 3}), "float32[0,3]");
  EXPECT_EQ(reshaped({0, 12}, {0, -1, 4}), "float32[0,3,4]");
  EXPECT_EQ(reshaped({symbol("N"), 0, 6}, {0, 0, -1, 2}), "float32[N,0,3,2]");
  EXPECT_EQ(reshaped({0, 3}, {3, 0}, {{"allowzero", std::int64_t{1}}}), "float32[3,0]");
}

TEST(Reshape, CopiesExtentsThatAreNotKnown) {
  EXPECT_EQ(reshaped({Dim(), 3}, {0, 3}), "float32[?,3]");
  EXPECT_EQ(reshaped({Dim()}, {0}), "float32[?]");
}

TEST(Reshape, RefusesWhatDoesNotFit) {
  const ErrorCode bad = ErrorCode::kInvalidModel;
  expect_error(bad, {"'it'", "[2,3]", "[4,2]"}, [] { reshaped({2, 3}, {4, 2}); });
  expect_error(bad, {"cannot be reshaped"}, [] { reshaped({2, 3}, {4, -1}); });
  expect_error(bad, {"more than one -1"}, [] { reshaped({2, 3}, {-1, -1}); });
  expect_error(bad, {"extent -2"}, [] { reshaped({2, 3}, {-2, 3}); });
  expect_error(bad, {"copies axis 2"}, [] { reshaped({2, 3}, {2, 3, 0}); });
}

TEST(Flatten, SplitsAtItsAxis) {
  const auto infer = [](std::vector<Dim> dims, std::int64_t axis) {
    return OneNode("Flatten", {type_of(dims)}, {{"axis", axis}}).infer().to_string();
  };
  EXPECT_EQ(infer({symbol("N"), 3, 4}, 1), "float32[N,12]");
  EXPECT_EQ(infer({2, 3, 4}, -1), "float32[6,4]");
  EXPECT_EQ(infer({2, 3, 4}, 0), "float32[1,24]");
  EXPECT_EQ(infer({2, 3, 4}, 3), "float32[24,1]");
  expect_error(ErrorCode::kInvalidModel, {"axis 4 is out of range"}, [&] { infer({2, 3, 4}, 4); });
}

TEST(Squeeze, RemovesOnesAndUnsqueezeInsertsThem) {
  const Tensor x = random_floats({1, 3, 1});
  EXPECT_EQ(run_op("Squeeze", {x}).shape(), (Shape{3}));
  EXPECT_EQ(run_op("Squeeze", {x, ints({-1})}).shape(), (Shape{1, 3}));
  EXPECT_EQ(run_op("Unsqueeze", {x, ints({0, -1})}).shape(), (Shape{1, 1, 3, 1, 1}));
  expect_error(ErrorCode::kInvalidModel, {"axis 1", "does not have extent 1"}, [&] {
    run_op("Squeeze", {x, ints({1})});
  });
  expect_error(ErrorCode::kInvalidModel, {"given twice"}, [&] {
    run_op("Unsqueeze", {x, ints({0, 0})});
  });
}

TEST(Expand, RepeatsAndRefuses) {
  const Tensor x = floats({2, 1}, {1, 2});
  expect_near(run_op("Expand", {x, ints({2, 1, 3})}),
              floats({2, 2, 3}, {1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2}));
  EXPECT_EQ(run_op("Expand", {x, ints({1})}).shape(), (Shape{2, 1}));
  expect_error(ErrorCode::kInvalidModel, {"broadcast"}, [&] {
    run_op("Expand", {x, ints({3, 1})});
  });
}

TEST(Shape, RangeAndSize) {
  const Tensor x = random_floats({2, 3, 4});
  EXPECT_EQ(to_ints(run_op("Shape", {x})), (std::vector<std::int64_t>{2, 3, 4}));
  EXPECT_EQ(to_ints(run_op("Shape", {x}, {{"start", std::int64_t{-2}}})),
            (std::vector<std::int64_t>{3, 4}));
  EXPECT_EQ(to_ints(run_op("Shape", {x}, {{"start", std::int64_t{2}}, {"end", std::int64_t{1}}})),
            std::vector<std::int64_t>{});
  EXPECT_EQ(to_ints(run_op("Size", {x})).front(), 24);
}

TEST(Dropout, PassesItsInputThrough) {
  const Tensor x = random_floats({5});
  const std::vector<Tensor> y = run_all("Dropout", {x}, {}, 2);
  expect_near(y[0], x, 0.0);
  EXPECT_EQ(to_ints(y[1]), (std::vector<std::int64_t>{1, 1, 1, 1, 1}));
  expect_error(ErrorCode::kUnsupported, {"training_mode"}, [&] {
    run_op("Dropout", {x, floats({}, {0.5}), Tensor::from<bool>({}, {true})});
  });
}

TEST(Create, ConstantsRangesAndOneHot) {
  EXPECT_EQ(to_ints(run_op("Constant", {}, {{"value_ints", list({4, 5})}})),
            (std::vector<std::int64_t>{4, 5}));
  expect_near(run_op("Constant", {}, {{"value_float", 2.5f}}), floats({}, {2.5}));
  expect_error(ErrorCode::kInvalidModel, {"exactly one value"}, [] { run_op("Constant", {}); });
  expect_near(run_op("ConstantOfShape", {ints({2, 1})}, {{"value", floats({1}, {7})}}),
              floats({2, 1}, {7, 7}));
  expect_near(run_op("ConstantOfShape", {ints({0})}), floats({0}, {}));
  const auto scalar = [](std::int64_t value) { return Tensor::from<std::int64_t>({}, {value}); };
  EXPECT_EQ(to_ints(run_op("Range", {scalar(10), scalar(4), scalar(-3)})),
            (std::vector<std::int64_t>{10, 7}));
  EXPECT_EQ(run_op("Range", {scalar(1), scalar(0), scalar(1)}).size(), 0);
  expect_error(ErrorCode::kInvalidArgument, {"not finite"}, [&] {
    run_op("Range", {scalar(0), scalar(1), scalar(0)});
  });
  expect_near(run_op("OneHot", {ints({1, -1, 9}), scalar(3), floats({2}, {0, 5})}),
              floats({3, 3}, {0, 5, 0, 0, 0, 5, 0, 0, 0}));
  expect_near(run_op("EyeLike", {floats({2, 3}, {9, 9, 9, 9, 9, 9})}, {{"k", std::int64_t{1}}}),
              floats({2, 3}, {0, 1, 0, 0, 0, 1}));
}

}  // namespace
}  // namespace headway
