#include "ops/broadcast.h"
#include "ops/families.h"
#include "ops/matmul_reference.h"
#include "ops/quantization.h"
#include "ops/rules.h"

namespace headway {
namespace {

constexpr DTypes kFactorTypes = {DType::kInt8,         DType::kUInt8,
                                 DType::kFloat8E4M3FN, DType::kFloat8E4M3FNUZ,
                                 DType::kFloat8E5M2,   DType::kFloat8E5M2FNUZ};

/// Parameters of a matrix's rows, which may come as a vector, or of its columns, seen as something
/// that broadcasts to the matrix.
Shape parameter_shape(const Shape& given, bool of_rows) {
  Shape shape = given;
  if (of_rows && shape.size() == 1 && shape[0] != 1) shape.push_back(1);
  return shape;
}

/// y[i] = function(x[i], parameter) where the parameter is repeated over rows or columns.
template <typename Function>
void apply_parameter(const Node& node, std::vector<double>& x, const Shape& shape,
                     std::span<const Tensor> inputs, std::size_t index, bool of_rows,
                     Function function) {
  if (index >= inputs.size() || !inputs[index].defined()) return;
  const std::vector<double> numbers = numbers_of(inputs[index]);
  const Shape from =
      numbers.size() == 1 ? Shape{} : parameter_shape(inputs[index].shape(), of_rows);
  bool fits = from.size() <= shape.size();
  for (std::size_t i = 0; fits && i < from.size(); ++i) {
    fits = from[i] == 1 || from[i] == shape[shape.size() - from.size() + i];
  }
  if (!fits) {
    fail(ErrorCode::kInvalidModel, node.described(), ": input ", index, " of shape ",
         to_string(inputs[index].shape()), " does not fit ", to_string(shape));
  }
  double* element = x.data();
  for_each_row<1>(shape, {broadcast_strides(from, shape)},
                  [&](const auto& offsets, const auto& steps, std::int64_t count) {
                    for (std::int64_t i = 0; i < count; ++i, ++element) {
                      const std::int64_t at = offsets[0] + i * steps[0];
                      *element = function(*element, numbers[static_cast<std::size_t>(at)]);
                    }
                  });
}

constexpr auto minus = [](double a, double b) { return a - b; };
constexpr auto times = [](double a, double b) { return a * b; };
constexpr auto over = [](double a, double b) { return a / b; };
constexpr auto plus = [](double a, double b) { return a + b; };

/// Which inputs hold a matrix and its zero point.
struct Factor {
  std::size_t matrix, zero_point;
  bool by_rows;
};

std::vector<double> centred(const Node& node, std::span<const Tensor> inputs, const Factor& f) {
  std::vector<double> x = numbers_of(inputs[f.matrix]);
  apply_parameter(node, x, inputs[f.matrix].shape(), inputs, f.zero_point, f.by_rows, minus);
  return x;
}

/// The exact product of two matrices (or batches) less their zero points.
std::vector<double> centred_product(const Node& node, std::span<const Tensor> inputs,
                                    const Factor& a, const Factor& b) {
  const MatMulShapes shapes =
      matmul_shapes(node, inputs[a.matrix].shape(), inputs[b.matrix].shape());
  const std::vector<double> left = centred(node, inputs, a), right = centred(node, inputs, b);
  std::vector<double> result(static_cast<std::size_t>(num_elements(shapes.output)));
  multiply_matrices<double>(shapes, left.data(), right.data(), result.data(),
                            [](double sum, std::int64_t) { return sum; });
  return result;
}

std::optional<SymbolicShape> product_shape(InferContext& context, std::size_t a, std::size_t b) {
  const std::optional<SymbolicShape>&left = context.input(a).shape, &right = context.input(b).shape;
  require_dtype(context, a, kFactorTypes);
  require_dtype(context, b, kFactorTypes);
  require_min_rank(context, a, 1);
  require_min_rank(context, b, 1);
  if (!left || !right) return std::nullopt;
  return matmul_shape(context, *left, *right);
}

/// The zero point of an operand has its dtype.
void require_zero_point(const InferContext& context, std::size_t operand, std::size_t zero_point) {
  if (context.has_input(zero_point))
    require_dtype(context, zero_point, {context.input(operand).dtype});
}

void infer_matmul_integer(InferContext& context) {
  for (const std::size_t operand : {0U, 1U}) require_dtype(context, operand, kIntegerTypes);
  require_zero_point(context, 0, 2);
  require_zero_point(context, 1, 3);
  context.set_output(0, {DType::kInt32, product_shape(context, 0, 1)});
}

void run_matmul_integer(const Node& node, std::span<const Tensor> inputs,
                        std::span<Tensor> outputs) {
  const std::vector<double> sums = centred_product(node, inputs, {0, 2, true}, {1, 3, false});
  std::int32_t* y = outputs[0].data<std::int32_t>();
  for (const double sum : sums) {
    *y++ = static_cast<std::int32_t>(static_cast<std::int64_t>(sum));
  }
}

void infer_qlinear_matmul(InferContext& context) {
  for (const std::size_t scale : {1, 4, 6}) require_dtype(context, scale, kFloatTypes);
  require_zero_point(context, 0, 2);
  require_zero_point(context, 3, 5);
  require_dtype(context, 7, kFactorTypes);
  context.set_output(0, {context.input(7).dtype, product_shape(context, 0, 3)});
}

void run_qlinear_matmul(const Node& node, std::span<const Tensor> inputs,
                        std::span<Tensor> outputs) {
  std::vector<double> y = centred_product(node, inputs, {0, 2, true}, {3, 5, false});
  const Shape& shape = outputs[0].shape();
  apply_parameter(node, y, shape, inputs, 1, true, times);
  apply_parameter(node, y, shape, inputs, 4, false, times);
  apply_parameter(node, y, shape, inputs, 6, true, over);
  std::vector<double> zero(y.size(), 0.0);
  apply_parameter(node, zero, shape, inputs, 7, true, plus);
  quantize(outputs[0], true, [&](std::int64_t i) {
    const auto at = static_cast<std::size_t>(i);
    return Quantized{y[at], zero[at]};
  });
}

}  // namespace

std::vector<Operator> quantized_matmul_operators() {
  return {
      {"MatMulInteger", "", 10, 2, 4, 1, 1, {}, infer_matmul_integer, run_matmul_integer},
      {"QLinearMatMul", "", 21, 8, 8, 1, 1, {}, infer_qlinear_matmul, run_qlinear_matmul},
  };
}

}  // namespace headway
