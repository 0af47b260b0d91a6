#include "node_testing.h"

namespace headway {
namespace {

std::int64_t up_to(Random& random, std::int64_t most) {
  return 1 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(most)));
}

Tensor scaled(const Shape& shape, float factor, Random& random) {
  Tensor tensor = random_tensor(shape, random.next());
  for (float& element : tensor.values<float>()) element *= factor;
  return tensor;
}

TEST(SamplingOperators, GridSample) {
  Random random(1);
  for (const std::string mode : {"nearest", "linear", "cubic"}) {
    for (const std::string padding : {"zeros", "border", "reflection"}) {
      for (int i = 0; i < 12; ++i) {
        const auto rank = static_cast<std::int64_t>(1 + random.below(3));
        Shape x = {up_to(random, 2), up_to(random, 5)}, grid = {x[0]};
        for (std::int64_t axis = 0; axis < rank; ++axis) {
          x.push_back(up_to(random, 9));
          grid.push_back(up_to(random, rank == 1 ? 600 : 12));
        }
        grid.push_back(rank);
        Tensor points = scaled(grid, 1.2F, random);
        if (i == 0) points.values<float>()[0] = NAN;
        expect_near_reference(
            {"GridSample",
             {random_tensor(x, random.next()), points},
             {{"mode", mode}, {"padding_mode", padding}, {"align_corners", std::int64_t{i % 2}}}},
            1e-5);
      }
    }
  }
}

TEST(SamplingOperators, WhatIsOutsideIsNotRead) {
  Tensor x = Tensor::from<float>({1, 1, 2, 2}, {INFINITY, NAN, 3, 4});
  const Tensor points = Tensor::from<float>({1, 1, 2, 2}, {5, 5, -0.5F, 0.5F});
  expect_same_as_reference({"GridSample", {x, points}});
}

TEST(SamplingOperators, RoiAlign) {
  Random random(2);
  for (std::int64_t i = 0; i < 40; ++i) {
    const Shape x = {up_to(random, 3), up_to(random, 5), up_to(random, 20), up_to(random, 20)};
    const std::int64_t regions = up_to(random, 5);
    Tensor images = Tensor::allocate(DType::kInt64, {regions});
    for (std::int64_t& image : images.values<std::int64_t>()) image = up_to(random, x[0]) - 1;
    Attributes attributes = {{"output_height", up_to(random, 20)},
                             {"output_width", up_to(random, 20)},
                             {"sampling_ratio", i % 3},
                             {"spatial_scale", 0.7F}};
    if (i % 2 == 0) attributes["coordinate_transformation_mode"] = std::string("output_half_pixel");
    expect_near_reference(
        {"RoiAlign",
         {random_tensor(x, random.next()), scaled({regions, 4}, 30, random), images},
         attributes},
        1e-5);
  }
}

TEST(SamplingOperators, DeformConv) {
  Random random(3);
  for (int i = 0; i < 30; ++i) {
    const std::size_t rank = 1 + random.below(3);
    const std::int64_t groups = up_to(random, 2), offset_groups = up_to(random, 2);
    Shape x = {up_to(random, 2), groups * offset_groups * up_to(random, 3)};
    Shape w = {groups * up_to(random, 6), x[1] / groups};
    Shape offsets = {x[0], offset_groups}, mask = offsets;
    std::vector<std::int64_t> pads(2 * rank, 1);
    for (std::size_t axis = 0; axis < rank; ++axis) {
      const std::int64_t kernel = up_to(random, 3);
      w.push_back(kernel);
      x.push_back(kernel + up_to(random, 8));
      offsets[1] *= kernel;
      offsets.push_back(x.back() + 3 - kernel);
    }
    mask = offsets;
    offsets[1] *= static_cast<std::int64_t>(rank);
    mask[1] = offsets[1] / static_cast<std::int64_t>(rank);
    expect_near_reference({"DeformConv",
                           {random_tensor(x, random.next()), random_tensor(w, random.next()),
                            random_tensor(offsets, random.next()),
                            i % 2 == 0 ? random_tensor({w[0]}, random.next()) : Tensor(),
                            i % 3 == 0 ? random_tensor(mask, random.next()) : Tensor()},
                           {{"group", groups}, {"offset_group", offset_groups}, {"pads", pads}}},
                          1e-5);
  }
}

}  // namespace
}  // namespace headway
