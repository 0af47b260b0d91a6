#include <algorithm>

#include "backends/opencl/lowering.h"
#include "backends/opencl/operands.h"
#include "backends/opencl/product.h"
#include "ops/broadcast.h"
#include "ops/matmul_rules.h"

namespace headway::opencl {
namespace {

class ProductStep final : public Step {
 public:
  ProductStep(const Node& node, const MatrixProduct& product, const Device& device)
      : plan_(product, device) {
    elements_of(node.output());
    for (std::size_t i = 0; i < node.inputs().size(); ++i) {
      if (node.input(i) == nullptr) continue;
      elements_of(node.input(i));
      if (i >= kBias) is_whole_.at(i) = shape_of(node.input(i)) == shape_of(node.output());
    }
  }

  void record(Commands& commands, const Operands& operands) const override {
    ProductBuffers buffers;
    std::ranges::copy(operands.inputs, buffers.begin());
    buffers[kY] = operands.outputs[0];
    plan_.record(commands, buffers, operands.scratch);
  }
  std::size_t scratch_bytes() const override { return plan_.scratch_bytes(); }
  bool may_overwrite(std::size_t input) const override { return is_whole_.at(input); }
  std::string algorithm() const override { return plan_.algorithm(); }

 private:
  ProductPlan plan_;
  std::array<bool, kY> is_whole_{};  ///< Inputs that are added element by element.
};

/// The output's axes, with those of 1 that vectors lose.
Shape full_shape(const MatMulShapes& shapes) {
  Shape full = shapes.batch;
  full.push_back(shapes.m);
  full.push_back(shapes.n);
  return full;
}

/// How an addend of shape `from`, which is broadcast to `shapes.output`, is walked.
Shape addend_strides(Shape from, const MatMulShapes& shapes, bool a_is_vector, bool b_is_vector) {
  if (from.empty()) return Shape(shapes.batch.size() + 2, 0);
  if (b_is_vector) from.push_back(1);
  if (a_is_vector) from.insert(from.end() - 1, 1);
  return broadcast_strides(from, full_shape(shapes));
}

/// Puts the strides of an operand along [batch…, row, column] where they belong.
void set_strides(MatrixProduct& product, ProductOperand operand, const Shape& strides) {
  const std::size_t axes = product.batch.size();
  for (std::size_t axis = 0; axis < axes; ++axis)
    product.batch[axis].strides[operand] = strides[axis];
  product.row[operand] = strides[axes];
  product.column[operand] = strides[axes + 1];
}

Shape with_matrix(Shape batch_strides, std::int64_t row, std::int64_t column) {
  batch_strides.push_back(row);
  batch_strides.push_back(column);
  return batch_strides;
}

}  // namespace

std::unique_ptr<Step> lower_gemm(const Node& node, Lowering& lowering) {
  if (!is_float(node.input(0))) return nullptr;
  const GemmShapes shapes = gemm_shapes(node, shape_of(node.input(0)), shape_of(node.input(1)));
  MatrixProduct product{.m = shapes.m,
                        .n = shapes.n,
                        .k = shapes.k,
                        .alpha = shapes.alpha,
                        .beta = shapes.beta,
                        .activation = fused_function(node)};
  const auto strides = [](bool transposed, std::int64_t rows, std::int64_t columns) {
    return transposed ? Shape{1, rows} : Shape{columns, 1};
  };
  set_strides(product, kA, strides(shapes.transpose_a, shapes.m, shapes.k));
  set_strides(product, kB, strides(shapes.transpose_b, shapes.k, shapes.n));
  set_strides(product, kY, {shapes.n, 1});
  if (node.input(2) != nullptr) {
    set_strides(product, kBias,
                broadcast_strides(shape_of(node.input(2)), Shape{shapes.m, shapes.n}));
  }
  return std::make_unique<ProductStep>(node, product, lowering.context.device());
}

std::unique_ptr<Step> lower_matmul(const Node& node, Lowering& lowering) {
  if (!is_float(node.input(0))) return nullptr;
  const Shape a = shape_of(node.input(0)), b = shape_of(node.input(1));
  const MatMulShapes shapes = matmul_shapes(node, a, b);
  MatrixProduct product{
      .m = shapes.m, .n = shapes.n, .k = shapes.k, .activation = fused_function(node)};
  for (const std::int64_t extent : shapes.batch) product.batch.push_back({extent, {}});
  set_strides(product, kA, with_matrix(shapes.a_strides, shapes.k, 1));
  set_strides(product, kB,
              shapes.transpose_b ? with_matrix(shapes.b_strides, 1, shapes.k)
                                 : with_matrix(shapes.b_strides, shapes.n, 1));
  const Shape full = full_shape(shapes);
  set_strides(product, kY, broadcast_strides(full, full));
  for (const ProductOperand addend : {kBias, kResidual}) {
    if (const Value* value = node.input(addend)) {
      set_strides(product, addend,
                  addend_strides(shape_of(value), shapes, a.size() == 1, b.size() == 1));
    }
  }
  return std::make_unique<ProductStep>(node, product, lowering.context.device());
}

}  // namespace headway::opencl
