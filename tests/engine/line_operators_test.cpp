#include "node_testing.h"

namespace headway {
namespace {

std::int64_t up_to(Random& random, std::int64_t most) {
  return 1 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(most)));
}

Shape any_shape(Random& random) {
  return {up_to(random, 4), up_to(random, 30), up_to(random, 9), up_to(random, 40)};
}

TEST(LineOperators, Normalizations) {
  Random random(1);
  for (std::int64_t i = 0; i < 24; ++i) {
    const Tensor x = random_tensor(any_shape(random), random.next());
    expect_near_reference({"LpNormalization", {x}, {{"axis", i % 4}, {"p", 1 + i / 4 % 2}}}, 1e-5);
    expect_near_reference({"MeanVarianceNormalization", {x}}, 1e-4);
    expect_near_reference(
        {"MeanVarianceNormalization", {x}, {{"axes", std::vector<std::int64_t>{2, 3}}}}, 1e-4);
    expect_near_reference(
        {"ReduceLogSumExp", {x, Tensor::from<std::int64_t>({1}, {i % 4})}, {}, 1, {1}}, 1e-5);
  }
}

TEST(LineOperators, LocalResponse) {
  Random random(5);
  for (std::int64_t i = 0; i < 24; ++i) {
    Shape shape = any_shape(random);
    shape.back() = up_to(random, 300);
    expect_near_reference({"LRN",
                           {random_tensor(shape, random.next())},
                           {{"size", up_to(random, 7)},
                            {"alpha", 0.5F},
                            {"beta", i % 2 == 0 ? 0.75F : 0.6F},
                            {"bias", 1.5F}}},
                          1e-5);
    expect_near_reference(
        {"GlobalLpPool", {random_tensor(shape, random.next())}, {{"p", 1 + i % 2}}}, 1e-5);
  }
}

/// Few different numbers, whose roundings do not cancel out, in one long line and in long columns.
TEST(LineOperators, LongSumsOfMeanVarianceNormalization) {
  Random random(4);
  Tensor x = Tensor::allocate(DType::kFloat32, {8, 64, 64, 3});
  for (float& element : x.values<float>()) element = 0.5F * static_cast<float>(random.below(12));
  for (const std::vector<std::int64_t>& axes :
       {std::vector<std::int64_t>{0, 1, 2, 3}, {0, 1, 2}, {0, 2, 3}})
    expect_near_reference({"MeanVarianceNormalization", {x}, {{"axes", axes}}}, 2e-6);
}

TEST(LineOperators, Hardmax) {
  Random random(2);
  for (int i = 0; i < 20; ++i)
    expect_same_as_reference(
        {"Hardmax", {random_elements(DType::kFloat32, any_shape(random), random)}});
}

TEST(LineOperators, Doubles) {
  Random random(3);
  for (const std::string op : {"Exp", "Erf", "Sigmoid", "Tanh", "Sin"}) {
    const Tensor x = random_tensor({3, 500}, 1).to(DType::kFloat64);
    expect_near_reference({op, {x}}, 1e-15);
  }
  for (const std::string op : {"Softmax", "LogSoftmax"}) {
    for (std::int64_t axis = 0; axis < 4; ++axis) {
      const Tensor x = random_tensor(any_shape(random), random.next()).to(DType::kFloat64);
      expect_near_reference({op, {x}, {{"axis", axis}}}, 1e-14);
    }
  }
}

TEST(LineOperators, Losses) {
  Random random(4);
  for (std::int64_t i = 0; i < 24; ++i) {
    const std::int64_t classes = up_to(random, 30), count = up_to(random, 20);
    const bool normalizes = i % 2 == 0;
    Shape x = {count, classes}, labels = {count};
    if (!normalizes) x.push_back(5), labels.push_back(5);
    Tensor label = Tensor::allocate(DType::kInt64, labels);
    for (std::int64_t& element : label.values<std::int64_t>()) element = up_to(random, classes) - 1;
    Attributes attributes = {
        {"reduction", std::vector<std::string>{"none", "mean", "sum"}[random.below(3)]}};
    if (i % 3 == 0) attributes["ignore_index"] = classes;
    expect_near_reference(
        {normalizes ? "SoftmaxCrossEntropyLoss" : "NegativeLogLikelihoodLoss",
         {random_tensor(x, random.next()), label.to(i % 4 < 2 ? DType::kInt32 : DType::kInt64),
          i % 5 == 0 ? random_tensor({classes}, random.next()) : Tensor()},
         attributes},
        1e-4);
  }
}

TEST(LineOperators, RotaryEmbedding) {
  Random random(5);
  for (std::int64_t i = 0; i < 24; ++i) {
    const std::int64_t batch = up_to(random, 2), heads = up_to(random, 3),
                       tokens = up_to(random, 9);
    const std::int64_t half = up_to(random, 12), size = 2 * half + (i % 3 == 0 ? 4 : 0);
    const bool packed = i % 2 == 0, by_position = i % 4 < 2;
    const Shape caches = by_position ? Shape{20, half} : Shape{batch, tokens, half};
    Tensor positions;
    if (by_position) {
      positions = Tensor::allocate(DType::kInt64, {batch, tokens});
      for (std::int64_t& position : positions.values<std::int64_t>())
        position = up_to(random, 20) - 1;
    }
    const Shape x = packed ? Shape{batch, tokens, heads * size} : Shape{batch, heads, tokens, size};
    expect_near_reference(
        {"RotaryEmbedding",
         {random_tensor(x, random.next()), random_tensor(caches, random.next()),
          random_tensor(caches, random.next()), positions},
         {{"num_heads", heads}, {"interleaved", i / 2 % 2}, {"rotary_embedding_dim", 2 * half}}},
        1e-6);
  }
}

TEST(LineOperators, Col2Im) {
  Random random(6);
  for (int i = 0; i < 24; ++i) {
    const std::int64_t kernel = up_to(random, 3), stride = up_to(random, 3),
                       pad = up_to(random, kernel) - 1;
    const std::int64_t height = kernel + up_to(random, 9), width = kernel + up_to(random, 9);
    const auto blocks = [&](std::int64_t extent) {
      return (extent + 2 * pad - kernel) / stride + 1;
    };
    expect_near_reference(
        {"Col2Im",
         {random_tensor({2, 3 * kernel * kernel, blocks(height) * blocks(width)}, random.next()),
          Tensor::from<std::int64_t>({2}, {height, width}),
          Tensor::from<std::int64_t>({2}, {kernel, kernel})},
         {{"pads", std::vector<std::int64_t>(4, pad)},
          {"strides", std::vector<std::int64_t>(2, stride)}},
         1,
         {1, 2}},
        1e-6);
  }
}

TEST(LineOperators, NearestElements) {
  Random random(7);
  for (const DType dtype : {DType::kUInt8, DType::kInt16, DType::kInt32, DType::kUInt32}) {
    for (const float scale : {2.0F, 0.5F, 1.7F}) {
      const Tensor x =
          random_elements(dtype, {1, 3, up_to(random, 9) + 1, up_to(random, 40) + 1}, random);
      expect_same_as_reference({"Resize",
                                {x, Tensor(), Tensor::from<float>({4}, {1, 1, scale, scale})},
                                {{"mode", std::string("nearest")}},
                                1,
                                {2}});
    }
  }
}

}  // namespace
}  // namespace headway
