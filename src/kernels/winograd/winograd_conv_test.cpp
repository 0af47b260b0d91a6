#include "kernels/winograd/winograd_conv.h"

#include "kernels/conv/conv_testing.h"

namespace headway {
namespace {

const WinogradForm kForms[] = {2, 4, {4, true}, 6};

class WinogradConvTest : public EveryIsa {};
HEADWAY_TEST_EVERY_ISA(WinogradConvTest);

std::int64_t blocked_size(std::int64_t batch, std::int64_t channels, std::int64_t pixels,
                          std::int64_t width) {
  return batch * ((channels + width - 1) / width) * pixels * width;
}

ConvShape any_winograd_shape(Generator& generator) {
  ConvShape s;
  s.batch = generator.integer(1, 3);
  s.in_channels = generator.integer(1, 70);
  s.out_channels = generator.integer(1, 70);
  s.kernel_height = s.kernel_width = 3;
  s.pad_top = generator.integer(0, 2);
  s.pad_left = generator.integer(0, 2);
  s.in_height = generator.integer(3, 20);
  s.in_width = generator.integer(3, 30);
  s.out_height = out_extent(s.in_height, s.pad_top + generator.integer(0, 2), 3, 1, 1);
  s.out_width = out_extent(s.in_width, s.pad_left + generator.integer(0, 2), 3, 1, 1);
  return s;
}

WinogradSplit any_split(const ConvShape& s, WinogradForm form, Generator& generator) {
  const int m = form.tile;
  const std::int64_t tiles = s.batch * ((s.out_height + m - 1) / m) * ((s.out_width + m - 1) / m);
  WinogradSplit split;
  split.chunks = generator.integer(1, std::min<std::int64_t>(tiles, 9));
  split.shared = generator.chance(0.5);
  split.workers = generator.integer(1, 4);
  split.gathered = generator.integer(1, 4);
  if (!split.shared) split.workers = std::min(split.workers, split.chunks);
  if (split.shared) {
    split.parts = generator.integer(1, std::min<std::int64_t>(3, tiles / split.chunks));
  }
  return split;
}

/// Runs the case with blocked tensors, NaN in all lanes that belong to no channel.
void run(const KernelContext& context, const ConvCase& test, const WinogradConv& conv,
         bool in_parts, GuardedFloats& plain, bool max_pool = false) {
  const ConvShape& s = test.shape;
  const int width = context.loops.width;
  const std::int64_t in_pixels = s.in_height * s.in_width, pixels = s.out_height * s.out_width;
  const std::int64_t stored = max_pool ? (s.out_height / 2) * (s.out_width / 2) : pixels;
  GuardedFloats input(blocked_size(s.batch, s.in_channels, in_pixels, width));
  to_blocked(test.input, s.batch, s.in_channels, in_pixels, width, input);
  GuardedFloats output(blocked_size(s.batch, s.out_channels, stored, width));
  if (!max_pool) to_blocked(test.residual, s.batch, s.out_channels, pixels, width, output);
  GuardedFloats bias(blocked_size(1, s.out_channels, 1, width));
  to_blocked(test.bias, 1, s.out_channels, 1, width, bias);
  GuardedFloats packed(static_cast<std::int64_t>(conv.packed_size()));
  if (in_parts) {
    for (std::int64_t part = conv.pack_parts(); part-- > 0;) {
      conv.pack_part(test.weights.data(), part, packed.data());
    }
  } else {
    conv.pack(test.weights.data(), packed.data());
  }
  GuardedFloats scratch(static_cast<std::int64_t>(conv.scratch_bytes() / sizeof(float)));
  std::fill_n(scratch.data(), scratch.size(), std::numeric_limits<float>::quiet_NaN());
  const Epilogue epilogue{test.kind.bias ? bias.data() : nullptr,
                          test.kind.residual ? output.data() : nullptr, test.kind.activation,
                          max_pool};
  conv.run(context, input.data(), packed.data(), epilogue, output.data(), scratch.data());
  to_plain(output, s.out_channels, stored, width, plain);
}

/// The greatest error that F(tile × tile, 3×3) may make, in terms of the sums' typical size.
double error_bound(int tile) {
  return tile == 2 ? 5e-6 : tile == 4 ? 6e-5 : 1.2e-4;
}

/// A sum of 9 · channels products of two numbers from [-1, 1] is about sqrt(channels).
double tolerance(int tile, const ConvShape& s) {
  return error_bound(tile) * std::sqrt(static_cast<double>(s.in_channels));
}

TEST_P(WinogradConvTest, EqualsPlainLoopsOverGeneratedShapesAndSplits) {
  Generator generator(1);
  BrgemmSet tiles(loops());
  for (int round = 0; round < 40 && !HasFatalFailure(); ++round) {
    const ConvCase test(any_winograd_shape(generator), generator);
    const std::vector<double> expected = test.expected();
    ThreadPool pool(static_cast<int>(generator.integer(1, 4)));
    for (const WinogradForm form : kForms) {
      const WinogradSplit split = any_split(test.shape, form, generator);
      SCOPED_TRACE(test.described()
                   << " tile " << form.tile << (form.half ? " half, " : ", ") << split.chunks
                   << " chunks, " << split.workers << (split.shared ? " shared by " : " for ")
                   << "workers, " << split.parts << " parts, " << split.gathered << " gathered");
      const WinogradConv conv(test.shape, form, split, tiles);
      GuardedFloats plain(test.residual.size());
      run({pool, loops()}, test, conv, generator.chance(0.5), plain);
      expect_near(plain, expected, tolerance(form.tile, test.shape));
    }
  }
}

/// The greatest of every 2 × 2 pixels.
std::vector<double> pooled(const std::vector<double>& plain, const ConvShape& s) {
  std::vector<double> result;
  for (std::int64_t plane = 0; plane < s.batch * s.out_channels; ++plane) {
    for (std::int64_t y = 0; y + 2 <= s.out_height; y += 2) {
      for (std::int64_t x = 0; x + 2 <= s.out_width; x += 2) {
        const double* corner = plain.data() + (plane * s.out_height + y) * s.out_width + x;
        result.push_back(std::max(std::max(corner[0], corner[1]),
                                  std::max(corner[s.out_width], corner[s.out_width + 1])));
      }
    }
  }
  return result;
}

TEST_P(WinogradConvTest, PoolsOnTheWay) {
  Generator generator(4);
  BrgemmSet tiles(loops());
  for (int round = 0; round < 20 && !HasFatalFailure(); ++round) {
    ConvCase test(any_winograd_shape(generator), generator);
    test.kind.residual = false;
    const std::vector<double> expected = pooled(test.expected(), test.shape);
    ThreadPool pool(static_cast<int>(generator.integer(1, 4)));
    for (const WinogradForm form : kForms) {
      SCOPED_TRACE(test.described() << " tile " << form.tile << (form.half ? " half" : ""));
      const WinogradConv conv(test.shape, form, any_split(test.shape, form, generator), tiles);
      ASSERT_TRUE(conv.can_pool());
      GuardedFloats plain(static_cast<std::int64_t>(expected.size()));
      run({pool, loops()}, test, conv, false, plain, true);
      expect_near(plain, expected, tolerance(form.tile, test.shape));
    }
  }
}

TEST_P(WinogradConvTest, EqualsPlainLoopsAsItSplitsItself) {
  Generator generator(2);
  BrgemmSet tiles(loops());
  for (const int threads : {1, 2, 4}) {
    for (const ConvShape& s :
         {ConvShape{.in_channels = 40, .in_height = 40, .in_width = 61, .out_channels = 24},
          ConvShape{
              .batch = 2, .in_channels = 128, .in_height = 7, .in_width = 7, .out_channels = 160},
          ConvShape{.in_channels = 3, .in_height = 1, .in_width = 1, .out_channels = 1}}) {
      ConvShape shape = s;
      shape.kernel_height = shape.kernel_width = 3;
      shape.pad_top = shape.pad_left = 1;
      shape.out_height = s.in_height;
      shape.out_width = s.in_width;
      const ConvCase test(shape, generator);
      const std::vector<double> expected = test.expected();
      ThreadPool pool(threads);
      for (const WinogradForm form : kForms) {
        SCOPED_TRACE(test.described() << " tile " << form.tile << (form.half ? " half, " : ", ")
                                      << threads << " threads");
        const WinogradConv conv(shape, form, ConvPlan{.epilogue = test.kind, .threads = threads},
                                tiles);
        GuardedFloats plain(test.residual.size());
        run({pool, loops()}, test, conv, false, plain);
        expect_near(plain, expected, tolerance(form.tile, test.shape));
      }
    }
  }
}

TEST_P(WinogradConvTest, KeepsItsErrorBounds) {
  Generator generator(3);
  BrgemmSet tiles(loops());
  for (const std::int64_t channels : {64, 512}) {
    ConvShape s{.in_channels = channels,
                .in_height = 12,
                .in_width = 12,
                .out_channels = 16,
                .out_height = 12,
                .out_width = 12,
                .kernel_height = 3,
                .kernel_width = 3,
                .pad_top = 1,
                .pad_left = 1};
    ConvCase test(s, generator);
    test.kind = {};
    generator.fill_normal(test.input);
    generator.fill_normal(test.weights);
    const std::vector<double> expected = test.expected();
    for (const WinogradForm form : kForms) {
      const double bound = error_bound(form.tile);
      GuardedFloats plain(test.residual.size());
      run(context(), test, WinogradConv(s, form, ConvPlan{}, tiles), false, plain);
      double squares = 0, squared_errors = 0, greatest = 0;
      for (std::int64_t i = 0; i < plain.size(); ++i) {
        const double wanted = expected[static_cast<std::size_t>(i)];
        const double error = static_cast<double>(plain[i]) - wanted;
        squares += wanted * wanted;
        squared_errors += error * error;
        greatest = std::max(greatest, std::fabs(error));
      }
      const double typical = std::sqrt(squares / static_cast<double>(plain.size()));
      EXPECT_LT(greatest, bound * typical) << "tile " << form.tile << " half " << form.half;
      EXPECT_LT(squared_errors, std::pow(bound / 5, 2) * squares) << "tile " << form.tile;
    }
  }
}

TEST(WinogradConv, AppliesToPlainThreeByThreeOnly) {
  ConvShape s{.in_channels = 8,
              .in_height = 8,
              .in_width = 8,
              .out_channels = 8,
              .out_height = 6,
              .out_width = 6,
              .kernel_height = 3,
              .kernel_width = 3};
  EXPECT_TRUE(WinogradConv::applies(s));
  for (std::int64_t ConvShape::*changed :
       {&ConvShape::groups, &ConvShape::kernel_height, &ConvShape::kernel_width,
        &ConvShape::stride_height, &ConvShape::stride_width, &ConvShape::dilation_height,
        &ConvShape::dilation_width}) {
    ConvShape other = s;
    other.*changed = 2;
    EXPECT_FALSE(WinogradConv::applies(other));
  }
  s.batch = 0;
  EXPECT_FALSE(WinogradConv::applies(s));
}

}  // namespace
}  // namespace headway
