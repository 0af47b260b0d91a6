#include <numeric>

#include "ops/op_testing.h"

namespace headway {
namespace {

Tensor identity_grid(const Shape& image, bool align_corners) {
  const std::int64_t axes = static_cast<std::int64_t>(image.size()) - 2;
  Tensor theta = Tensor::zeros(DType::kFloat32, {image[0], axes, axes + 1});
  for (std::int64_t i = 0; i < image[0] * axes; ++i) {
    theta.data<float>()[i * (axes + 1) + i % axes] = 1.0f;
  }
  return run_op("AffineGrid", {theta, Tensor::from<std::int64_t>({axes + 2}, image)},
                {{"align_corners", std::int64_t{align_corners}}});
}

TEST(GridSample, IdentityGridGivesTheInput) {
  for (const Shape& shape : {Shape{2, 3, 4, 5}, Shape{1, 2, 3, 4, 2}}) {
    const Tensor x = random_floats(shape);
    for (const bool align : {false, true}) {
      for (const char* mode : {"nearest", "linear", "cubic"}) {
        for (const char* padding : {"zeros", "border", "reflection"}) {
          SCOPED_TRACE(std::string(mode) + " " + padding);
          const Attributes attributes = {{"mode", std::string(mode)},
                                         {"padding_mode", std::string(padding)},
                                         {"align_corners", std::int64_t{align}}};
          expect_near(run_op("GridSample", {x, identity_grid(shape, align)}, attributes), x, 1e-4);
        }
      }
    }
  }
}

TEST(GridSample, OutsideIsZeroOrTheBorder) {
  const Tensor x = floats({1, 1, 1, 2}, {3, 5});
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor grid = floats({1, 1, 3, 2}, {-9, 0, 1e30f, 0, nan, 0});
  expect_near(run_op("GridSample", {x, grid}), floats({1, 1, 1, 3}, {0, 0, 0}));
  expect_near(run_op("GridSample", {x, grid}, {{"padding_mode", std::string("border")}}),
              floats({1, 1, 1, 3}, {3, 5, 3}));
}

TEST(GridSample, CubicWeighsTheBordersAsOftenAsItReadsThem) {
  const Tensor x = floats({1, 1, 1, 2}, {0, 1});
  const Tensor grid = floats({1, 1, 1, 2}, {1, 0});  // Coordinate 1.5 of the elements 0 and 1.
  const Attributes attributes = {{"mode", std::string("bicubic")},
                                 {"padding_mode", std::string("border")}};
  expect_near(run_op("GridSample", {x, grid}, attributes), floats({1, 1, 1, 1}, {1.09375F}));
}

TEST(GridSample, ShapesMayBeSymbolic) {
  OneNode one("GridSample",
              {type_of({symbol("N"), 3, 4, 5}), type_of({symbol("N"), symbol("H"), 7, 2})});
  EXPECT_EQ(one.infer(), type_of({symbol("N"), 3, symbol("H"), 7}));
  expect_error(ErrorCode::kInvalidModel, {"2 coordinates"}, [] {
    OneNode("GridSample", {type_of({1, 3, 4, 5}), type_of({1, 2, 2, 3})}).infer();
  });
}

TEST(DeformConv, WithoutOffsetsIsConv) {
  const Tensor x = random_floats({2, 4, 5, 6}), w = random_floats({6, 2, 3, 2}, 2);
  const Tensor bias = random_floats({6}, 3);
  const Attributes attributes = {
      {"group", std::int64_t{2}}, {"pads", list({1, 0, 1, 1})}, {"strides", list({2, 1})}};
  const Tensor wanted = run_op("Conv", {x, w, bias}, attributes);
  Attributes grouped = attributes;
  grouped["offset_group"] = std::int64_t{2};
  const Tensor offset =
      Tensor::zeros(DType::kFloat32, {2, 2 * 6 * 2, wanted.dim(2), wanted.dim(3)});
  expect_near(run_op("DeformConv", {x, w, offset, bias}, grouped), wanted);
  Tensor mask = Tensor::zeros(DType::kFloat32, {2, 2 * 6, wanted.dim(2), wanted.dim(3)});
  for (float& value : mask.values<float>()) value = 0.5f;
  const Tensor halved = run_op("Conv", {x, w}, attributes);
  const Tensor masked = run_op("DeformConv", {x, w, offset, Tensor(), mask}, grouped);
  expect_near(run_op("Add", {masked, masked}), halved);
}

TEST(DeformConv, WholeOffsetsShiftTheImage) {
  const Tensor x = floats({1, 1, 1, 3}, {1, 2, 3}), w = floats({1, 1, 1, 1}, {1});
  const Tensor offset = floats({1, 2, 1, 3}, {0, 0, 0, 1, 1, 0.5f});
  expect_near(run_op("DeformConv", {x, w, offset}), floats({1, 1, 1, 3}, {2, 3, 1.5f}));
}

TEST(MaxUnpool, UndoesMaxPool) {
  const Tensor x = random_floats({2, 3, 6, 4});
  const Attributes window = {{"kernel_shape", list({2, 2})}, {"strides", list({2, 2})}};
  const std::vector<Tensor> pooled = run_all("MaxPool", {run_op("Abs", {x})}, window, 2);
  const Tensor unpooled = run_op("MaxUnpool", pooled, window);
  EXPECT_EQ(unpooled.shape(), x.shape());
  expect_near(run_op("MaxPool", {unpooled}, window), pooled[0], 0.0);
  EXPECT_EQ(run_op("MaxUnpool", {pooled[0], pooled[1], ints({2, 3, 7, 5})}, window).shape(),
            (Shape{2, 3, 7, 5}));
}

TEST(Col2Im, CountsHowManyBlocksCoverAnElement) {
  Tensor ones = Tensor::zeros(DType::kFloat32, {1, 4, 4});
  for (float& value : ones.values<float>()) value = 1.0f;
  expect_near(run_op("Col2Im", {ones, ints({3, 3}), ints({2, 2})}),
              floats({1, 1, 3, 3}, {1, 2, 1, 2, 4, 2, 1, 2, 1}));
  expect_error(ErrorCode::kInvalidModel, {"4 columns", "9 blocks"}, [&] {
    Graph graph;
    Value* x = graph.add_input("x", type_of({1, 4, 4}));
    graph.add_node("Col2Im", {x, graph.add_constant("i", ints({4, 4})),
                              graph.add_constant("b", ints({2, 2}))});
    infer_types(graph);
  });
}

TEST(Region, OfAConstantImageIsConstant) {
  Tensor x = Tensor::zeros(DType::kFloat32, {2, 1, 5, 6});
  for (float& value : x.values<float>()) value = 7.0f;
  const Tensor regions = floats({2, 4}, {1, 1, 4, 3, 0.5f, 0.5f, 5, 4});
  const Attributes size = {{"output_height", std::int64_t{2}}, {"output_width", std::int64_t{3}}};
  const Tensor y = run_op("RoiAlign", {x, regions, ints({1, 0})}, size);
  EXPECT_EQ(y.shape(), (Shape{2, 1, 2, 3}));
  for (const double value : to_doubles(y)) EXPECT_NEAR(value, 7.0, 1e-5);
  expect_error(ErrorCode::kInvalidArgument, {"image 2"}, [&] {
    run_op("RoiAlign", {x, regions, ints({1, 2})}, size);
  });
}

TEST(Region, RoiAlignOfImagesWithoutPixelsIsZero) {
  const Tensor empty = Tensor::allocate(DType::kFloat32, {1, 1, 0, 3});
  expect_near(run_op("RoiAlign", {empty, floats({1, 4}, {0, 0, 2, 2}), ints({0})}),
              floats({1, 1, 1, 1}, {0}));
}

TEST(Region, MaxRoiPoolOfTheWholeImageIsGlobal) {
  const Tensor x = random_floats({1, 3, 4, 5});
  const Tensor region = floats({1, 5}, {0, 0, 0, 4, 3});
  expect_near(run_op("MaxRoiPool", {x, region}, {{"pooled_shape", list({1, 1})}}),
              run_op("GlobalMaxPool", {x}), 0.0);
  const Tensor pixels = run_op("MaxRoiPool", {x, region}, {{"pooled_shape", list({4, 5})}});
  expect_near(pixels, x, 0.0);
}

}  // namespace
}  // namespace headway
