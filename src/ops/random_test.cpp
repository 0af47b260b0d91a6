#include "ops/op_testing.h"

namespace headway {
namespace {

const Attributes kShape = {{"shape", list({100, 100})}, {"seed", 7.0f}};

double mean_of(const Tensor& x) {
  double sum = 0.0;
  for (const double value : to_doubles(x)) sum += value;
  return sum / static_cast<double>(x.size());
}

double variance_of(const Tensor& x) {
  const double mean = mean_of(x);
  double sum = 0.0;
  for (const double value : to_doubles(x)) sum += (value - mean) * (value - mean);
  return sum / static_cast<double>(x.size());
}

Attributes with(Attributes attributes, const char* name, Attribute value) {
  attributes[name] = std::move(value);
  return attributes;
}

TEST(Random, SameSeedSameNumbers) {
  for (const char* op : {"RandomNormal", "RandomUniform"}) {
    const Tensor first = run_op(op, {}, kShape);
    expect_near(run_op(op, {}, kShape), first, 0.0);
    EXPECT_NE(to_doubles(run_op(op, {}, with(kShape, "seed", 8.0f))), to_doubles(first));
  }
  // What NumPy's RandomState(0) gives too.
  EXPECT_NEAR(to_doubles(run_op("RandomUniform", {}, {{"shape", list({1})}, {"seed", 0.0f}}))[0],
              0.5488135039273248, 1e-7);
}

TEST(Random, HasItsMoments) {
  const Tensor normal = run_op("RandomNormal", {}, with(with(kShape, "mean", 3.0f), "scale", 2.0f));
  EXPECT_NEAR(mean_of(normal), 3.0, 0.1);
  EXPECT_NEAR(variance_of(normal), 4.0, 0.2);
  const Tensor uniform =
      run_op("RandomUniform", {}, with(with(kShape, "low", -1.0f), "high", 5.0f));
  EXPECT_NEAR(mean_of(uniform), 2.0, 0.1);
  EXPECT_NEAR(variance_of(uniform), 3.0, 0.1);
}

TEST(Random, LikeTakesShapeAndDtype) {
  const Tensor like = Tensor::zeros(DType::kFloat64, {2, 3});
  EXPECT_EQ(run_op("RandomNormalLike", {like}).dtype(), DType::kFloat64);
  const Tensor half = run_op("RandomUniformLike", {like}, {{"dtype", std::int64_t{10}}});
  EXPECT_EQ(half.dtype(), DType::kFloat16);
  EXPECT_EQ(half.shape(), (Shape{2, 3}));
  expect_error(ErrorCode::kInvalidModel, {"cannot be int64"},
               [&] { run_op("RandomUniformLike", {ints({1})}); });
}

TEST(Random, BernoulliAndMultinomialFollowTheirProbabilities) {
  Tensor p = Tensor::zeros(DType::kFloat32, {10000});
  for (float& value : p.values<float>()) value = 0.3f;
  EXPECT_NEAR(mean_of(run_op("Bernoulli", {p}, {{"seed", 1.0f}})), 0.3, 0.02);
  EXPECT_EQ(run_op("Bernoulli", {p}, {{"dtype", std::int64_t{9}}}).dtype(), DType::kBool);
  const float infinity = std::numeric_limits<float>::infinity();
  const Tensor logs = floats({2, 3}, {0, std::log(3.0f), -infinity, -infinity, -infinity, 5});
  const Tensor drawn =
      run_op("Multinomial", {logs}, {{"sample_size", std::int64_t{4000}}, {"seed", 1.0f}});
  ASSERT_EQ(drawn.shape(), (Shape{2, 4000}));
  const std::vector<std::int64_t> classes = to_ints(drawn);
  EXPECT_NEAR(static_cast<double>(std::count(classes.begin(), classes.begin() + 4000, 1)), 3000,
              100);
  EXPECT_EQ(std::count(classes.begin() + 4000, classes.end(), 2), 4000);
}

}  // namespace
}  // namespace headway
