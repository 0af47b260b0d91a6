#include "node_testing.h"

namespace headway {
namespace {

struct Pooling {
  Shape x;
  Attributes attributes;
};

Pooling any_pooling(std::size_t rank, bool dilated, Random& random) {
  const auto up_to = [&](std::int64_t most) {
    return 1 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(most)));
  };
  Pooling p{{up_to(2), up_to(20)}, {}};
  std::vector<std::int64_t> kernel, strides, dilations, pads;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    kernel.push_back(up_to(3));
    strides.push_back(up_to(3));
    dilations.push_back(dilated ? up_to(2) : 1);
    p.x.push_back((kernel.back() - 1) * dilations.back() + up_to(9));
  }
  for (std::size_t i = 0; i < 2 * rank; ++i) pads.push_back(up_to(kernel[i % rank]) - 1);
  p.attributes = {
      {"kernel_shape", kernel}, {"strides", strides}, {"pads", pads}, {"dilations", dilations}};
  return p;
}

/// Of zeros of either sign, either one may be the largest.
bool equal_elements(const Tensor& a, const Tensor& b) {
  if (a.dtype() != DType::kFloat32) return same_elements(a, b);
  const std::span<const float> x = a.values<float>(), y = b.values<float>();
  return std::ranges::equal(x, y, [](float one, float other) {
    return one == other || (std::isnan(one) && std::isnan(other));
  });
}

TEST(PoolOperators, MaximaOfVolumes) {
  Random random(1);
  for (int i = 0; i < 40; ++i) {
    const auto [x, attributes] = any_pooling(3, true, random);
    compare_with_reference({"MaxPool", {random_elements(DType::kFloat32, x, random)}, attributes},
                           equal_elements);
  }
}

TEST(PoolOperators, AveragesOfVolumes) {
  Random random(2);
  for (std::int64_t i = 0; i < 40; ++i) {
    auto [x, attributes] = any_pooling(3, true, random);
    attributes["count_include_pad"] = i % 2;
    expect_near_reference({"AveragePool", {random_tensor(x, random.next())}, attributes}, 1e-6);
  }
}

TEST(PoolOperators, MaximaOfOtherTypesAndTheirPlaces) {
  Random random(3);
  for (const DType dtype : {DType::kInt8, DType::kUInt8, DType::kFloat32, DType::kFloat64}) {
    for (std::int64_t i = 0; i < 30; ++i) {
      auto [x, attributes] = any_pooling(1 + random.below(3), true, random);
      attributes["storage_order"] = i % 2;
      compare_with_reference(
          {"MaxPool", {random_elements(dtype, x, random)}, attributes, 1 + random.below(2)},
          equal_elements);
    }
  }
}

TEST(PoolOperators, Norms) {
  Random random(4);
  for (std::int64_t i = 0; i < 40; ++i) {
    auto [x, attributes] = any_pooling(1 + random.below(3), true, random);
    attributes["p"] = 1 + i % 2;
    expect_near_reference({"LpPool", {random_tensor(x, random.next())}, attributes}, 1e-6);
  }
}

TEST(PoolOperators, MaxUnpool) {
  Random random(5);
  Tensor indices = Tensor::from<std::int64_t>({1, 2, 2, 2}, {5, 7, 13, 15, 16, 31, 27, 29});
  const Attributes attributes = {{"kernel_shape", std::vector<std::int64_t>{2, 2}},
                                 {"strides", std::vector<std::int64_t>{2, 2}}};
  const NodeCase c{"MaxUnpool", {random_tensor({1, 2, 2, 2}, 1), indices}, attributes};
  expect_same_as_reference(c);
  indices.values<std::int64_t>()[3] = 32;
  EXPECT_THROW(Session(Model(graph_of(c)).compile()).run(c.inputs), Error);
}

}  // namespace
}  // namespace headway
