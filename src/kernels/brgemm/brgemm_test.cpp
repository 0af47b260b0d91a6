#include "kernels/brgemm/brgemm.h"

#include <cstring>
#include <limits>

#include "kernels/test_support.h"

namespace headway {
namespace {

/// Strides of tiles as kernels use them: rows of an image, perhaps over several lines.
struct Operands {
  explicit Operands(const BrgemmShape& tile, std::int64_t batch, int width, Generator& generator)
      : shape(tile),
        a(batch * a_extent()),
        b(batch * shape.k * shape.vectors * width),
        c(c_extent(width)),
        residual(c.size()),
        bias(std::int64_t{shape.vectors} * width),
        addend(shape.rows * shape.addend_row_stride),
        x(batch * shape.differences * width),
        y(x.size()),
        difference(x.size()) {
    for (GuardedFloats* floats : {&a, &b, &c, &residual, &bias, &addend, &x, &y}) {
      generator.fill(*floats);
    }
    for (std::int64_t i = batch; i-- > 0;) {
      offsets.push_back(i * a_extent() * static_cast<std::int64_t>(sizeof(float)));
    }
  }

  std::int64_t a_row(std::int64_t r) const {
    return r / shape.line_rows * shape.a_line_stride + r % shape.line_rows * shape.a_row_stride;
  }
  std::int64_t c_row(std::int64_t r) const {
    return r / shape.line_rows * shape.c_line_stride + r % shape.line_rows * shape.c_row_stride;
  }
  std::int64_t a_extent() const {
    std::int64_t extent = 0;
    for (int r = 0; r < shape.rows; ++r) extent = std::max(extent, a_row(r) + shape.k);
    return extent;
  }
  int last_columns(int width) const { return shape.last_columns ? shape.last_columns : width; }
  std::int64_t c_extent(int width) const {
    std::int64_t last = 0;
    for (int r = 0; r < shape.rows; ++r) last = std::max(last, c_row(r));
    const int v = shape.vectors - 1;
    const std::int64_t whole = v > 0 ? (v - 1) * shape.c_vector_stride + width : 0;
    return last + std::max(whole, v * shape.c_vector_stride + last_columns(width));
  }

  BrgemmShape shape;
  GuardedFloats a, b, c, residual, bias, addend, x, y, difference;
  std::vector<std::int64_t> offsets;
};

double product(const Operands& o, int r, int column, int width) {
  double sum = 0;
  const std::int64_t columns = std::int64_t{o.shape.vectors} * width;
  for (std::size_t i = 0; i < o.offsets.size(); ++i) {
    for (int k = 0; k < o.shape.k; ++k) {
      const std::int64_t row = static_cast<std::int64_t>(i) * o.shape.k + k;
      sum += static_cast<double>(o.a[o.offsets[i] / 4 + o.a_row(r) + k]) *
             static_cast<double>(o.b[row * columns + column]);
    }
  }
  return sum;
}

std::vector<double> expected_of(const Operands& o, const BrgemmCall& call, int width) {
  std::vector<double> expected;
  for (std::int64_t i = 0; i < o.c.size(); ++i) expected.push_back(static_cast<double>(o.c[i]));
  for (int r = 0; r < o.shape.rows; ++r) {
    for (int v = 0; v < o.shape.vectors; ++v) {
      const int lanes = v == o.shape.vectors - 1 ? o.last_columns(width) : width;
      for (int lane = 0; lane < lanes; ++lane) {
        const std::int64_t at = o.c_row(r) + v * o.shape.c_vector_stride + lane;
        double sum = product(o, r, v * width + lane, width);
        if (o.shape.accumulate) sum += static_cast<double>(o.c[at]);
        if (o.shape.residual) sum += static_cast<double>(o.residual[at]);
        if (o.shape.addend) {
          sum += static_cast<double>(o.addend[r * o.shape.addend_row_stride + v * width + lane]);
        }
        if (o.shape.bias) sum += static_cast<double>(o.bias[v * width + lane]);
        if (o.shape.activation == BrgemmActivation::kRelu) sum = std::fmax(sum, 0.0);
        if (o.shape.activation == BrgemmActivation::kClip) {
          sum = std::fmin(std::fmax(sum, static_cast<double>(call.low)),
                          static_cast<double>(call.high));
        }
        expected[static_cast<std::size_t>(at)] = sum;
      }
    }
  }
  return expected;
}

BrgemmShape any_tile(Generator& generator, const InnerLoops& loops) {
  BrgemmShape shape;
  shape.vectors = static_cast<int>(generator.integer(1, kMaxBrgemmVectors));
  shape.rows =
      static_cast<int>(generator.integer(1, std::max(1, max_brgemm_rows(shape.vectors, loops))));
  shape.k = static_cast<int>(generator.integer(1, 16));
  if (generator.chance(0.4)) {
    shape.last_columns = static_cast<int>(generator.integer(1, loops.width - 1));
  }
  if (generator.chance(0.4)) shape.line_rows = static_cast<int>(generator.integer(1, 8));
  shape.a_row_stride = generator.integer(1, 40);
  shape.a_line_stride = generator.integer(1, 400);
  const std::int64_t columns = std::int64_t{shape.vectors} * loops.width;
  const bool vectors_together = generator.chance(0.5);
  shape.c_row_stride = vectors_together ? columns : loops.width;
  const int line = std::min(shape.line_rows, shape.rows);
  shape.c_line_stride = line * shape.c_row_stride + generator.integer(0, 5);
  const std::int64_t lines = (shape.rows + line - 1) / line;
  shape.c_vector_stride = vectors_together ? loops.width : lines * shape.c_line_stride;
  shape.accumulate = generator.chance(0.5);
  shape.bias = generator.chance(0.5);
  shape.residual = generator.chance(0.5);
  shape.addend = generator.chance(0.3);
  shape.addend_row_stride = shape.addend ? columns + generator.integer(0, 5) : 0;
  shape.differences = static_cast<int>(generator.integer(0, 3));
  shape.activation = static_cast<BrgemmActivation>(generator.integer(0, 2));
  for (int& fetched : shape.prefetch) fetched = static_cast<int>(generator.integer(0, 9));
  return shape;
}

class BrgemmTest : public EveryIsa {};
HEADWAY_TEST_EVERY_ISA(BrgemmTest);

TEST_P(BrgemmTest, EqualsPlainLoops) {
  Generator generator(1);
  BrgemmSet set(loops());
  for (int i = 0; i < 300; ++i) {
    const BrgemmShape shape = any_tile(generator, loops());
    SCOPED_TRACE(testing::Message()
                 << "case " << i << ": " << shape.rows << " rows of " << shape.line_rows << ", "
                 << shape.vectors << " vectors, last " << shape.last_columns << ", k " << shape.k);
    Operands o(shape, generator.integer(1, 5), loops().width, generator);
    BrgemmCall call{o.a.data(),
                    o.offsets.data(),
                    static_cast<std::int64_t>(o.offsets.size()),
                    o.b.data(),
                    o.c.data(),
                    o.residual.data(),
                    o.bias.data(),
                    o.addend.data(),
                    o.x.data(),
                    o.y.data(),
                    o.difference.data(),
                    -0.5F,
                    0.75F,
                    nullptr,
                    {o.a.data(), o.b.data()}};
    std::vector<double> differences;
    for (std::int64_t at = 0; at < o.x.size(); ++at) {
      differences.push_back(static_cast<double>(o.x[at] - o.y[at]));
    }
    const std::vector<double> expected = expected_of(o, call, loops().width);
    GuardedFloats compiled(o.c.size());
    std::copy_n(o.c.data(), o.c.size(), compiled.data());
    set.get(shape)(call);
    expect_near(o.c, expected, 1e-5);
    expect_near(o.difference, differences, 0);
    call.c = compiled.data();
    call.difference = o.y.data();
    loops().brgemm(shape, call);
    expect_near(compiled, expected, 1e-5);
    expect_near(o.y, differences, 0);
  }
}

TEST_P(BrgemmTest, MultipliesLinesByValuesOfPolynomials) {
  constexpr double kPoints[6][3] = {{1, 0, 0}, {1, 1, 1}, {1, -1, 1},
                                    {0, 0, 1}, {1, 2, 4}, {1, -2, 4}};
  Generator generator(2);
  BrgemmSet set(loops());
  const int width = loops().width;
  for (int i = 0; i < 60; ++i) {
    BrgemmShape shape{.vectors = 1, .at_points = true};
    shape.line_rows = static_cast<int>(generator.integer(1, 4));
    shape.rows = 6 * shape.line_rows;
    shape.k = static_cast<int>(generator.integer(1, 5));
    shape.a_row_stride = generator.integer(5, 20);
    shape.a_line_stride = generator.integer(80, 100);
    shape.c_row_stride = width;
    shape.c_line_stride = shape.line_rows * width + generator.integer(0, 5);
    shape.prefetch[0] = static_cast<int>(generator.integer(0, 3));
    const std::int64_t batch = generator.integer(1, 4);
    Operands o(shape, batch, width, generator);
    GuardedFloats b(batch * shape.k * 3 * width), factors(6);
    generator.fill(b);
    generator.fill(factors);
    std::vector<double> expected;
    for (std::int64_t at = 0; at < o.c.size(); ++at) {
      expected.push_back(static_cast<double>(o.c[at]));
    }
    for (int r = 0; r < shape.rows; ++r) {
      const int line = r / shape.line_rows;
      for (int lane = 0; lane < width; ++lane) {
        double sum = 0;
        for (std::int64_t k = 0; k < batch * shape.k; ++k) {
          const std::int64_t a =
              o.offsets[static_cast<std::size_t>(k / shape.k)] / 4 + o.a_row(r) + k % shape.k;
          for (int power = 0; power < 3; ++power) {
            sum += static_cast<double>(o.a[a]) * kPoints[line][power] *
                   static_cast<double>(b[(3 * k + power) * width + lane]);
          }
        }
        expected[static_cast<std::size_t>(o.c_row(r) + lane)] =
            sum * static_cast<double>(factors[line]);
      }
    }
    BrgemmCall call{.a = o.a.data(), .a_offsets = o.offsets.data(), .batch = batch, .b = b.data()};
    call.line_factors = factors.data();
    call.prefetch[0] = b.data();
    for (const bool generated : {true, false}) {
      GuardedFloats c(o.c.size());
      std::copy_n(o.c.data(), c.size(), c.data());
      call.c = c.data();
      if (generated) {
        set.get(shape)(call);
      } else {
        loops().brgemm(shape, call);
      }
      expect_near(c, expected, 1e-5);
    }
  }
}

TEST_P(BrgemmTest, NanComesThroughActivations) {
  BrgemmSet set(loops());
  for (const auto activation : {BrgemmActivation::kRelu, BrgemmActivation::kClip}) {
    BrgemmShape shape{.rows = 1, .vectors = 1, .k = 1, .activation = activation};
    shape.last_columns = 1;
    const float a = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> b(static_cast<std::size_t>(loops().width), 1.0F);
    const std::int64_t offset = 0;
    float c = 0;
    BrgemmCall call{.a = &a, .a_offsets = &offset, .batch = 1, .b = b.data(), .c = &c};
    call.high = 6;
    set.get(shape)(call);
    EXPECT_TRUE(std::isnan(c));
  }
}

TEST_P(BrgemmTest, SameShapeIsGeneratedOnce) {
  BrgemmSet set(loops());
  const BrgemmShape shape{.rows = 2, .vectors = 1, .k = 4, .a_row_stride = 4, .c_row_stride = 16};
  const Brgemm first = set.get(shape), second = set.get(shape);
  EXPECT_EQ(std::memcmp(&first, &second, sizeof first), 0);
}

}  // namespace
}  // namespace headway
