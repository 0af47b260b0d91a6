#include "kernels/reduce/reduce.h"

#include <limits>

#include "kernels/test_support.h"

namespace headway {
namespace {

class ReduceTest : public EveryIsa {};
HEADWAY_TEST_EVERY_ISA(ReduceTest);

double start(ReduceOp op) {
  if (op == ReduceOp::kMax) return -std::numeric_limits<double>::infinity();
  if (op == ReduceOp::kMin) return std::numeric_limits<double>::infinity();
  return op == ReduceOp::kProd ? 1 : 0;
}

double combine(ReduceOp op, double total, double x) {
  switch (op) {
    case ReduceOp::kSum:
    case ReduceOp::kMean:
      return total + x;
    case ReduceOp::kMax:
      return std::fmax(total, x);
    case ReduceOp::kMin:
      return std::fmin(total, x);
    case ReduceOp::kSumSquare:
    case ReduceOp::kL2:
      return total + x * x;
    case ReduceOp::kL1:
      return total + std::fabs(x);
    case ReduceOp::kProd:
      return total * x;
  }
  return 0;
}

double finish(ReduceOp op, double total, std::int64_t axis) {
  if (op == ReduceOp::kMean) return total / static_cast<double>(axis);
  return op == ReduceOp::kL2 ? std::sqrt(total) : total;
}

TEST_P(ReduceTest, EqualsPlainLoopsOverGeneratedShapes) {
  Generator generator(1);
  for (int round = 0; round < 200 && !HasFatalFailure(); ++round) {
    const auto op = static_cast<ReduceOp>(round % 8);
    const std::int64_t outer = generator.integer(1, 20);
    const std::int64_t axis = generator.chance(0.1) ? 3000 : generator.integer(1, 150);
    const std::int64_t inner = generator.chance(0.5) ? 1 : generator.integer(2, 40);
    GuardedFloats input(outer * axis * inner);
    generator.fill(input);
    std::vector<double> expected;
    for (std::int64_t i = 0; i < outer * inner; ++i) {
      double total = start(op);
      for (std::int64_t k = 0; k < axis; ++k) {
        const std::int64_t at = (i / inner * axis + k) * inner + i % inner;
        total = combine(op, total, static_cast<double>(input[at]));
      }
      expected.push_back(finish(op, total, axis));
    }
    GuardedFloats output(outer * inner);
    reduce(context(), op, outer, axis, inner, input.data(), output.data());
    expect_near(output, expected, 1e-4);
  }
}

TEST_P(ReduceTest, WideColumnsAreCutIntoStrips) {
  GuardedFloats input(4 * 5000);
  for (std::int64_t i = 0; i < input.size(); ++i) input[i] = static_cast<float>(i % 5000);
  GuardedFloats output(5000);
  reduce(context(), ReduceOp::kMean, 1, 4, 5000, input.data(), output.data());
  for (std::int64_t i = 0; i < 5000; ++i) ASSERT_EQ(output[i], static_cast<float>(i));
}

TEST_P(ReduceTest, ExtremesKeepNaN) {
  for (std::int64_t at : {0, 5, 37, 99}) {
    GuardedFloats input(100);
    input[at] = std::numeric_limits<float>::quiet_NaN();
    for (ReduceOp op : {ReduceOp::kMax, ReduceOp::kMin, ReduceOp::kSum}) {
      float output = 0;
      reduce(context(), op, 1, 100, 1, input.data(), &output);
      EXPECT_TRUE(std::isnan(output));
    }
  }
}

}  // namespace
}  // namespace headway
