#include "kernels/softmax/softmax.h"

#include <limits>

#include "kernels/test_support.h"

namespace headway {
namespace {

class SoftmaxTest : public EveryIsa {};
HEADWAY_TEST_EVERY_ISA(SoftmaxTest);

struct Extents {
  std::int64_t outer, axis, inner;
};

std::vector<double> plain(const Extents& e, bool logarithm, const GuardedFloats& input) {
  std::vector<double> result(static_cast<std::size_t>(input.size()));
  for (std::int64_t i = 0; i < e.outer * e.inner; ++i) {
    const auto at = [&](std::int64_t k) {
      return (i / e.inner * e.axis + k) * e.inner + i % e.inner;
    };
    double largest = -std::numeric_limits<double>::infinity();
    double sum = 0;
    for (std::int64_t k = 0; k < e.axis; ++k) {
      largest = std::fmax(largest, static_cast<double>(input[at(k)]));
    }
    for (std::int64_t k = 0; k < e.axis; ++k) {
      sum += std::exp(static_cast<double>(input[at(k)]) - largest);
    }
    for (std::int64_t k = 0; k < e.axis; ++k) {
      const double shifted = static_cast<double>(input[at(k)]) - largest;
      result[static_cast<std::size_t>(at(k))] =
          logarithm ? shifted - std::log(sum) : std::exp(shifted) / sum;
    }
  }
  return result;
}

TEST_P(SoftmaxTest, EqualsPlainLoopsOverGeneratedShapes) {
  Generator generator(1);
  for (int round = 0; round < 150 && !HasFatalFailure(); ++round) {
    const Extents extents{generator.integer(1, 12), generator.integer(1, 90),
                          generator.chance(0.5) ? 1 : generator.integer(2, 140)};
    const bool logarithm = generator.chance(0.5);
    GuardedFloats values(extents.outer * extents.axis * extents.inner);
    generator.fill(values);
    for (std::int64_t i = 0; i < values.size(); ++i) values[i] *= 60;
    const std::vector<double> expected = plain(extents, logarithm, values);
    softmax(context(), logarithm, extents.outer, extents.axis, extents.inner, values.data(),
            values.data());
    expect_near(values, expected, 1e-5);
  }
}

TEST_P(SoftmaxTest, LargeValuesDoNotOverflow) {
  float values[] = {1e30F, 1e30F, -1e30F};
  softmax(context(), false, 1, 3, 1, values, values);
  EXPECT_EQ(values[0], 0.5F);
  EXPECT_EQ(values[1], 0.5F);
  EXPECT_EQ(values[2], 0.0F);
}

}  // namespace
}  // namespace headway
