#include "kernels/gemm/gemm.h"

#include "kernels/test_support.h"

namespace headway {
namespace {

class GemmTest : public EveryIsa {};
HEADWAY_TEST_EVERY_ISA(GemmTest);

GemmShape any_shape(Generator& generator) {
  GemmShape shape;
  shape.m = generator.chance(0.3) ? 1 : generator.integer(1, 70);
  shape.n = generator.chance(0.2) ? 1 : generator.integer(1, 130);
  shape.k = generator.chance(0.1) ? generator.integer(500, 1200) : generator.integer(1, 90);
  shape.transpose_a = generator.chance(0.5);
  shape.transpose_b = generator.chance(0.5);
  shape.alpha = generator.chance(0.5) ? 1.0F : 0.25F;
  shape.batch = generator.chance(0.5) ? 1 : generator.integer(2, 4);
  shape.stride_a = generator.chance(0.2) ? 0 : shape.m * shape.k;
  shape.stride_b = generator.chance(0.4) ? 0 : shape.k * shape.n;
  shape.stride_c = shape.m * shape.n;
  return shape;
}

struct Case {
  Case(const GemmShape& gemm, Generator& generator)
      : shape(gemm),
        a(shape.batch * shape.m * shape.k),
        b(shape.batch * shape.k * shape.n),
        bias(shape.n),
        residual(shape.batch * shape.m * shape.n) {
    for (GuardedFloats* floats : {&a, &b, &bias, &residual}) generator.fill(*floats);
    if (generator.chance(0.5)) epilogue.bias = bias.data();
    if (generator.chance(0.5)) epilogue.residual = residual.data();
    epilogue.activation = any_activation(generator);
  }

  EpilogueKind kind() const {
    return {epilogue.bias != nullptr, epilogue.residual != nullptr, epilogue.activation};
  }

  std::vector<double> expected() const {
    std::vector<double> result;
    for (std::int64_t i = 0; i < residual.size(); ++i) {
      const std::int64_t matrix = i / (shape.m * shape.n);
      const std::int64_t row = i / shape.n % shape.m;
      const std::int64_t column = i % shape.n;
      const std::int64_t first_a = matrix * shape.stride_a;
      const std::int64_t first_b = matrix * shape.stride_b;
      double sum = 0;
      for (std::int64_t k = 0; k < shape.k; ++k) {
        const std::int64_t at_a = shape.transpose_a ? k * shape.m + row : row * shape.k + k;
        const std::int64_t at_b = shape.transpose_b ? column * shape.k + k : k * shape.n + column;
        sum += static_cast<double>(a[first_a + at_a]) * static_cast<double>(b[first_b + at_b]);
      }
      sum *= static_cast<double>(shape.alpha);
      if (epilogue.bias) sum += static_cast<double>(bias[column]);
      if (epilogue.residual) sum += static_cast<double>(residual[i]);
      result.push_back(activate(epilogue.activation, sum));
    }
    return result;
  }

  GemmShape shape;
  GuardedFloats a, b, bias, residual;
  Epilogue epilogue;
};

void pack_in_parts(const Gemm& gemm, const float* b, std::int64_t row_size, float* packed,
                   Generator& generator) {
  Range rows;
  do {
    const std::int64_t steps = generator.integer(1, 20);
    rows = {rows.last, std::min(rows.last + steps * gemm.packing_step(), gemm.rows_of_b())};
    gemm.pack_b(b + rows.first * row_size, rows, packed);
  } while (rows.last < gemm.rows_of_b());
}

TEST_P(GemmTest, EqualsPlainLoopsOverGeneratedShapes) {
  Generator generator(1);
  BrgemmSet tiles(loops());
  for (int round = 0; round < 120 && !HasFatalFailure(); ++round) {
    const Case given(any_shape(generator), generator);
    const GemmShape& shape = given.shape;
    SCOPED_TRACE(testing::Message()
                 << shape.m << "x" << shape.n << "x" << shape.k << " batch " << shape.batch
                 << " transposed " << shape.transpose_a << shape.transpose_b);
    const Gemm gemm(shape, given.kind(), tiles, context().pool.threads());
    GuardedFloats c(given.residual.size());
    GuardedFloats scratch(static_cast<std::int64_t>(gemm.scratch_bytes(false) / 4));
    gemm.run(context(), given.a.data(), given.b.data(), given.epilogue, c.data(), scratch.data());
    expect_near(c, given.expected(), 2e-5);
    if (shape.stride_b != 0) continue;

    GuardedFloats packed(static_cast<std::int64_t>(gemm.packed_b_size()));
    const std::int64_t row_size = shape.transpose_b ? shape.k : shape.n;
    pack_in_parts(gemm, given.b.data(), row_size, packed.data(), generator);
    GuardedFloats less_scratch(static_cast<std::int64_t>(gemm.scratch_bytes(true) / 4));
    GuardedFloats again(given.residual.size());
    gemm.run_packed(context(), given.a.data(), packed.data(), given.epilogue, again.data(),
                    less_scratch.data());
    expect_near(again, given.expected(), 2e-5);
  }
}

TEST_P(GemmTest, LargeEnoughForAllThreads) {
  Generator generator(2);
  GemmShape shape;
  shape.m = 150;
  shape.n = 203;
  shape.k = 611;
  const Case given(shape, generator);
  BrgemmSet tiles(loops());
  const Gemm gemm(shape, given.kind(), tiles, context().pool.threads());
  GuardedFloats c(given.residual.size());
  GuardedFloats scratch(static_cast<std::int64_t>(gemm.scratch_bytes(false) / 4));
  gemm.run(context(), given.a.data(), given.b.data(), given.epilogue, c.data(), scratch.data());
  expect_near(c, given.expected(), 2e-5);
}

TEST_P(GemmTest, StrassensAlgorithmEqualsPlainLoops) {
  Generator generator(4);
  BrgemmSet tiles(loops());
  int regrouped = 0;
  for (int round = 0; round < 16 && !HasFatalFailure(); ++round) {
    GemmShape shape;
    shape.m = generator.integer(64, 400);
    shape.n = 4 * loops().width * generator.integer(4, 9);
    shape.k = 32 * generator.integer(8, 40);
    shape.transpose_b = generator.chance(0.5);
    const Case given(shape, generator);
    SCOPED_TRACE(testing::Message() << shape.m << "x" << shape.n << "x" << shape.k);
    const Gemm gemm(shape, given.kind(), tiles, context().pool.threads(), true);
    regrouped += gemm.is_strassen() ? 1 : 0;
    GuardedFloats c(given.residual.size());
    GuardedFloats scratch(static_cast<std::int64_t>(gemm.scratch_bytes(false) / 4));
    gemm.run(context(), given.a.data(), given.b.data(), given.epilogue, c.data(), scratch.data());
    expect_near(c, given.expected(), 1e-4);
  }
  EXPECT_GE(regrouped, 8);
}

TEST_P(GemmTest, MoreThreadsThanRowsOrPanels) {
  Generator generator(5);
  BrgemmSet tiles(loops());
  for (const int threads : {5, 16}) {
    ThreadPool pool(threads);
    const KernelContext context{pool, loops()};
    for (int round = 0; round < 6 && !HasFatalFailure(); ++round) {
      GemmShape shape;
      shape.m = round < 3 ? generator.integer(1, 14) : generator.integer(64, 200);
      shape.n = 4 * loops().width * generator.integer(1, 6);
      shape.k = 32 * generator.integer(12, 30);
      const Case given(shape, generator);
      SCOPED_TRACE(testing::Message() << shape.m << "x" << shape.n << "x" << shape.k);
      const Gemm gemm(shape, given.kind(), tiles, threads, true);
      GuardedFloats c(given.residual.size());
      GuardedFloats scratch(static_cast<std::int64_t>(gemm.scratch_bytes(false) / 4));
      gemm.run(context, given.a.data(), given.b.data(), given.epilogue, c.data(), scratch.data());
      expect_near(c, given.expected(), 1e-4);
    }
  }
}

TEST_P(GemmTest, AnEmptySumIsTheEpilogue) {
  Generator generator(3);
  GemmShape shape;
  shape.m = 2;
  shape.n = 5;
  BrgemmSet tiles(loops());
  const Gemm gemm(shape, {.bias = true}, tiles, context().pool.threads());
  GuardedFloats bias(5), c(10);
  GuardedFloats scratch(static_cast<std::int64_t>(gemm.scratch_bytes(false) / 4));
  generator.fill(bias);
  const Epilogue epilogue{bias.data(), nullptr, {}};
  gemm.run(context(), nullptr, nullptr, epilogue, c.data(), scratch.data());
  for (std::int64_t i = 0; i < 10; ++i) EXPECT_EQ(c[i], bias[i % 5]);
}

}  // namespace
}  // namespace headway
