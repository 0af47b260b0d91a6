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

/// Extents, and for each axis its output stride: 0 where it is reduced.
struct Axes {
  explicit Axes(const std::vector<std::int64_t>& sizes, const std::vector<bool>& reduced)
      : extents(sizes), output_strides(sizes.size()) {
    for (std::size_t axis = extents.size(); axis-- > 0;) {
      input_size *= extents[axis];
      if (reduced[axis]) continue;
      output_strides[axis] = output_size;
      output_size *= extents[axis];
    }
  }

  std::int64_t output_at(std::int64_t i) const {
    std::int64_t at = 0;
    for (std::size_t axis = extents.size(); axis-- > 0;) {
      at += i % extents[axis] * output_strides[axis];
      i /= extents[axis];
    }
    return at;
  }

  std::vector<std::int64_t> extents, output_strides;
  std::int64_t input_size = 1;
  std::int64_t output_size = 1;
};

void expect_equals_plain_loops(const KernelContext& context, ReduceOp op, const Axes& axes,
                               Generator& generator) {
  GuardedFloats input(axes.input_size);
  generator.fill(input);
  std::vector<double> expected(static_cast<std::size_t>(axes.output_size), start(op));
  for (std::int64_t i = 0; i < input.size(); ++i) {
    double& total = expected[static_cast<std::size_t>(axes.output_at(i))];
    total = combine(op, total, static_cast<double>(input[i]));
  }
  for (double& total : expected) total = finish(op, total, axes.input_size / axes.output_size);
  GuardedFloats output(axes.output_size);
  reduce(context, op, axes.extents, axes.output_strides, input.data(), output.data());
  SCOPED_TRACE(testing::PrintToString(axes.extents) + " " +
               testing::PrintToString(axes.output_strides));
  expect_near(output, expected, 1e-4);
}

TEST_P(ReduceTest, EqualsPlainLoopsOverGeneratedAxes) {
  Generator generator(1);
  for (int round = 0; round < 400 && !HasFatalFailure(); ++round) {
    std::vector<std::int64_t> extents;
    std::vector<bool> reduced;
    for (std::int64_t rank = generator.integer(0, 5); rank > 0; --rank) {
      extents.push_back(generator.chance(0.2) ? 1 : generator.integer(1, rank > 2 ? 5 : 40));
      reduced.push_back(generator.chance(0.5));
    }
    expect_equals_plain_loops(context(), static_cast<ReduceOp>(round % 8), Axes(extents, reduced),
                              generator);
  }
}

TEST_P(ReduceTest, LongAxes) {
  Generator generator(2);
  for (int round = 0; round < 16 && !HasFatalFailure(); ++round) {
    const auto op = static_cast<ReduceOp>(round % 8);
    expect_equals_plain_loops(context(), op, Axes({3, 3000}, {false, true}), generator);
    expect_equals_plain_loops(context(), op, Axes({3000, 37}, {true, false}), generator);
    expect_equals_plain_loops(context(), op, Axes({2, 3000, 3}, {true, false, true}), generator);
  }
}

TEST_P(ReduceTest, MiddleOfTheBlockedLayout) {
  Generator generator(3);
  const Axes axes({2, 5, 14, 13, loops().width}, {false, false, true, true, false});
  expect_equals_plain_loops(context(), ReduceOp::kMean, axes, generator);
}

TEST_P(ReduceTest, WideColumnsAreCutIntoStrips) {
  GuardedFloats input(4 * 5000);
  for (std::int64_t i = 0; i < input.size(); ++i) input[i] = static_cast<float>(i % 5000);
  GuardedFloats output(5000);
  const Axes axes({4, 5000}, {true, false});
  reduce(context(), ReduceOp::kMean, axes.extents, axes.output_strides, input.data(),
         output.data());
  for (std::int64_t i = 0; i < 5000; ++i) ASSERT_EQ(output[i], static_cast<float>(i));
}

TEST_P(ReduceTest, ExtremesKeepNaN) {
  for (const Axes& axes : {Axes({100}, {true}), Axes({2, 50, 1}, {true, true, true}),
                           Axes({100, 2}, {true, false}), Axes({2, 50}, {false, true})}) {
    for (std::int64_t at : {0, 5, 37, 99}) {
      for (ReduceOp op : {ReduceOp::kMax, ReduceOp::kMin, ReduceOp::kSum}) {
        GuardedFloats input(axes.input_size);
        GuardedFloats output(axes.output_size);
        input[at] = std::numeric_limits<float>::quiet_NaN();
        reduce(context(), op, axes.extents, axes.output_strides, input.data(), output.data());
        EXPECT_TRUE(std::isnan(output[axes.output_at(at)]));
      }
    }
  }
}

}  // namespace
}  // namespace headway
