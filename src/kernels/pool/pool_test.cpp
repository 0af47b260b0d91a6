#include "kernels/pool/pool.h"

#include <limits>

#include "kernels/pool/blocked_pool.h"
#include "kernels/test_support.h"

namespace headway {
namespace {

class PoolTest : public EveryIsa {};
HEADWAY_TEST_EVERY_ISA(PoolTest);

PoolShape any_shape(Generator& generator) {
  PoolShape shape;
  shape.planes = generator.integer(1, 9);
  shape.kernel_height = generator.integer(1, 5);
  shape.kernel_width = generator.integer(1, 5);
  shape.stride_height = generator.integer(1, 3);
  shape.stride_width = generator.integer(1, 3);
  shape.dilation_height = generator.integer(1, 2);
  shape.dilation_width = generator.integer(1, 2);
  shape.pad_top = generator.integer(0, shape.kernel_height - 1);
  shape.pad_bottom = generator.integer(0, shape.kernel_height - 1);
  shape.pad_left = generator.integer(0, shape.kernel_width - 1);
  shape.pad_right = generator.integer(0, shape.kernel_width - 1);
  const std::int64_t window_height = (shape.kernel_height - 1) * shape.dilation_height + 1;
  const std::int64_t window_width = (shape.kernel_width - 1) * shape.dilation_width + 1;
  shape.in_height = generator.integer(window_height, 30);
  shape.in_width = generator.integer(window_width, 70);
  // Rounded up where the window still begins inside the image, as ceil_mode does.
  const std::int64_t room = shape.in_width + shape.pad_left + shape.pad_right - window_width;
  shape.out_height =
      (shape.in_height + shape.pad_top + shape.pad_bottom - window_height) / shape.stride_height +
      1;
  shape.out_width = room / shape.stride_width + 1;
  if (shape.out_width * shape.stride_width < shape.in_width + shape.pad_left) {
    shape.out_width += room % shape.stride_width != 0 ? 1 : 0;
  }
  return shape;
}

double pooled(const PoolShape& s, PoolOp op, const float* image, std::int64_t out_y,
              std::int64_t out_x) {
  double sum = 0;
  double largest = -std::numeric_limits<double>::infinity();
  int count = 0;
  for (std::int64_t ky = 0; ky < s.kernel_height; ++ky) {
    for (std::int64_t kx = 0; kx < s.kernel_width; ++kx) {
      const std::int64_t y = out_y * s.stride_height + ky * s.dilation_height - s.pad_top;
      const std::int64_t x = out_x * s.stride_width + kx * s.dilation_width - s.pad_left;
      const bool inside = y >= 0 && y < s.in_height && x >= 0 && x < s.in_width;
      const bool on_pad = y < s.in_height + s.pad_bottom && x < s.in_width + s.pad_right;
      if (inside || (on_pad && op == PoolOp::kAverageIncludingPad)) ++count;
      if (!inside) continue;
      sum += static_cast<double>(image[y * s.in_width + x]);
      largest = std::fmax(largest, static_cast<double>(image[y * s.in_width + x]));
    }
  }
  return op == PoolOp::kMax ? largest : sum / std::max(1, count);
}

TEST_P(PoolTest, EqualsPlainLoopsOverGeneratedShapes) {
  Generator generator(1);
  for (int round = 0; round < 150 && !HasFatalFailure(); ++round) {
    const PoolShape shape = any_shape(generator);
    const auto op = static_cast<PoolOp>(round % 3);
    const std::int64_t in_size = shape.in_height * shape.in_width;
    GuardedFloats input(shape.planes * in_size);
    generator.fill(input);
    std::vector<double> expected;
    for (std::int64_t plane = 0; plane < shape.planes; ++plane) {
      for (std::int64_t i = 0; i < shape.out_height * shape.out_width; ++i) {
        expected.push_back(pooled(shape, op, input.data() + plane * in_size, i / shape.out_width,
                                  i % shape.out_width));
      }
    }
    GuardedFloats output(static_cast<std::int64_t>(expected.size()));
    GuardedFloats scratch(static_cast<std::int64_t>(
        pool_scratch_bytes(shape, loops(), context().pool.threads()) / sizeof(float)));
    pool(context(), op, shape, input.data(), output.data(), scratch.data());
    expect_near(output, expected, 1e-6);
  }
}

/// Lane `lane` of a plane of the blocked layout.
std::vector<float> lane_of(const float* plane, std::int64_t pixels, std::int64_t lanes,
                           std::int64_t lane) {
  std::vector<float> image;
  for (std::int64_t i = 0; i < pixels; ++i) image.push_back(plane[i * lanes + lane]);
  return image;
}

TEST_P(PoolTest, BlockedEqualsPlainLoopsOverGeneratedShapes) {
  Generator generator(2);
  const std::int64_t lanes = loops().width;
  for (int round = 0; round < 150 && !HasFatalFailure(); ++round) {
    PoolShape shape = any_shape(generator);
    if (generator.chance(0.5)) shape.dilation_width = shape.dilation_height = 1;
    const auto op = static_cast<PoolOp>(round % 3);
    const std::int64_t in_size = shape.in_height * shape.in_width;
    const std::int64_t out_size = shape.out_height * shape.out_width;
    GuardedFloats input(shape.planes * in_size * lanes);
    generator.fill(input);
    std::vector<double> expected(static_cast<std::size_t>(shape.planes * out_size * lanes));
    for (std::int64_t i = 0; i < shape.planes * lanes; ++i) {
      const std::int64_t plane = i / lanes;
      const auto image = lane_of(input.data() + plane * in_size * lanes, in_size, lanes, i % lanes);
      for (std::int64_t at = 0; at < out_size; ++at) {
        expected[static_cast<std::size_t>((plane * out_size + at) * lanes + i % lanes)] =
            pooled(shape, op, image.data(), at / shape.out_width, at % shape.out_width);
      }
    }
    GuardedFloats output(static_cast<std::int64_t>(expected.size()));
    blocked_pool(context(), op, shape, input.data(), output.data());
    expect_near(output, expected, 1e-6);
  }
}

TEST_P(PoolTest, BlockedMaximumKeepsNaN) {
  const std::int64_t lanes = loops().width;
  PoolShape shape;
  shape.planes = 1;
  shape.in_height = shape.in_width = shape.kernel_height = shape.kernel_width = 3;
  shape.out_height = shape.out_width = 1;
  for (std::int64_t at = 0; at < 9 * lanes; ++at) {
    GuardedFloats input(9 * lanes);
    GuardedFloats output(lanes);
    input[at] = std::numeric_limits<float>::quiet_NaN();
    blocked_pool(context(), PoolOp::kMax, shape, input.data(), output.data());
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
      EXPECT_EQ(std::isnan(output[lane]), lane == at % lanes);
    }
  }
}

}  // namespace
}  // namespace headway
