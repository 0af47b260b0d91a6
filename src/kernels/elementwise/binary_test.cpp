#include "kernels/elementwise/binary.h"

#include <limits>

#include "kernels/test_support.h"

namespace headway {
namespace {

class BinaryTest : public EveryIsa {};
HEADWAY_TEST_EVERY_ISA(BinaryTest);

double plain(BinaryOp op, double a, double b) {
  switch (op) {
    case BinaryOp::kAdd:
      return a + b;
    case BinaryOp::kSub:
      return a - b;
    case BinaryOp::kMul:
      return a * b;
    case BinaryOp::kDiv:
      return a / b;
    case BinaryOp::kMin:
      return std::fmin(a, b);
    case BinaryOp::kMax:
      return std::fmax(a, b);
    case BinaryOp::kPow:
      return std::pow(a, b);
  }
  return 0;
}

/// One operand: an extent is broadcast with some probability.
struct Operand {
  Operand(const std::vector<std::int64_t>& extents, Generator& generator)
      : strides(extents.size()), elements(plan(extents, generator)) {
    generator.fill(elements);
    for (std::int64_t i = 0; i < elements.size(); ++i) elements[i] = std::fabs(elements[i]) + 0.1F;
  }

  std::int64_t plan(const std::vector<std::int64_t>& extents, Generator& generator) {
    std::int64_t size = 1;
    for (std::size_t axis = extents.size(); axis-- > 0;) {
      if (generator.chance(0.35)) continue;
      strides[axis] = size;
      size *= extents[axis];
    }
    return size;
  }

  std::vector<std::int64_t> strides;
  GuardedFloats elements;
};

std::vector<std::int64_t> any_extents(Generator& generator) {
  std::vector<std::int64_t> extents;
  for (std::int64_t rank = generator.integer(0, 5); rank > 0; --rank) {
    extents.push_back(generator.chance(0.2) ? 1 : generator.integer(1, 20));
  }
  return extents;
}

std::int64_t offset_of(std::int64_t index, const std::vector<std::int64_t>& extents,
                       const std::vector<std::int64_t>& strides) {
  std::int64_t offset = 0;
  for (std::size_t axis = extents.size(); axis-- > 0;) {
    offset += index % extents[axis] * strides[axis];
    index /= extents[axis];
  }
  return offset;
}

TEST_P(BinaryTest, EqualsPlainLoopsOverGeneratedBroadcasts) {
  Generator generator(1);
  for (int round = 0; round < 200 && !HasFatalFailure(); ++round) {
    const std::vector<std::int64_t> extents = any_extents(generator);
    const Operand a(extents, generator);
    const Operand b(extents, generator);
    const auto op = static_cast<BinaryOp>(round % 7);
    const Unary activation = any_activation(generator);
    std::int64_t size = 1;
    for (std::int64_t extent : extents) size *= extent;
    std::vector<double> expected;
    for (std::int64_t i = 0; i < size; ++i) {
      const auto x = static_cast<double>(a.elements[offset_of(i, extents, a.strides)]);
      const auto y = static_cast<double>(b.elements[offset_of(i, extents, b.strides)]);
      expected.push_back(activate(activation, plain(op, x, y)));
    }
    GuardedFloats output(size);
    binary(context(), op, extents, a.elements.data(), a.strides, b.elements.data(), b.strides,
           activation, output.data());
    expect_near(output, expected, 1e-5);
  }
}

TEST_P(BinaryTest, RepeatsVectorsAndOtherRows) {
  Generator generator(2);
  for (int round = 0; round < 120 && !HasFatalFailure(); ++round) {
    const bool vectors = generator.chance(0.5);
    const std::int64_t columns =
        vectors ? generator.integer(1, 4) * loops().width : generator.integer(1, 600);
    const std::vector<std::int64_t> extents = {generator.integer(1, 3), generator.integer(1, 400),
                                               columns};
    const std::int64_t plane = extents[1] * columns;
    const std::vector<std::int64_t> dense_strides = {plane, columns, 1};
    const std::vector<std::int64_t> repeated_strides = {columns, 0, 1};
    GuardedFloats dense(extents[0] * plane);
    GuardedFloats repeated(extents[0] * columns);
    for (GuardedFloats* floats : {&dense, &repeated}) {
      generator.fill(*floats);
      for (std::int64_t i = 0; i < floats->size(); ++i)
        (*floats)[i] = std::fabs((*floats)[i]) + 0.1F;
    }
    const auto op = static_cast<BinaryOp>(round % 7);
    const Unary activation = any_activation(generator);
    const bool swapped = generator.chance(0.5);
    std::vector<double> expected;
    for (std::int64_t i = 0; i < dense.size(); ++i) {
      const auto x = static_cast<double>(dense[i]);
      const auto y = static_cast<double>(repeated[i / plane * columns + i % columns]);
      expected.push_back(activate(activation, swapped ? plain(op, y, x) : plain(op, x, y)));
    }
    if (swapped) {
      binary(context(), op, extents, repeated.data(), repeated_strides, dense.data(), dense_strides,
             activation, dense.data());
    } else {
      binary(context(), op, extents, dense.data(), dense_strides, repeated.data(), repeated_strides,
             activation, dense.data());
    }
    expect_near(dense, expected, 1e-5);
  }
}

TEST_P(BinaryTest, WorksInPlace) {
  const std::int64_t extents[] = {40000};
  const std::int64_t strides[] = {1};
  GuardedFloats values(40000);
  for (std::int64_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  binary(context(), BinaryOp::kAdd, extents, values.data(), strides, values.data(), strides, {},
         values.data());
  for (std::int64_t i = 0; i < values.size(); ++i) ASSERT_EQ(values[i], static_cast<float>(2 * i));
}

TEST_P(BinaryTest, MinimumAndMaximumKeepNaN) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (BinaryOp op : {BinaryOp::kMin, BinaryOp::kMax}) {
    const float a[] = {nan, 1, nan};
    const float b[] = {1, nan, nan};
    const std::int64_t extents[] = {3};
    const std::int64_t strides[] = {1};
    float output[3];
    binary(context(), op, extents, a, strides, b, strides, {}, output);
    for (float value : output) EXPECT_TRUE(std::isnan(value));
  }
}

}  // namespace
}  // namespace headway
