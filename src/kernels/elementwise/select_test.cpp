#include "kernels/elementwise/select.h"

#include <memory>

#include "kernels/elementwise/cast.h"
#include "kernels/strided.h"
#include "kernels/test_support.h"

namespace headway {
namespace {

class SelectTest : public EveryIsa {};
HEADWAY_TEST_EVERY_ISA(SelectTest);

using Extents = std::vector<std::int64_t>;

/// An operand that some axes of the output broadcast.
struct Operand {
  Extents strides;
  std::int64_t size = 1;

  Operand(const Extents& extents, Generator& generator) : strides(extents.size()) {
    for (std::size_t axis = extents.size(); axis-- > 0;) {
      if (generator.chance(0.3)) continue;
      strides[axis] = size;
      size *= extents[axis];
    }
  }

  std::int64_t at(std::int64_t index, const Extents& extents) const {
    std::int64_t offset = 0;
    for (std::size_t axis = extents.size(); axis-- > 0; index /= extents[axis])
      offset += index % extents[axis] * strides[axis];
    return offset;
  }
};

TEST_P(SelectTest, EqualsPlainLoops) {
  Generator generator(1);
  for (int round = 0; round < 100 && !HasFatalFailure(); ++round) {
    Extents extents;
    std::int64_t size = 1;
    for (std::int64_t rank = generator.integer(0, 4); rank > 0; --rank) {
      extents.push_back(generator.integer(1, 20));
      size *= extents.back();
    }
    const Operand condition(extents, generator), left(extents, generator),
        right(extents, generator);
    const auto flags = std::make_unique<bool[]>(static_cast<std::size_t>(condition.size));
    for (std::int64_t i = 0; i < condition.size; ++i)
      flags[static_cast<std::size_t>(i)] = generator.chance(0.5);
    GuardedFloats a(left.size), b(right.size), output(size);
    generator.fill(a);
    generator.fill(b);
    select(context(), extents, flags.get(), condition.strides, a.data(), left.strides, b.data(),
           right.strides, output.data());
    for (std::int64_t i = 0; i < size; ++i) {
      const bool chosen = flags[static_cast<std::size_t>(condition.at(i, extents))];
      ASSERT_EQ(output[i], chosen ? a[left.at(i, extents)] : b[right.at(i, extents)]);
    }
  }
}

template <typename From>
void check_cast(const KernelContext& context, std::vector<From> input) {
  GuardedFloats output(static_cast<std::int64_t>(input.size()));
  to_float(context, output.size(), input.data(), output.data());
  for (std::int64_t i = 0; i < output.size(); ++i)
    ASSERT_EQ(output[i], static_cast<float>(input[static_cast<std::size_t>(i)]));
}

TEST_P(SelectTest, CastsIntegers) {
  Generator generator(2);
  std::vector<std::int64_t> wide = {std::numeric_limits<std::int64_t>::min(), -1, 0, 16777217};
  std::vector<std::int32_t> narrow;
  for (int i = 0; i < 40000; ++i) {
    wide.push_back(generator.integer(-(std::int64_t{1} << 60), std::int64_t{1} << 60));
    narrow.push_back(static_cast<std::int32_t>(wide.back()));
  }
  check_cast(context(), wide);
  check_cast(context(), narrow);
  check_cast<std::uint8_t>(context(), {0, 1, 128, 255});
}

}  // namespace
}  // namespace headway
