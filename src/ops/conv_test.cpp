#include "ops/conv_geometry.h"
#include "ops/op_testing.h"

namespace headway {
namespace {

struct ConvCase {
  std::int64_t batch, in, out, groups, height, width, kernel_h, kernel_w, stride, dilation, pad;
};

Attributes attributes_of(const ConvCase& c) {
  return {{"group", c.groups},
          {"strides", list({c.stride, c.stride})},
          {"dilations", list({c.dilation, c.dilation})},
          {"pads", list({c.pad, c.pad + 1, c.pad, c.pad})}};
}

/// The definition, one output at a time.
double convolve_at(const ConvCase& c, const Tensor& x, const Tensor& w, std::int64_t n,
                   std::int64_t o, std::int64_t row, std::int64_t column) {
  const std::int64_t per_group = c.in / c.groups, first = o / (c.out / c.groups) * per_group;
  double sum = 0.0;
  for (std::int64_t i = 0; i < per_group; ++i) {
    for (std::int64_t kh = 0; kh < c.kernel_h; ++kh) {
      for (std::int64_t kw = 0; kw < c.kernel_w; ++kw) {
        const std::int64_t h = row * c.stride + kh * c.dilation - c.pad;
        const std::int64_t v = column * c.stride + kw * c.dilation - c.pad - 1;
        if (h < 0 || h >= c.height || v < 0 || v >= c.width) continue;
        sum += static_cast<double>(
                   x.data<float>()[((n * c.in + first + i) * c.height + h) * c.width + v]) *
               w.data<float>()[((o * per_group + i) * c.kernel_h + kh) * c.kernel_w + kw];
      }
    }
  }
  return sum;
}

constexpr ConvCase kCases[] = {
    {1, 3, 5, 1, 7, 9, 3, 3, 1, 1, 1}, {2, 4, 6, 2, 8, 8, 3, 1, 2, 1, 0},
    {1, 6, 6, 6, 5, 5, 3, 3, 1, 1, 1}, {1, 2, 3, 1, 9, 10, 3, 2, 1, 2, 2},
    {3, 5, 7, 1, 1, 1, 1, 1, 1, 1, 0}, {1, 8, 4, 4, 6, 300, 5, 5, 3, 1, 2},
};

TEST(Conv, EqualsItsDefinition) {
  for (const ConvCase& c : kCases) {
    const Tensor x = random_floats({c.batch, c.in, c.height, c.width});
    const Tensor w = random_floats({c.out, c.in / c.groups, c.kernel_h, c.kernel_w}, 2);
    const Tensor b = random_floats({c.out}, 3);
    const Tensor y = run_op("Conv", {x, w, b}, attributes_of(c));
    const float* found = y.data<float>();
    for (std::int64_t n = 0; n < c.batch; ++n) {
      for (std::int64_t o = 0; o < c.out; ++o) {
        for (std::int64_t row = 0; row < y.dim(2); ++row) {
          for (std::int64_t column = 0; column < y.dim(3); ++column) {
            const double wanted = convolve_at(c, x, w, n, o, row, column) +
                                  b.values<float>()[static_cast<std::size_t>(o)];
            ASSERT_NEAR(*found++, wanted, 1e-4);
          }
        }
      }
    }
  }
}

TEST(Conv, HandComputed) {
  const Tensor x = floats({1, 1, 2, 3}, {1, 2, 3, 4, 5, 6});
  const Tensor w = floats({1, 1, 2, 2}, {1, 10, 100, 1000});
  expect_near(run_op("Conv", {x, w}), floats({1, 1, 1, 2}, {5421, 6532}));
}

TEST(Conv, OneAndThreeSpatialAxes) {
  const Tensor line = floats({1, 1, 4}, {1, 2, 3, 4});
  expect_near(run_op("Conv", {line, floats({1, 1, 2}, {1, -1})}), floats({1, 1, 3}, {-1, -1, -1}));
  const Tensor cube = floats({1, 1, 2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  expect_near(run_op("Conv", {cube, floats({1, 1, 2, 2, 2}, {1, 1, 1, 1, 1, 1, 1, 1})}),
              floats({1, 1, 1, 1, 1}, {36}));
}

TEST(Conv, HalfPrecisionIsRoundedOnce) {
  const Tensor x = random_floats({1, 16, 4, 4}).to(DType::kFloat16);
  const Tensor w = random_floats({3, 16, 3, 3}, 2).to(DType::kFloat16);
  const Tensor exact = run_op("Conv", {x.to(DType::kFloat32), w.to(DType::kFloat32)});
  expect_near(run_op("Conv", {x, w}), exact.to(DType::kFloat16), 0.0);
}

TEST(Conv, EmptyBatch) {
  const Tensor y =
      run_op("Conv", {Tensor::zeros(DType::kFloat32, {0, 3, 8, 8}), random_floats({4, 3, 3, 3})});
  EXPECT_EQ(y.shape(), (Shape{0, 4, 6, 6}));
}

TEST(Conv, AutoPadKeepsTheExtentDividedByTheStride) {
  const Tensor x = random_floats({1, 1, 5, 8});
  const Tensor w = random_floats({1, 1, 2, 3});
  for (const char* mode : {"SAME_UPPER", "SAME_LOWER"}) {
    const Tensor y =
        run_op("Conv", {x, w}, {{"auto_pad", std::string(mode)}, {"strides", list({1, 2})}});
    EXPECT_EQ(y.shape(), (Shape{1, 1, 5, 4}));
  }
  OneNode upper("Conv", {x, w}, {{"auto_pad", std::string("SAME_UPPER")}});
  OneNode lower("Conv", {x, w}, {{"auto_pad", std::string("SAME_LOWER")}});
  EXPECT_EQ(conv_geometry(*upper.node).axes[0].pad_begin, 0);
  EXPECT_EQ(conv_geometry(*upper.node).axes[0].pad_end, 1);
  EXPECT_EQ(conv_geometry(*lower.node).axes[0].pad_begin, 1);
  EXPECT_EQ(conv_geometry(*lower.node).axes[0].pad_end, 0);
}

TEST(Conv, KeepsSymbols) {
  OneNode same("Conv", {type_of({symbol("N"), 3, symbol("H"), 32}), type_of({8, 3, 3, 3})},
               {{"pads", list({1, 1, 1, 1})}});
  EXPECT_EQ(same.infer().to_string(), "float32[N,8,H,32]");
  OneNode strided("Conv", {type_of({symbol("N"), 3, symbol("H"), 32}), type_of({8, 3, 3, 3})},
                  {{"strides", list({2, 2})}});
  EXPECT_EQ(strided.infer().to_string(), "float32[N,8,?,15]");
}

TEST(Conv, GeometryCountsWork) {
  OneNode one("Conv", {type_of({2, 4, 8, 8}), type_of({6, 2, 3, 3})}, {{"group", std::int64_t{2}}});
  const ConvGeometry geometry = conv_geometry(*one.node);
  EXPECT_EQ(geometry.macs(), 2 * 6 * 6 * 6 * 2 * 9);
  EXPECT_EQ(geometry.output_shape(), (Shape{2, 6, 6, 6}));
}

TEST(Conv, RefusesContradictions) {
  const auto infer = [](std::vector<Dim> x, std::vector<Dim> w, Attributes attributes) {
    return [=] { OneNode("Conv", {type_of(x), type_of(w)}, attributes).infer(); };
  };
  const ErrorCode bad = ErrorCode::kInvalidModel;
  expect_error(bad, {"'it'", "do not fit 1 group"}, infer({1, 3, 8, 8}, {4, 2, 3, 3}, {}));
  expect_error(bad, {"do not fit 3 group"},
               infer({1, 3, 8, 8}, {4, 1, 3, 3}, {{"group", std::int64_t{3}}}));
  expect_error(bad, {"group is 0"},
               infer({1, 3, 8, 8}, {4, 3, 3, 3}, {{"group", std::int64_t{0}}}));
  expect_error(bad, {"rank 4"}, infer({1, 3, 8, 8}, {4, 3, 3}, {}));
  expect_error(bad, {"does not fit", "extent 2"}, infer({1, 3, 2, 8}, {4, 3, 3, 3}, {}));
  expect_error(bad, {"kernel_shape"},
               infer({1, 3, 8, 8}, {4, 3, 3, 3}, {{"kernel_shape", list({5, 5})}}));
  expect_error(bad, {"strides", "1 entries"},
               infer({1, 3, 8, 8}, {4, 3, 3, 3}, {{"strides", list({1})}}));
  expect_error(bad, {"strides", "impossible value 0"},
               infer({1, 3, 8, 8}, {4, 3, 3, 3}, {{"strides", list({0, 1})}}));
  expect_error(bad, {"pads", "impossible value -1"},
               infer({1, 3, 8, 8}, {4, 3, 3, 3}, {{"pads", list({0, 0, -1, 0})}}));
  expect_error(bad, {"auto_pad", "SAME"},
               infer({1, 3, 8, 8}, {4, 3, 3, 3}, {{"auto_pad", std::string("SAME")}}));
  expect_error(bad, {"int64"}, [] {
    OneNode("Conv", {type_of({1, 3, 8, 8}, DType::kInt64), type_of({4, 3, 3, 3}, DType::kInt64)})
        .infer();
  });
}

/// <conv(x), y> = <x, conv_transpose(y)>: one is the adjoint of the other.
TEST(ConvTranspose, IsTheAdjointOfConv) {
  const auto dot = [](const Tensor& a, const Tensor& b) {
    double sum = 0.0;
    for (std::int64_t i = 0; i < a.size(); ++i) {
      sum += static_cast<double>(a.data<float>()[i]) * b.data<float>()[i];
    }
    return sum;
  };
  for (const std::int64_t stride : {1, 2}) {
    const Attributes attributes = {{"group", std::int64_t{2}},
                                   {"strides", list({stride, stride})},
                                   {"pads", list({1, 0, 1, 2})},
                                   {"dilations", list({1, 2})}};
    const Tensor x = random_floats({2, 4, 7, 9}), w = random_floats({6, 2, 3, 3}, 2);
    const Tensor forward = run_op("Conv", {x, w}, attributes);
    const Tensor y = random_floats(forward.shape(), 3);
    Attributes back = attributes;
    back["output_padding"] = list({(7 + 2 - 3) % stride, (9 + 2 - 5) % stride});
    const Tensor backward = run_op("ConvTranspose", {y, w}, back);
    ASSERT_EQ(backward.shape(), x.shape());
    EXPECT_NEAR(dot(forward, y), dot(x, backward), 1e-2);
  }
}

TEST(ConvTranspose, HandComputed) {
  const Tensor x = floats({1, 1, 2}, {1, 2}), w = floats({1, 1, 3}, {1, 10, 100});
  expect_near(run_op("ConvTranspose", {x, w, floats({1}, {5})}, {{"strides", list({2})}}),
              floats({1, 1, 5}, {6, 15, 107, 25, 205}));
}

}  // namespace
}  // namespace headway
