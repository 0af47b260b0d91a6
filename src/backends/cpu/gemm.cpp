
#include "kernels/gemm/gemm.h"

#include "backends/cpu/activation.h"
#include "backends/cpu/lowering.h"
#include "backends/cpu/normalized.h"
#include "backends/cpu/operands.h"
#include "base/error.h"
#include "ops/matmul_rules.h"

namespace headway::cpu {
namespace {

constexpr std::size_t kB = 1, kNoInput = 99;

/// Where the operands of one product of several begin, in floats.
struct Offsets {
  std::int64_t a = 0, b = 0, c = 0;
};

/// The inputs of the node that the epilogue adds, if any.
struct Addends {
  std::size_t bias = kNoInput, residual = kNoInput;
};

std::string layout_name(const GemmShape& shape) {
  return concat("gemm ", shape.n, ' ', shape.k, shape.transpose_b ? " transposed" : "");
}

class GemmStep final : public Step {
 public:
  GemmStep(const Node& node, const GemmShape& shape, Addends addends, Unary activation,
           Lowering& lowering, std::vector<Offsets> products = {{}})
      : gemm_(shape, {addends.bias != kNoInput, addends.residual != kNoInput, activation},
              lowering.tiles, lowering.threads,
              lowering.winograd && !is_normalized(*node.output())),
        loops_(lowering.loops),
        addends_(addends),
        activation_(activation),
        products_(std::move(products)) {
    const Value* b = node.input(kB);
    const bool is_one_matrix = num_elements(shape_of(b)) == shape.n * shape.k;
    if (b->is_constant() && is_one_matrix) {
      const Packing packing{layout_name(shape), gemm_.packed_b_size(), gemm_.rows_of_b(),
                            gemm_.packing_step(),
                            [&](const float* rows_of_b, Range rows, float* packed) {
                              gemm_.pack_b(rows_of_b, rows, packed);
                            }};
      packed_ = lowering.weights.get(b->constant(), packing, lowering.pool);
    }
    scratch_bytes_ = gemm_.scratch_bytes(packed_.defined());
  }

  void run(const Operands& operands, ThreadPool& pool) const override {
    const KernelContext context{pool, loops_};
    const float* residual = float_input(operands, addends_.residual);
    for (const Offsets& offsets : products_) {
      const Epilogue epilogue{float_input(operands, addends_.bias),
                              residual ? residual + offsets.c : nullptr, activation_};
      const float* a = float_input(operands, 0) + offsets.a;
      float* c = float_output(operands) + offsets.c;
      if (packed_.defined()) {
        gemm_.run_packed(context, a, static_cast<const float*>(packed_.raw()), epilogue, c,
                         operands.scratch);
      } else {
        gemm_.run(context, a, float_input(operands, kB) + offsets.b, epilogue, c, operands.scratch);
      }
    }
  }

  std::size_t scratch_bytes() const override { return scratch_bytes_; }
  bool reads(std::size_t input) const override { return input != kB || !packed_.defined(); }
  bool may_overwrite(std::size_t input) const override { return input == addends_.residual; }
  std::string algorithm() const override { return gemm_.is_strassen() ? "strassen" : "gemm"; }

 private:
  Gemm gemm_;
  const InnerLoops& loops_;
  Addends addends_;
  Unary activation_;
  std::vector<Offsets> products_;
  Tensor packed_;  ///< Undefined if B is not one constant matrix.
  std::size_t scratch_bytes_ = 0;
};

/// Sorts input `index` into the addends; false if no epilogue can add it.
bool add_input(const Node& node, std::size_t index, std::int64_t columns, Addends& addends) {
  const Value* value = node.input(index);
  if (value == nullptr) return true;
  const Shape shape = shape_of(value);
  const bool is_row = !shape.empty() && shape.back() == columns && num_elements(shape) == columns;
  const bool is_whole = shape == shape_of(node.output());
  std::size_t& place = is_row ? addends.bias : addends.residual;
  if ((!is_row && !is_whole) || place != kNoInput) return false;
  place = index;
  return true;
}

/// Takes the outermost batch axis out of `shapes`: what is left is done once for each index of it.
std::vector<Offsets> along_outermost(MatMulShapes& shapes, const std::vector<Offsets>& products) {
  std::int64_t size_of_c = shapes.m * shapes.n;
  for (std::size_t axis = 1; axis < shapes.batch.size(); ++axis) size_of_c *= shapes.batch[axis];
  std::vector<Offsets> all;
  for (const Offsets& offsets : products) {
    for (std::int64_t i = 0; i < shapes.batch[0]; ++i) {
      all.push_back({offsets.a + i * shapes.a_strides[0], offsets.b + i * shapes.b_strides[0],
                     offsets.c + i * size_of_c});
    }
  }
  for (Shape* axes : {&shapes.batch, &shapes.a_strides, &shapes.b_strides}) {
    axes->erase(axes->begin());
  }
  return all;
}

/// One batch axis at most, once the axes that both operands walk densely are joined; nullopt if the
/// operands are repeated in a way that strides cannot express.
std::optional<GemmShape> batched(const MatMulShapes& shapes) {
  GemmShape result{.m = shapes.m, .n = shapes.n, .k = shapes.k, .transpose_b = shapes.transpose_b};
  for (const std::int64_t extent : shapes.batch) result.batch *= extent;
  const auto dense = [&](const Shape& strides, std::int64_t matrix) {
    std::int64_t expected = matrix;
    for (std::size_t axis = strides.size(); axis-- > 0;) {
      if (shapes.batch[axis] != 1 && strides[axis] != expected) return false;
      expected *= shapes.batch[axis];
    }
    return true;
  };
  const auto repeated = [&](const Shape& strides) {
    for (std::size_t axis = 0; axis < strides.size(); ++axis) {
      if (shapes.batch[axis] != 1 && strides[axis] != 0) return false;
    }
    return true;
  };
  const std::int64_t a = shapes.m * shapes.k, b = shapes.k * shapes.n;
  if (!repeated(shapes.a_strides) && !dense(shapes.a_strides, a)) return std::nullopt;
  if (!repeated(shapes.b_strides) && !dense(shapes.b_strides, b)) return std::nullopt;
  result.stride_a = repeated(shapes.a_strides) ? 0 : a;
  result.stride_b = repeated(shapes.b_strides) ? 0 : b;
  result.stride_c = shapes.m * shapes.n;
  if (result.stride_b == 0 && result.stride_a != 0) {
    result.m *= result.batch;
    result.batch = 1;
    result.stride_a = 0;
  }
  return result;
}

}  // namespace

std::unique_ptr<Step> lower_gemm(const Node& node, Lowering& lowering) {
  if (!is_float(node.input(0))) return nullptr;
  const GemmShapes shapes = gemm_shapes(node, shape_of(node.input(0)), shape_of(node.input(1)));
  Addends addends;
  if (node.input(2) != nullptr && shapes.beta != 1.0f) return nullptr;  // See passes/split_gemm.
  if (!add_input(node, 2, shapes.n, addends)) return nullptr;
  const GemmShape shape{.m = shapes.m,
                        .n = shapes.n,
                        .k = shapes.k,
                        .transpose_a = shapes.transpose_a,
                        .transpose_b = shapes.transpose_b,
                        .alpha = shapes.alpha};
  return std::make_unique<GemmStep>(node, shape, addends, fused_function(node), lowering);
}

std::unique_ptr<Step> lower_matmul(const Node& node, Lowering& lowering) {
  if (!is_float(node.input(0))) return nullptr;
  MatMulShapes shapes = matmul_shapes(node, shape_of(node.input(0)), shape_of(node.input(1)));
  std::vector<Offsets> products(1);
  auto shape = batched(shapes);
  for (; !shape; shape = batched(shapes)) products = along_outermost(shapes, products);
  Addends addends;
  if (!add_input(node, 2, shape->n, addends) || !add_input(node, 3, shape->n, addends)) {
    return nullptr;
  }
  return std::make_unique<GemmStep>(node, *shape, addends, fused_function(node), lowering,
                                    std::move(products));
}

}  // namespace headway::cpu
