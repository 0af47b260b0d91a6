#include <numbers>

#include "ops/fourier.h"
#include "ops/op_testing.h"

namespace headway {
namespace {

Tensor part(const Tensor& x, std::int64_t axis, std::int64_t start, std::int64_t end) {
  return run_op("Slice", {x, ints({start}), ints({end}), ints({axis})});
}

const Attributes kInverse = {{"inverse", std::int64_t{1}}};
const Attributes kOnesided = {{"onesided", std::int64_t{1}}};

TEST(Fourier, IsTheSumForAnyLength) {
  for (const std::size_t n : {1, 2, 6, 7, 12, 30, 49}) {
    SCOPED_TRACE(n);
    std::vector<std::complex<double>> x(n);
    std::mt19937 generator(1);
    for (auto& value : x)
      value = {static_cast<double>(generator() % 64), static_cast<double>(generator() % 64)};
    const auto y = fourier_transform(x, false);
    for (std::size_t k = 0; k < n; ++k) {
      std::complex<double> sum = 0.0;
      for (std::size_t i = 0; i < n; ++i) {
        const double turns = static_cast<double>(i * k) / static_cast<double>(n);
        sum += x[i] * std::polar(1.0, -2.0 * std::numbers::pi * turns);
      }
      EXPECT_LT(std::abs(y[k] - sum), 1e-8) << k;
    }
  }
}

TEST(Dft, InverseGivesTheSignalBack) {
  const Tensor x = random_floats({2, 6, 5, 2});
  for (const std::int64_t axis : {1, 2}) {
    Attributes attributes = {{"axis", axis}};
    const Tensor spectrum = run_op("DFT", {x}, attributes);
    attributes["inverse"] = std::int64_t{1};
    expect_near(run_op("DFT", {spectrum}, attributes), x);
  }
}

TEST(Dft, HalfASpectrumIsEnoughForARealSignal) {
  for (const std::int64_t length : {7, 8}) {
    const Tensor x = random_floats({2, length, 1});
    const Tensor half = run_op("DFT", {x}, kOnesided);
    EXPECT_EQ(half.shape(), (Shape{2, length / 2 + 1, 2}));
    expect_near(half, part(run_op("DFT", {x}), 1, 0, length / 2 + 1));
    Attributes attributes = kOnesided;
    attributes["inverse"] = std::int64_t{1};
    const Tensor count = Tensor::from<std::int64_t>({}, {length});
    expect_near(run_op("DFT", {half, count}, attributes), x);
  }
}

TEST(Dft, PadsAndCutsToItsLength) {
  const Tensor x = random_floats({1, 5, 1});
  const auto transformed = [](const Tensor& signal, std::int64_t length) {
    return run_op("DFT", {signal, Tensor::from<std::int64_t>({}, {length})});
  };
  const Tensor padded = run_op("Pad", {x, ints({0, 0, 0, 0, 3, 0})});
  expect_near(transformed(x, 8), run_op("DFT", {padded}));
  expect_near(transformed(x, 3), run_op("DFT", {part(x, 1, 0, 3)}));
  OneNode one("DFT", {type_of({symbol("N"), 8, 1})}, kOnesided);
  EXPECT_EQ(one.infer(), type_of({symbol("N"), 5, 2}));
  expect_error(ErrorCode::kInvalidModel, {"complex parts"}, [&] {
    OneNode("DFT", {type_of({1, 8, 2})}, {{"axis", std::int64_t{2}}}).infer();
  });
}

TEST(Stft, IsTheDftOfEveryFrame) {
  const Tensor x = random_floats({2, 11, 1}), window = random_floats({4}, 2);
  const Tensor step = Tensor::from<std::int64_t>({}, {3});
  const Tensor y = run_op("STFT", {x, step, window});
  EXPECT_EQ(y.shape(), (Shape{2, 3, 3, 2}));
  for (std::int64_t frame = 0; frame < 3; ++frame) {
    const Tensor piece = part(x, 1, 3 * frame, 3 * frame + 4);
    const Tensor weighted = run_op("Mul", {piece, window.reshaped({4, 1})});
    expect_near(part(y, 1, frame, frame + 1).reshaped({2, 3, 2}),
                run_op("DFT", {weighted}, kOnesided));
  }
  EXPECT_EQ(run_op("STFT", {x, step, Tensor(), ints({5})}, {{"onesided", std::int64_t{0}}}).shape(),
            (Shape{2, 3, 5, 2}));
}

TEST(SignalWindow, HandComputed) {
  const Tensor four = Tensor::from<std::int64_t>({}, {4});
  expect_near(run_op("HannWindow", {four}), floats({4}, {0, 0.5f, 1, 0.5f}), 1e-6);
  const Tensor five = Tensor::from<std::int64_t>({}, {5});
  const Attributes symmetric = {{"periodic", std::int64_t{0}}};
  expect_near(run_op("HannWindow", {five}, symmetric), floats({5}, {0, 0.5f, 1, 0.5f, 0}), 1e-6);
  expect_near(run_op("BlackmanWindow", {five}, symmetric), floats({5}, {0, 0.34f, 1, 0.34f, 0}),
              1e-6);
  EXPECT_NEAR(to_doubles(run_op("HammingWindow", {five}, symmetric))[0], 4.0 / 46, 1e-6);
  OneNode one("HannWindow", {type_of({}, DType::kInt64)});
  EXPECT_EQ(one.infer(), type_of({Dim()}));
}

TEST(MelWeightMatrix, HasATriangleForEveryBand) {
  const auto number = [](std::int64_t value) { return Tensor::from<std::int64_t>({}, {value}); };
  const Tensor y = run_op("MelWeightMatrix", {number(8), number(64), number(8192), floats({}, {0}),
                                              floats({}, {4096})});
  ASSERT_EQ(y.shape(), (Shape{33, 8}));
  const std::vector<double> weights = to_doubles(y);
  for (std::size_t band = 0; band < 8; ++band) {
    double largest = 0.0;
    std::size_t turns = 0;
    for (std::size_t row = 0; row < 33; ++row) {
      const double weight = weights[row * 8 + band];
      largest = std::max(largest, weight);
      if (row > 0 && row + 1 < 33 && weight > weights[(row - 1) * 8 + band] &&
          weight > weights[(row + 1) * 8 + band]) {
        ++turns;
      }
    }
    EXPECT_EQ(largest, 1.0);
    EXPECT_EQ(turns, 1U);
  }
}

TEST(MelWeightMatrix, HasOneRateWhichMayBeZero) {
  const auto with_rate = [](const Tensor& rate) {
    return run_op("MelWeightMatrix",
                  {ints({2}), ints({4}), rate, floats({}, {0}), floats({}, {9})});
  };
  EXPECT_EQ(with_rate(ints({0})).shape(), (Shape{3, 2}));
  expect_error(ErrorCode::kInvalidModel, {"input 2 must be one number"},
               [&] { with_rate(ints({})); });
}

}  // namespace
}  // namespace headway
