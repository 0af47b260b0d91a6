#include "kernels/integer/byte_conv.h"

#include "kernels/test_support.h"

namespace headway {
namespace {

class ByteConvTest : public EveryIsa {};

std::vector<std::uint8_t> any_bytes(std::int64_t count, Generator& generator) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count));
  for (std::uint8_t& byte : bytes) {
    byte = generator.chance(0.2) ? static_cast<std::uint8_t>(generator.chance(0.5) ? 0 : 255)
                                 : static_cast<std::uint8_t>(generator.integer(0, 255));
  }
  return bytes;
}

int number(DType dtype, std::uint8_t byte) {
  return dtype == DType::kInt8 ? static_cast<std::int8_t>(byte) : byte;
}

ByteWindow any_window(Generator& generator, std::int64_t longest) {
  ByteWindow axis{.kernel = generator.integer(1, 3),
                  .stride = generator.integer(1, 3),
                  .dilation = generator.integer(1, 2),
                  .pad = generator.integer(0, 2)};
  axis.input = (axis.kernel - 1) * axis.dilation + generator.integer(1, longest);
  axis.output =
      (axis.input + axis.pad + generator.integer(0, 2) - (axis.kernel - 1) * axis.dilation - 1) /
          axis.stride +
      1;
  return axis;
}

ByteConvShape any_shape(Generator& generator) {
  ByteConvShape shape{.batch = generator.integer(1, 2), .groups = generator.integer(1, 3)};
  const bool depthwise = generator.chance(0.3);
  if (depthwise) shape.groups = generator.integer(2, 90);
  shape.in_channels = shape.groups * (depthwise ? 1 : generator.integer(1, 9));
  shape.out_channels = shape.groups * (depthwise ? 1 : generator.integer(1, 40));
  shape.axes = {any_window(generator, 6), any_window(generator, generator.chance(0.2) ? 200 : 20)};
  shape.channels_last = generator.chance(0.5);
  return shape;
}

/// Where an element is, of [channels × height × width] or with the channels last.
std::int64_t element_at(bool channels_last, std::int64_t channels, std::int64_t height,
                        std::int64_t width, std::int64_t c, std::int64_t y, std::int64_t x) {
  return channels_last ? (y * width + x) * channels + c : (c * height + y) * width + x;
}

struct Operands {
  DType x_dtype, w_dtype;
  std::vector<std::uint8_t> x, w, w_zero;
  std::uint8_t x_zero;
};

std::int32_t expected_sum(const ByteConvShape& shape, const Operands& o, std::int64_t image,
                          std::int64_t channel, std::int64_t row, std::int64_t column) {
  const ByteWindow &high = shape.axes[0], &wide = shape.axes[1];
  const std::int64_t in = shape.in_channels / shape.groups;
  const std::int64_t first = channel / (shape.out_channels / shape.groups) * in;
  std::int32_t sum = 0;
  for (std::int64_t c = 0; c < in; ++c) {
    for (std::int64_t i = 0; i < high.kernel * wide.kernel; ++i) {
      const std::int64_t y = row * high.stride + i / wide.kernel * high.dilation - high.pad;
      const std::int64_t x = column * wide.stride + i % wide.kernel * wide.dilation - wide.pad;
      if (y < 0 || x < 0 || y >= high.input || x >= wide.input) continue;
      const std::int64_t at = image * shape.in_channels * high.input * wide.input +
                              element_at(shape.channels_last, shape.in_channels, high.input,
                                         wide.input, first + c, y, x);
      const std::int64_t weight = (channel * in + c) * high.kernel * wide.kernel + i;
      sum += (number(o.x_dtype, o.x[static_cast<std::size_t>(at)]) - number(o.x_dtype, o.x_zero)) *
             (number(o.w_dtype, o.w[static_cast<std::size_t>(weight)]) -
              number(o.w_dtype, o.w_zero[static_cast<std::size_t>(channel)]));
    }
  }
  return sum;
}

void expect_convolution(const ByteConvShape& shape, const KernelContext& context,
                        Generator& generator) {
  const ByteWindow &high = shape.axes[0], &wide = shape.axes[1];
  const DType dtypes[] = {DType::kInt8, DType::kUInt8};
  const Operands o{
      dtypes[generator.integer(0, 1)],
      dtypes[generator.integer(0, 1)],
      any_bytes(shape.batch * shape.in_channels * high.input * wide.input, generator),
      any_bytes(shape.out_channels * shape.in_channels / shape.groups * high.kernel * wide.kernel,
                generator),
      any_bytes(shape.out_channels, generator),
      static_cast<std::uint8_t>(generator.integer(0, 255))};
  ByteConv conv(shape, context.loops, context.pool.threads());
  std::vector<std::byte> packed(static_cast<std::size_t>(conv.packed_bytes()));
  conv.pack(context, {o.w_dtype, o.w.data(), o.w_zero.data(), 1}, packed.data());
  conv.look_at(packed.data());
  std::vector<std::byte> scratch(conv.scratch_bytes() + 64);
  void* aligned = scratch.data();
  std::size_t room = scratch.size();
  std::align(64, conv.scratch_bytes(), aligned, room);
  const std::int64_t points = high.output * wide.output;
  std::vector<std::int32_t> output(
      static_cast<std::size_t>(shape.batch * shape.out_channels * points));
  conv.run(context, o.x_dtype, o.x.data(), o.x_zero, packed.data(), {}, output.data(), aligned);
  for (std::int64_t i = 0; i < shape.batch * shape.out_channels * points; ++i) {
    const std::int64_t image = i / (shape.out_channels * points);
    const std::int64_t channel = i / points % shape.out_channels;
    const std::int64_t row = i % points / wide.output, column = i % wide.output;
    const std::int64_t at = image * shape.out_channels * points +
                            element_at(shape.channels_last, shape.out_channels, high.output,
                                       wide.output, channel, row, column);
    ASSERT_EQ(output[static_cast<std::size_t>(at)],
              expected_sum(shape, o, image, channel, row, column))
        << "channel " << channel << ", row " << row << ", column " << column;
  }
}

TEST_P(ByteConvTest, SumsAreExact) {
  Generator generator(1);
  for (int i = 0; i < 80; ++i) {
    const ByteConvShape shape = any_shape(generator);
    SCOPED_TRACE(testing::Message()
                 << shape.groups << " groups, " << shape.in_channels << " to " << shape.out_channels
                 << ", " << shape.axes[0].kernel << 'x' << shape.axes[1].kernel << " over "
                 << shape.axes[0].input << 'x' << shape.axes[1].input
                 << (shape.channels_last ? ", channels last" : ""));
    expect_convolution(shape, context(), generator);
    if (HasFatalFailure()) return;
  }
}

HEADWAY_TEST_EVERY_ISA(ByteConvTest);

}  // namespace
}  // namespace headway
