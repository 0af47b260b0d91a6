#include "ops/op_testing.h"

namespace headway {
namespace {

Tensor resize(const Tensor& x, const Tensor& scales, const Tensor& sizes, Attributes attributes) {
  return run_op("Resize", {x, Tensor(), scales, sizes}, std::move(attributes));
}

Attributes mode(const char* name, const char* coordinates = "half_pixel") {
  return {{"mode", std::string(name)},
          {"coordinate_transformation_mode", std::string(coordinates)}};
}

TEST(Resize, NearestRepeats) {
  const Tensor x = floats({1, 2}, {1, 2});
  expect_near(resize(x, floats({2}, {2, 2}), Tensor(), mode("nearest")),
              floats({2, 4}, {1, 1, 2, 2, 1, 1, 2, 2}));
  Attributes floor = mode("nearest", "asymmetric");
  floor["nearest_mode"] = std::string("floor");
  expect_near(resize(floats({4}, {1, 2, 3, 4}), Tensor(), ints({2}), floor), floats({2}, {1, 3}));
}

TEST(Resize, LinearCoordinates) {
  const Tensor x = floats({2}, {0, 4});
  const Tensor four = ints({4});
  expect_near(resize(x, Tensor(), four, mode("linear")), floats({4}, {0, 1, 3, 4}));
  expect_near(resize(x, Tensor(), four, mode("linear", "align_corners")),
              floats({4}, {0, 4.0f / 3, 8.0f / 3, 4}));
  expect_near(resize(x, Tensor(), four, mode("linear", "asymmetric")), floats({4}, {0, 2, 4, 4}));
  expect_near(resize(x, Tensor(), ints({1}), mode("linear", "pytorch_half_pixel")),
              floats({1}, {0}));
}

/// Every filter reproduces constants, and its own input at scale 1.
TEST(Resize, WholeNumbersAreCutTowardsZero) {
  const Tensor x = Tensor::from<std::int8_t>({2}, {0, -3});
  const Tensor y = resize(x, Tensor(), ints({4}), mode("linear"));  // 0, -0.75, -2.25, -3
  EXPECT_EQ(to_ints(y), (std::vector<std::int64_t>{0, 0, -2, -3}));
}

TEST(Resize, ReproducesConstantsAndItself) {
  const Tensor x = random_floats({1, 2, 5, 4});
  const Tensor constant = Tensor::from<float>({1, 4}, {3, 3, 3, 3});
  for (const char* name : {"nearest", "linear", "cubic"}) {
    for (const std::int64_t antialias : {0, 1}) {
      Attributes attributes = mode(name);
      attributes["antialias"] = antialias;
      expect_near(resize(x, Tensor(), ints({1, 2, 5, 4}), attributes), x, 0.0);
      for (const std::int64_t width : {1, 3, 9}) {
        const Tensor y = resize(constant, Tensor(), ints({1, width}), attributes);
        for (const float value : y.values<float>()) EXPECT_NEAR(value, 3.0f, 1e-6f);
      }
    }
  }
}

TEST(Resize, AxesAndAspectRatio) {
  const Tensor x = random_floats({1, 2, 4, 8});
  Attributes attributes = mode("nearest");
  attributes["axes"] = list({2, 3});
  EXPECT_EQ(resize(x, Tensor(), ints({8, 8}), attributes).shape(), (Shape{1, 2, 8, 8}));
  attributes["keep_aspect_ratio_policy"] = std::string("not_larger");
  EXPECT_EQ(resize(x, Tensor(), ints({8, 8}), attributes).shape(), (Shape{1, 2, 4, 8}));
  attributes["keep_aspect_ratio_policy"] = std::string("not_smaller");
  EXPECT_EQ(resize(x, Tensor(), ints({8, 8}), attributes).shape(), (Shape{1, 2, 8, 16}));
}

TEST(Resize, KeepsSymbolsWhereTheScaleIsOne) {
  Graph graph;
  Value* x = graph.add_input("x", type_of({symbol("N"), 3, 4, symbol("W")}));
  Value* scales = graph.add_constant("scales", floats({4}, {1, 1, 2, 2}));
  Node* node = graph.add_node("Resize", {x, nullptr, scales});
  graph.add_output(node->output());
  infer_types(graph);
  EXPECT_EQ(node->output()->type.to_string(), "float32[N,3,8,?]");
}

TEST(Resize, RefusesContradictions) {
  const Tensor x = floats({2}, {1, 2});
  const ErrorCode bad = ErrorCode::kInvalidModel;
  expect_error(bad, {"either scales or sizes"}, [&] { resize(x, Tensor(), Tensor(), {}); });
  expect_error(bad, {"either scales or sizes"},
               [&] { resize(x, floats({1}, {2}), ints({4}), {}); });
  expect_error(bad, {"cannot be resized"}, [&] { resize(x, floats({1}, {-2}), Tensor(), {}); });
  expect_error(ErrorCode::kUnsupported, {"mode 'spline'"},
               [&] { resize(x, floats({1}, {2}), Tensor(), mode("spline")); });
}

TEST(Upsample, IsAnAsymmetricResize) {
  const Tensor x = floats({2}, {1, 2});
  expect_near(run_op("Upsample", {x, floats({1}, {2})}), floats({4}, {1, 1, 2, 2}));
}

}  // namespace
}  // namespace headway
