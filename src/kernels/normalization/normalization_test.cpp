#include "kernels/normalization/normalization.h"

#include "kernels/test_support.h"

namespace headway {
namespace {

class NormalizationTest : public EveryIsa {};
HEADWAY_TEST_EVERY_ISA(NormalizationTest);

TEST_P(NormalizationTest, LayerNormEqualsPlainLoops) {
  Generator generator(1);
  for (int round = 0; round < 60 && !HasFatalFailure(); ++round) {
    const std::int64_t rows = generator.integer(1, 40);
    const std::int64_t size = generator.chance(0.2) ? 768 : generator.integer(2, 130);
    GuardedFloats values(rows * size), scale(size), bias(size);
    for (GuardedFloats* floats : {&values, &scale, &bias}) generator.fill(*floats);
    const bool has_bias = generator.chance(0.5);
    std::vector<double> expected;
    for (std::int64_t row = 0; row < rows; ++row) {
      double mean = 0, variance = 0;
      const float* x = values.data() + row * size;
      for (std::int64_t i = 0; i < size; ++i) mean += static_cast<double>(x[i]);
      mean /= static_cast<double>(size);
      for (std::int64_t i = 0; i < size; ++i) {
        variance += (static_cast<double>(x[i]) - mean) * (static_cast<double>(x[i]) - mean);
      }
      const double factor = 1 / std::sqrt(variance / static_cast<double>(size) + 1e-5);
      for (std::int64_t i = 0; i < size; ++i) {
        expected.push_back((static_cast<double>(x[i]) - mean) * factor *
                               static_cast<double>(scale[i]) +
                           (has_bias ? static_cast<double>(bias[i]) : 0.0));
      }
    }
    layer_norm(context(), rows, size, values.data(), scale.data(), has_bias ? bias.data() : nullptr,
               1e-5F, values.data());
    expect_near(values, expected, 2e-5);
  }
}

TEST_P(NormalizationTest, GroupNormEqualsPlainLoops) {
  Generator generator(3);
  for (int round = 0; round < 40 && !HasFatalFailure(); ++round) {
    const std::int64_t batch = generator.integer(1, 3), group = generator.integer(1, 5);
    const std::int64_t channels = group * generator.integer(1, 6);
    const std::int64_t spatial = generator.integer(4, 300), size = group * spatial;
    GuardedFloats input(batch * channels * spatial), scale(channels), bias(channels);
    for (GuardedFloats* floats : {&input, &scale, &bias}) generator.fill(*floats);
    std::vector<double> expected;
    for (std::int64_t i = 0; i < input.size(); ++i) {
      const float* x = input.data() + i / size * size;
      double mean = 0, variance = 0;
      for (std::int64_t j = 0; j < size; ++j) mean += static_cast<double>(x[j]);
      mean /= static_cast<double>(size);
      for (std::int64_t j = 0; j < size; ++j) {
        variance += (static_cast<double>(x[j]) - mean) * (static_cast<double>(x[j]) - mean);
      }
      const std::int64_t channel = i / spatial % channels;
      expected.push_back((static_cast<double>(input[i]) - mean) /
                             std::sqrt(variance / static_cast<double>(size) + 1e-5) *
                             static_cast<double>(scale[channel]) +
                         static_cast<double>(bias[channel]));
    }
    GuardedFloats output(input.size());
    group_norm(context(), batch, channels, spatial, group, input.data(), scale.data(), bias.data(),
               1e-5F, output.data());
    expect_near(output, expected, 5e-5);
  }
}

TEST_P(NormalizationTest, ScaleShiftEqualsPlainLoops) {
  Generator generator(2);
  for (int round = 0; round < 60 && !HasFatalFailure(); ++round) {
    const std::int64_t batch = generator.integer(1, 3);
    const std::int64_t channels = generator.integer(1, 40);
    const std::int64_t spatial = generator.integer(1, 200);
    GuardedFloats input(batch * channels * spatial), scale(channels), shift(channels);
    for (GuardedFloats* floats : {&input, &scale, &shift}) generator.fill(*floats);
    const Unary activation = any_activation(generator);
    std::vector<double> expected;
    for (std::int64_t i = 0; i < input.size(); ++i) {
      const std::int64_t channel = i / spatial % channels;
      expected.push_back(
          activate(activation, static_cast<double>(input[i]) * static_cast<double>(scale[channel]) +
                                   static_cast<double>(shift[channel])));
    }
    GuardedFloats output(input.size());
    scale_shift(context(), batch, channels, spatial, input.data(), scale.data(), shift.data(),
                activation, output.data());
    expect_near(output, expected, 1e-6);
  }
}

}  // namespace
}  // namespace headway
