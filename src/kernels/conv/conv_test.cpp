#include "kernels/conv/conv.h"

#include "kernels/conv/conv_testing.h"

namespace headway {
namespace {

class ConvTest : public EveryIsa {};
HEADWAY_TEST_EVERY_ISA(ConvTest);

TEST_P(ConvTest, EqualsPlainLoopsOverGeneratedShapes) {
  Generator generator(1);
  BrgemmSet tiles(loops());
  for (int round = 0; round < 60 && !HasFatalFailure(); ++round) {
    ConvCase test(any_shape(generator), generator);
    SCOPED_TRACE(test.described());
    const Conv conv(test.shape, test.kind, tiles, context().pool.threads());
    GuardedFloats packed(static_cast<std::int64_t>(conv.packed_size()));
    conv.pack(test.weights.data(), packed.data());
    GuardedFloats scratch(static_cast<std::int64_t>(conv.scratch_bytes() / sizeof(float)));
    GuardedFloats output(test.residual.size());
    std::copy_n(test.residual.data(), output.size(), output.data());
    conv.run(context(), test.input.data(), packed.data(),
             {test.kind.bias ? test.bias.data() : nullptr,
              test.kind.residual ? output.data() : nullptr, test.kind.activation},
             output.data(), scratch.data());
    expect_near(output, test.expected(), 2e-5);
  }
}

}  // namespace
}  // namespace headway
