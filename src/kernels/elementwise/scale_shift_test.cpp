#include "kernels/elementwise/scale_shift.h"

#include "kernels/test_support.h"

namespace headway {
namespace {

class ScaleChannelsTest : public EveryIsa {};
HEADWAY_TEST_EVERY_ISA(ScaleChannelsTest);

TEST_P(ScaleChannelsTest, EqualsPlainLoopsOverGeneratedShapes) {
  Generator generator(1);
  const std::int64_t lanes = loops().width;
  for (int round = 0; round < 60 && !HasFatalFailure(); ++round) {
    ChannelScale scale;
    scale.blocks = generator.integer(1, 5);
    scale.planes = scale.blocks * generator.integer(1, 3);
    scale.pixels = generator.chance(0.2) ? generator.integer(250, 700) : generator.integer(1, 60);
    scale.per_image = generator.chance(0.5);
    scale.activation = any_activation(generator);
    GuardedFloats factors((scale.per_image ? scale.planes : scale.blocks) * lanes);
    GuardedFloats shift(scale.blocks * lanes);
    GuardedFloats values(scale.planes * scale.pixels * lanes);
    for (GuardedFloats* floats : {&factors, &shift, &values}) generator.fill(*floats);
    scale.scale = factors.data();
    if (generator.chance(0.7)) scale.shift = shift.data();

    std::vector<double> expected;
    for (std::int64_t i = 0; i < values.size(); ++i) {
      const std::int64_t plane = i / (scale.pixels * lanes);
      const std::int64_t block = plane % scale.blocks;
      const std::int64_t at = (scale.per_image ? plane : block) * lanes + i % lanes;
      double x = static_cast<double>(values[i]) * static_cast<double>(factors[at]);
      if (scale.shift) x += static_cast<double>(shift[block * lanes + i % lanes]);
      expected.push_back(activate(scale.activation, x));
    }
    scale_channels(context(), scale, values.data(), values.data());
    expect_near(values, expected, 1e-5);
  }
}

}  // namespace
}  // namespace headway
