#include <algorithm>
#include <array>

#include "families.h"

namespace headway::differential {
namespace {

std::int64_t inner_extent(Builder& b) {
  return b.chance(25) ? b.between(8, 70) : b.chance(5) ? 0 : b.between(1, 8);
}

/// The shape of a right operand for a left one of rank 1 or more: batches broadcast.
Shape right_shape(Builder& b, const Shape& left) {
  const std::int64_t inner = left.back();
  if (b.chance(10)) return {inner};
  Shape shape;
  if (left.size() > 2 && b.chance(50))
    shape = b.broadcastable({left.begin(), left.end() - 2});
  else if (b.chance(20))
    shape = {b.between(1, 3)};
  if (shape.size() == 1 && left.size() > 2 && left[left.size() - 3] != 1 &&
      shape[0] != left[left.size() - 3])
    shape = {1};
  shape.push_back(inner);
  shape.push_back(inner_extent(b));
  return shape;
}

void matmul(Builder& b) {
  const DTypeList dtypes = {DType::kFloat32, DType::kFloat32, DType::kFloat32, DType::kFloat64,
                            DType::kFloat16, DType::kInt32,   DType::kInt64};
  b.forbid_special();
  const ValueId x = b.value(dtypes, 1, 4);
  b.node("MatMul", {x, b.operand(b.dtype_of(x), right_shape(b, b.shape_of(x)), Fill::kPlain)});
}

void gemm(Builder& b) {
  b.forbid_special();
  const ValueId x = b.value(floats(), 2, 2);
  const DType dtype = b.dtype_of(x);
  Attributes attributes;
  const bool transpose_a = b.chance(40), transpose_b = b.chance(50);
  const std::int64_t rows = b.shape_of(x)[transpose_a ? 1 : 0];
  const std::int64_t inner = b.shape_of(x)[transpose_a ? 0 : 1];
  const std::int64_t columns = inner_extent(b);
  if (transpose_a || b.chance(20)) attributes["transA"] = std::int64_t{transpose_a};
  if (transpose_b || b.chance(20)) attributes["transB"] = std::int64_t{transpose_b};
  if (b.chance(40)) attributes["alpha"] = b.pick(std::vector<float>{0.0F, 0.5F, 2.0F, -1.0F});
  if (b.chance(40)) attributes["beta"] = b.pick(std::vector<float>{0.0F, 0.5F, 2.0F, -1.0F});
  std::vector<ValueId> inputs = {
      x,
      b.operand(dtype, transpose_b ? Shape{columns, inner} : Shape{inner, columns}, Fill::kPlain)};
  if (b.chance(70))
    inputs.push_back(b.operand(dtype, b.broadcastable({rows, columns}), Fill::kPlain));
  b.node("Gemm", inputs, attributes);
}

void einsum(Builder& b) {
  struct Equation {
    const char* text;
    std::vector<std::string> operands;
  };
  const std::vector<Equation> equations = {{"ij,jk->ik", {"ij", "jk"}},
                                           {"bij,bjk->bik", {"bij", "bjk"}},
                                           {"bhid,bhjd->bhij", {"bhid", "bhjd"}},
                                           {"ij->ji", {"ij"}},
                                           {"ii->i", {"ii"}},
                                           {"ij->", {"ij"}},
                                           {"bij,bkj->bik", {"bij", "bkj"}},
                                           {"i,j->ij", {"i", "j"}},
                                           {"ij,ij->i", {"ij", "ij"}},
                                           {"bnqd,nd->bnq", {"bnqd", "nd"}},
                                           {"ijk,k->ij", {"ijk", "k"}},
                                           {"abc,cd,de->abe", {"abc", "cd", "de"}},
                                           {"ij,jk", {"ij", "jk"}},
                                           {"bhwc,hkc->bhwk", {"bhwc", "hkc"}}};
  const Equation equation = b.pick(equations);
  std::array<std::int64_t, 128> extents{};
  for (std::int64_t& extent : extents) extent = b.between(1, 6);
  const DType dtype = b.pick(DTypeList{DType::kFloat32, DType::kFloat32, DType::kFloat64});
  std::vector<ValueId> inputs;
  for (const std::string& letters : equation.operands) {
    Shape shape;
    for (const char letter : letters) shape.push_back(extents[static_cast<std::size_t>(letter)]);
    inputs.push_back(b.operand(dtype, shape, Fill::kPlain));
  }
  b.node("Einsum", inputs, {{"equation", std::string(equation.text)}});
}

void matmul_integer(Builder& b) {
  const DTypeList bytes = {DType::kUInt8, DType::kInt8};
  const DType left = DType::kUInt8, right = b.pick(bytes);
  const std::int64_t rows = b.between(1, 7), inner = b.between(1, 60), columns = b.between(1, 20);
  std::vector<ValueId> inputs = {b.operand(left, {rows, inner}, Fill::kSpecial),
                                 b.operand(right, {inner, columns}, Fill::kSpecial)};
  if (b.chance(60)) inputs.push_back(b.scalar(left, static_cast<double>(b.between(0, 255))));
  if (inputs.size() == 3 && b.chance(60)) {
    const Shape shape = b.chance(50) ? Shape{} : Shape{columns};
    inputs.push_back(b.constant(random_integers(right, shape, 0, 100, b.random())));
  }
  b.node("MatMulInteger", inputs, {}, {DType::kInt32});
}

void determinant(Builder& b) {
  Shape shape = b.shape(0, 2);
  const std::int64_t extent = b.between(1, 4);
  shape.push_back(extent);
  shape.push_back(extent);
  b.node("Det", {b.operand(DType::kFloat32, shape, Fill::kPlain)});
}

constexpr auto kGenerators = std::to_array<void (*)(Builder&)>(
    {matmul, matmul, matmul, gemm, gemm, einsum, matmul_integer, determinant});

}  // namespace

Family matmul_family() {
  return {"matmul", kGenerators};
}

}  // namespace headway::differential
