#include "kernels/movement/movement.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>

#include "kernels/test_support.h"

namespace headway {
namespace {

class MovementTest : public EveryIsa {};
HEADWAY_TEST_EVERY_ISA(MovementTest);

using Extents = std::vector<std::int64_t>;

Extents dense_strides(const Extents& extents) {
  Extents strides(extents.size());
  std::int64_t stride = 1;
  for (std::size_t axis = extents.size(); axis-- > 0;) {
    strides[axis] = stride;
    stride *= extents[axis];
  }
  return strides;
}

std::int64_t product(const Extents& extents) {
  return std::accumulate(extents.begin(), extents.end(), std::int64_t{1}, std::multiplies<>());
}

std::int64_t offset_of(std::int64_t index, const Extents& extents, const Extents& strides) {
  std::int64_t offset = 0;
  for (std::size_t axis = extents.size(); axis-- > 0;) {
    offset += index % extents[axis] * strides[axis];
    index /= extents[axis];
  }
  return offset;
}

template <typename Element>
void check_permutation(const KernelContext& context, Generator& generator) {
  Extents in_extents;
  for (std::int64_t rank = generator.integer(1, 5); rank > 0; --rank) {
    in_extents.push_back(generator.chance(0.2) ? 1 : generator.integer(1, 22));
  }
  Extents order(in_extents.size());
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(
        order[i - 1],
        order[static_cast<std::size_t>(generator.integer(0, static_cast<std::int64_t>(i) - 1))]);
  }
  const Extents in_strides = dense_strides(in_extents);
  Extents extents, strides;
  for (std::int64_t axis : order) {
    extents.push_back(in_extents[static_cast<std::size_t>(axis)]);
    strides.push_back(in_strides[static_cast<std::size_t>(axis)]);
  }
  const std::int64_t size = product(extents);
  std::vector<Element> input(static_cast<std::size_t>(size));
  for (Element& element : input) element = static_cast<Element>(generator.integer(0, 1 << 30));
  std::vector<Element> output(input.size());
  copy_strided(context, sizeof(Element), extents, input.data(), strides, output.data(),
               dense_strides(extents));
  for (std::int64_t i = 0; i < size; ++i) {
    ASSERT_EQ(output[static_cast<std::size_t>(i)],
              input[static_cast<std::size_t>(offset_of(i, extents, strides))]);
  }
}

TEST_P(MovementTest, TransposesElementsOfEverySize) {
  Generator generator(1);
  for (int round = 0; round < 60 && !HasFatalFailure(); ++round) {
    check_permutation<std::uint8_t>(context(), generator);
    check_permutation<std::uint16_t>(context(), generator);
    check_permutation<std::uint32_t>(context(), generator);
    check_permutation<std::uint64_t>(context(), generator);
  }
}

TEST_P(MovementTest, TransposesTouchNothingBehindTheData) {
  for (std::int64_t rows : {1, 7, 16, 33}) {
    for (std::int64_t columns : {1, 9, 16, 70}) {
      GuardedFloats input(rows * columns), output(rows * columns);
      for (std::int64_t i = 0; i < input.size(); ++i) input[i] = static_cast<float>(i);
      const Extents extents{columns, rows};
      copy_strided(context(), sizeof(float), extents, input.data(), Extents{1, columns},
                   output.data(), Extents{rows, 1});
      for (std::int64_t i = 0; i < output.size(); ++i) {
        ASSERT_EQ(output[i], input[i % rows * columns + i / rows]);
      }
    }
  }
}

TEST_P(MovementTest, SlicesBackwardsAndBroadcasts) {
  std::vector<float> input(200);
  std::iota(input.begin(), input.end(), 0.0F);
  std::vector<float> output(60);
  // input[::-2] of the last axis, repeated 3 times.
  copy_strided(context(), sizeof(float), Extents{3, 10, 2}, input.data() + 3, Extents{0, 20, -2},
               output.data(), Extents{20, 2, 1});
  for (int i = 0; i < 60; ++i) {
    EXPECT_EQ(output[static_cast<std::size_t>(i)],
              static_cast<float>(i % 20 / 2 * 20 + 3 - i % 2 * 2));
  }
}

TEST_P(MovementTest, CopiesRowsOfAConcat) {
  const std::int64_t rows = 5, row = 40000, wide = 90000;
  std::vector<char> input(static_cast<std::size_t>(rows * row));
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<char>(i * 7 + i / 1000);
  std::vector<char> output(static_cast<std::size_t>(rows * wide));
  copy_rows(context(), rows, row, input.data(), row, output.data() + 100, wide);
  for (std::int64_t i = 0; i < rows * wide; ++i) {
    const std::int64_t x = i % wide - 100;
    const char expected =
        x >= 0 && x < row ? input[static_cast<std::size_t>(i / wide * row + x)] : char{0};
    ASSERT_EQ(output[static_cast<std::size_t>(i)], expected) << i;
  }
}

template <typename Index>
void check_gather(const KernelContext& context, Generator& generator) {
  const std::int64_t outer = generator.integer(1, 5), extent = generator.integer(1, 30);
  const std::int64_t row = generator.chance(0.5)   ? generator.integer(1, 2)
                           : generator.chance(0.9) ? generator.integer(1, 200)
                                                   : generator.integer(4000, 9000);
  std::vector<Index> indices(static_cast<std::size_t>(generator.integer(1, 60)));
  for (Index& index : indices) index = static_cast<Index>(generator.integer(-extent, extent - 1));
  const auto count = static_cast<std::int64_t>(indices.size());
  GuardedFloats input(outer * extent * row), output(outer * count * row);
  generator.fill(input);
  EXPECT_FALSE(gather(context, outer, extent, row * std::int64_t{sizeof(float)}, input.data(),
                      std::span<const Index>(indices), output.data()));
  for (std::int64_t i = 0; i < output.size(); ++i) {
    const std::int64_t index = indices[static_cast<std::size_t>(i / row % count)];
    const std::int64_t from = i / row / count * extent + (index < 0 ? index + extent : index);
    ASSERT_EQ(output[i], input[from * row + i % row]);
  }
}

TEST_P(MovementTest, GathersEqualPlainLoops) {
  Generator generator(7);
  for (int round = 0; round < 80 && !HasFatalFailure(); ++round) {
    check_gather<std::int32_t>(context(), generator);
    check_gather<std::int64_t>(context(), generator);
  }
}

TEST_P(MovementTest, GathersBytes) {
  const std::string text = "abcdefghi";
  const std::vector<std::int32_t> indices = {2, -1, 0};
  std::string taken(9, '-');
  EXPECT_FALSE(gather(context(), 1, 3, 3, text.data(), std::span<const std::int32_t>(indices),
                      taken.data()));
  EXPECT_EQ(taken, "ghighiabc");
}

TEST_P(MovementTest, GatherNamesTheFirstIndexOutside) {
  const std::string text = "abc";
  std::string taken(3, '-');
  const auto outside = [&](const std::vector<std::int64_t>& indices) {
    return gather(context(), 1, 3, 1, text.data(), std::span(indices), taken.data());
  };
  EXPECT_EQ(outside({2, 3, -4}), 1u);
  EXPECT_EQ(outside({-4, 0, 0}), 0u);
  EXPECT_EQ(outside({0, 0, std::numeric_limits<std::int64_t>::min()}), 2u);
  EXPECT_EQ(taken, "---");
  EXPECT_EQ(outside({-3, 2, 1}), std::nullopt);
  EXPECT_EQ(taken, "acb");
}

std::int64_t mirrored(std::int64_t at, std::int64_t extent) {
  return at < 0 ? -at : at >= extent ? 2 * (extent - 1) - at : at;
}

TEST_P(MovementTest, PadsEqualPlainLoops) {
  Generator generator(4);
  for (int round = 0; round < 150 && !HasFatalFailure(); ++round) {
    const auto mode = static_cast<PadMode>(round % 3);
    Extents in, before, out;
    for (std::int64_t rank = generator.integer(1, 4); rank > 0; --rank) {
      in.push_back(generator.integer(4, 12));
      before.push_back(generator.integer(-1, 3));
      out.push_back(in.back() + before.back() + generator.integer(-1, 3));
    }
    GuardedFloats input(product(in));
    generator.fill(input);
    GuardedFloats output(product(out));
    const float value = 2.5F;
    pad(context(), mode, in, before, out, sizeof(float), &value, input.data(), output.data());
    for (std::int64_t i = 0; i < output.size(); ++i) {
      std::int64_t rest = i, offset = 0, stride = 1;
      bool outside = false;
      for (std::size_t axis = in.size(); axis-- > 0;) {
        const std::int64_t at = rest % out[axis] - before[axis];
        rest /= out[axis];
        outside = outside || at < 0 || at >= in[axis];
        const std::int64_t from = mode == PadMode::kReflect
                                      ? mirrored(at, in[axis])
                                      : std::clamp<std::int64_t>(at, 0, in[axis] - 1);
        offset += from * stride;
        stride *= in[axis];
      }
      const bool constant = outside && mode == PadMode::kConstant;
      ASSERT_EQ(output[i], constant ? 2.5F : input[offset]);
    }
  }
}

}  // namespace
}  // namespace headway
