#include "kernels/resize/resize.h"

#include "kernels/test_support.h"

namespace headway {
namespace {

class ResizeTest : public EveryIsa {};
HEADWAY_TEST_EVERY_ISA(ResizeTest);

ResampledAxis any_axis(Generator& generator) {
  ResampledAxis axis{generator.integer(1, 40), generator.integer(1, 60), 1, {}, {}};
  const bool weighted = generator.chance(0.7);
  if (weighted) axis.taps = static_cast<int>(generator.integer(1, 4));
  for (std::int64_t i = 0; i < axis.taps * axis.out; ++i) {
    axis.positions.push_back(static_cast<std::int32_t>(generator.integer(0, axis.in - 1)));
    if (weighted) axis.weights.push_back(static_cast<float>(generator.integer(-8, 8)) / 8);
  }
  return axis;
}

double weight_of(const ResampledAxis& axis, std::size_t index) {
  return axis.weights.empty() ? 1 : static_cast<double>(axis.weights[index]);
}

TEST_P(ResizeTest, EqualsPlainLoopsOverGeneratedShapes) {
  Generator generator(1);
  for (int round = 0; round < 60 && !HasFatalFailure(); ++round) {
    const ResizeShape shape{generator.integer(1, 12), any_axis(generator), any_axis(generator)};
    const ResampledAxis &height = shape.height, &width = shape.width;
    GuardedFloats input(shape.planes * height.in * width.in);
    generator.fill(input);
    std::vector<double> expected;
    for (std::int64_t i = 0; i < shape.planes * height.out * width.out; ++i) {
      const std::int64_t plane = i / (height.out * width.out);
      double sum = 0;
      for (int ty = 0; ty < height.taps; ++ty) {
        const auto y = static_cast<std::size_t>(ty * height.out + i / width.out % height.out);
        for (int tx = 0; tx < width.taps; ++tx) {
          const auto x = static_cast<std::size_t>(tx * width.out + i % width.out);
          const float element =
              input[(plane * height.in + height.positions[y]) * width.in + width.positions[x]];
          sum += weight_of(height, y) * weight_of(width, x) * static_cast<double>(element);
        }
      }
      expected.push_back(sum);
    }
    GuardedFloats output(static_cast<std::int64_t>(expected.size()));
    GuardedFloats scratch(static_cast<std::int64_t>(
        resize_scratch_bytes(shape, context().pool.threads()) / sizeof(float)));
    resize(context(), shape, input.data(), output.data(), scratch.data());
    expect_near(output, expected, 1e-5);
  }
}

}  // namespace
}  // namespace headway
