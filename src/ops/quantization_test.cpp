#include "ops/quantization.h"

#include "ops/onnx_dtype.h"
#include "ops/op_testing.h"

namespace headway {
namespace {

using Doubles = std::vector<double>;

Tensor bytes(Shape shape, std::initializer_list<std::uint8_t> values) {
  return Tensor::from<std::uint8_t>(std::move(shape), values);
}

/// Reproducible bytes around a zero point of 128.
Tensor random_bytes(Shape shape, unsigned seed) {
  Tensor tensor = Tensor::allocate(DType::kUInt8, std::move(shape));
  std::mt19937 generator(seed);
  for (auto& value : tensor.values<std::uint8_t>()) {
    value = static_cast<std::uint8_t>(generator());
  }
  return tensor;
}

Tensor as_float(const Tensor& x, double zero_point) {
  return run_op("Sub", {x.to(DType::kFloat32), floats({}, {static_cast<float>(zero_point)})});
}

TEST(QuantizeLinear, RoundsHalvesToEvenAndSaturates) {
  const Tensor x = floats({6}, {0.5f, 1.5f, -0.5f, 2.4f, 1000, -1000});
  EXPECT_EQ(numbers_of(run_op("QuantizeLinear", {x, floats({}, {1}), bytes({}, {10})})),
            (Doubles{10, 12, 10, 12, 255, 0}));
  EXPECT_EQ(numbers_of(run_op("QuantizeLinear", {x, floats({}, {1})},
                              {{"output_dtype", std::int64_t{22}}})),
            (Doubles{0, 2, 0, 2, 7, -8}));
}

TEST(QuantizeLinear, OneElementIsOneElementWhateverItsRank) {
  const Tensor q =
      run_op("QuantizeLinear", {floats({2}, {1, 2}), floats({}, {1}), bytes({1}, {3})});
  EXPECT_EQ(numbers_of(q), (Doubles{4, 5}));
  expect_near(run_op("DequantizeLinear", {q, floats({}, {1}), bytes({1}, {3})}),
              floats({2}, {1, 2}));
}

TEST(QuantizeLinear, ScalesPerAxisAndPerBlock) {
  const Tensor x = floats({2, 4}, {1, 2, 3, 4, 10, 20, 30, 40});
  const auto quantized = [&](const Tensor& scale, Attributes attributes) {
    return numbers_of(run_op("QuantizeLinear", {x, scale}, std::move(attributes)));
  };
  EXPECT_EQ(quantized(floats({2}, {1, 10}), {{"axis", std::int64_t{0}}}),
            (Doubles{1, 2, 3, 4, 1, 2, 3, 4}));
  EXPECT_EQ(quantized(floats({2, 2}, {1, 3, 10, 40}), {{"block_size", std::int64_t{2}}}),
            (Doubles{1, 2, 1, 1, 1, 2, 1, 1}));
  expect_error(ErrorCode::kInvalidModel, {"scales of shape 3"}, [&] {
    quantized(floats({3}, {1, 1, 1}), {});
  });
}

TEST(DequantizeLinear, UndoesQuantizeLinear) {
  const Tensor x = floats({2, 3}, {1, 1, 6, 4, 3, 2}), scale = floats({3}, {1, 0.5f, 2});
  for (const std::int64_t number : {3, 4, 22, 17, 23}) {
    SCOPED_TRACE(number);
    const Tensor q = run_op("QuantizeLinear", {x, scale}, {{"output_dtype", number}});
    EXPECT_EQ(onnx_number_of(q.dtype()), number);
    expect_near(run_op("DequantizeLinear", {q, scale}), x);
  }
}

TEST(DynamicQuantizeLinear, CoversTheRangeAndZero) {
  const Tensor x = floats({4}, {0.5f, 2, 1, 1.5f});
  const std::vector<Tensor> q = run_all("DynamicQuantizeLinear", {x}, {}, 3);
  EXPECT_EQ(numbers_of(q[2]), Doubles{0});
  EXPECT_EQ(numbers_of(q[0])[1], 255);
  expect_near(run_op("DequantizeLinear", q), x, 2.0 / 255);
  const std::vector<Tensor> zeros = run_all("DynamicQuantizeLinear", {floats({1}, {0})}, {}, 3);
  EXPECT_EQ(numbers_of(zeros[0]), Doubles{0});
}

TEST(MatMulInteger, IsMatMulOfWhatTheBytesStandFor) {
  const Tensor a = random_bytes({2, 3, 5}, 1), b = random_bytes({5, 4}, 2);
  const Tensor wanted = run_op("MatMul", {as_float(a, 7), as_float(b, 9)});
  expect_near(run_op("MatMulInteger", {a, b, bytes({}, {7}), bytes({1}, {9})}).to(DType::kFloat32),
              wanted, 0.0);
  const Tensor per_row =
      run_op("MatMulInteger", {a, b, bytes({3}, {7, 0, 7}), bytes({4}, {9, 9, 9, 9})});
  expect_near(
      run_op("Gather", {per_row.to(DType::kFloat32), ints({0, 2})}, {{"axis", std::int64_t{1}}}),
      run_op("Gather", {wanted, ints({0, 2})}, {{"axis", std::int64_t{1}}}), 0.0);
}

TEST(QLinearMatMul, QuantizesTheProduct) {
  const Tensor a = random_bytes({3, 5}, 1), b = random_bytes({5, 4}, 2);
  const Tensor sums = run_op("MatMul", {as_float(a, 128), as_float(b, 100)});
  const Tensor real = run_op("Mul", {sums, floats({}, {0.01f * 0.5f})});
  const Tensor y =
      run_op("QLinearMatMul", {a, floats({}, {0.01f}), bytes({}, {128}), b, floats({}, {0.5f}),
                               bytes({}, {100}), floats({}, {2}), bytes({}, {50})});
  expect_near(y, run_op("QuantizeLinear", {real, floats({}, {2}), bytes({}, {50})}), 0.0);
}

TEST(ConvInteger, PadsWithTheZeroPoint) {
  const Tensor x = random_bytes({1, 2, 4, 5}, 1), w = random_bytes({3, 2, 2, 3}, 2);
  const Attributes pads = {{"pads", list({1, 1, 0, 2})}};
  const Tensor wanted = run_op("Conv", {as_float(x, 8), as_float(w, 130)}, pads);
  expect_near(
      run_op("ConvInteger", {x, w, bytes({}, {8}), bytes({}, {130})}, pads).to(DType::kFloat32),
      wanted, 0.0);
}

TEST(QLinearConv, ScalesEachChannelAndAddsItsBias) {
  const Tensor x = random_bytes({1, 1, 4, 4}, 1), w = random_bytes({2, 1, 2, 2}, 2);
  const Tensor w_scale = floats({2}, {0.01f, 0.02f});
  const Tensor bias = Tensor::from<std::int32_t>({2}, {100, -50});
  const Tensor w_real = run_op("Mul", {as_float(w, 128), w_scale.reshaped({2, 1, 1, 1})});
  const Tensor b_real =
      run_op("Mul", {bias.to(DType::kFloat32), run_op("Mul", {w_scale, floats({}, {0.5f})})});
  const Tensor x_real = run_op("Mul", {as_float(x, 3), floats({}, {0.5f})});
  const Tensor real = run_op("Conv", {x_real, w_real, b_real});
  const Tensor y =
      run_op("QLinearConv", {x, floats({}, {0.5f}), bytes({}, {3}), w, w_scale,
                             bytes({2}, {128, 128}), floats({}, {3}), bytes({}, {128}), bias});
  expect_near(y, run_op("QuantizeLinear", {real, floats({}, {3}), bytes({}, {128})}), 1.0);
}

TEST(QLinearConv, InfersSymbolicShapes) {
  const TensorType scale = type_of({}), zero = type_of({}, DType::kUInt8);
  OneNode one("QLinearConv",
              {type_of({symbol("N"), 2, symbol("H"), 8}, DType::kUInt8), scale, zero,
               type_of({4, 2, 3, 3}, DType::kInt8), scale, type_of({}, DType::kInt8), scale, zero},
              {{"pads", list({1, 1, 1, 1})}});
  EXPECT_EQ(one.infer(), type_of({symbol("N"), 4, symbol("H"), 8}, DType::kUInt8));
}

TEST(MatMulInteger, RefusesOperandsThatAreNoIntegers) {
  const Tensor x = Tensor::from<float>({1, 1}, {1}), y = Tensor::from<std::int8_t>({1, 1}, {1});
  expect_error(ErrorCode::kInvalidModel, {"MatMulInteger"}, [&] {
    run_op("MatMulInteger", {x, y});
  });
  expect_error(ErrorCode::kInvalidModel, {"MatMulInteger"}, [&] {
    run_op("MatMulInteger", {y, x});
  });
}

}  // namespace
}  // namespace headway
