#include "engine_testing.h"

namespace headway {
namespace {

const std::string kNet = R"(graph net (%x: float32[N,3,H,8]) -> (%y, %r) {
  %w: float32[5,3,3,3] = constant random(1)
  %b: float32[5] = constant random(2)
  %scale: float32[5] = constant random(3)
  %variance: float32[5] = constant splat(0.5)
  %c = Conv(%x, %w, %b) {pads = [1, 1, 1, 1]}
  %n = BatchNormalization(%c, %scale, %b, %b, %variance)
  %r = Relu(%n)
  %s = Shape(%r) {start = 0, end = 2}
  %minus: int64[1] = constant {-1}
  %t = Concat(%s, %minus) {axis = 0}
  %f = Reshape(%r, %t)
  %y = ReduceMean(%f) {axes = [2], keepdims = 0}
})";

void expect_agreement(Session& session, const Model& model, const Shape& shape,
                      std::uint64_t seed) {
  const std::vector<Tensor> inputs = {random_tensor(shape, seed)};
  const std::vector<Tensor> expected = run_reference(model.graph(), inputs);
  const std::span<const Tensor> actual = session.run(inputs);
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_LT(relative_error(actual[i], expected[i]), 1e-5) << to_string(shape) << " output " << i;
  }
}

TEST(Shapes, OneProgramServesManyBatches) {
  const Model model = model_of(kNet);
  const Program program = model.compile({.threads = 2});
  Session session(program);
  for (const std::int64_t batch : {1, 8, 2, 1, 8}) {
    expect_agreement(session, model, {batch, 3, 6, 8}, static_cast<std::uint64_t>(batch));
  }
}

TEST(Shapes, MoreShapesThanAnythingRemembers) {
  const Model model = model_of(kNet);
  const Program program = model.compile({.threads = 1});
  Session session(program);
  for (std::int64_t height = 1; height <= 40; ++height) {
    expect_agreement(session, model, {1, 3, height, 8}, 1);
  }
  expect_agreement(session, model, {1, 3, 1, 8}, 2);
}

TEST(Shapes, WeightsArePackedOnceForAllBatches) {
  const Program program = model_of(kNet).compile();
  Session session(program);
  session.run(std::vector<Tensor>{random_tensor({1, 3, 4, 8}, 1)});
  const std::size_t once = program.summary().weight_bytes;
  session.run(std::vector<Tensor>{random_tensor({7, 3, 4, 8}, 1)});
  EXPECT_EQ(program.summary().weight_bytes, once);
}

TEST(Shapes, FixedShapesAreShown) {
  const Program program = model_of(kNet).compile({.input_shapes = {{2, 3, 4, 8}}});
  EXPECT_EQ(program.inputs()[0].shape, (Shape{2, 3, 4, 8}));
  EXPECT_EQ(program.outputs()[0].shape, (Shape{2, 5}));
  EXPECT_EQ(program.outputs()[0].name, "y");
  EXPECT_GT(program.summary().arena_bytes, 0u);
}

TEST(Shapes, ContradictingShapesAreRefused) {
  EXPECT_THROW(model_of(kNet).compile({.input_shapes = {{2, 4, 4, 8}}}), Error);
  EXPECT_THROW(model_of(kNet).compile({.input_shapes = {{2, 3, 4, 8}, {1}}}), Error);
}

TEST(Shapes, TheModelOutlivesCompilation) {
  const Model model = model_of(kNet);
  const Program first = model.compile({.input_shapes = {{1, 3, 4, 8}}});
  const Program second = model.compile({.input_shapes = {{1, 3, 4, 8}}, .fuse = false});
  const std::vector<Tensor> inputs = {random_tensor({1, 3, 4, 8}, 1)};
  Session a(first), b(second);
  EXPECT_LT(relative_error(a.run(inputs)[0], b.run(inputs)[0]), 1e-5);
  EXPECT_LT(first.summary().nodes, second.summary().nodes);
}

TEST(Shapes, EmptyBatches) {
  const Model model = model_of(R"(graph net (%x: float32[N,3]) -> (%y) {
    %w: float32[3,4] = constant random(1)
    %m = MatMul(%x, %w)
    %y = Relu(%m)
  })");
  const Program program = model.compile();
  Session session(program);
  const Tensor output = session.run(std::vector<Tensor>{Tensor::zeros(DType::kFloat32, {0, 3})})[0];
  EXPECT_EQ(output.shape(), (Shape{0, 4}));
}

}  // namespace
}  // namespace headway
