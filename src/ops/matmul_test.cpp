#include "ops/op_testing.h"

namespace headway {
namespace {

TEST(MatMul, EqualsItsDefinition) {
  const std::int64_t m = 7, k = 13, n = 6;
  const Tensor a = random_floats({m, k}), b = random_floats({k, n}, 2);
  const Tensor y = run_op("MatMul", {a, b});
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < n; ++j) {
      double sum = 0.0;
      for (std::int64_t p = 0; p < k; ++p) {
        sum += static_cast<double>(a.data<float>()[i * k + p]) * b.data<float>()[p * n + j];
      }
      ASSERT_NEAR(y.data<float>()[i * n + j], sum, 1e-5);
    }
  }
}

TEST(MatMul, VectorsAndBatches) {
  const Tensor v = floats({2}, {1, 2}), matrix = floats({2, 2}, {1, 2, 3, 4});
  expect_near(run_op("MatMul", {v, matrix}), floats({2}, {7, 10}));
  expect_near(run_op("MatMul", {matrix, v}), floats({2}, {5, 11}));
  expect_near(run_op("MatMul", {v, v}), floats({}, {5}));
  const Tensor batch = floats({2, 1, 1, 2}, {1, 0, 0, 1});
  const Tensor right = floats({1, 2, 2, 1}, {1, 2, 3, 4});
  expect_near(run_op("MatMul", {batch, right}), floats({2, 2, 1, 1}, {1, 3, 2, 4}));
}

TEST(MatMul, EmptyInnerExtentGivesZeros) {
  const Tensor y = run_op(
      "MatMul", {Tensor::zeros(DType::kFloat32, {2, 0}), Tensor::zeros(DType::kFloat32, {0, 3})});
  expect_near(y, Tensor::zeros(DType::kFloat32, {2, 3}));
}

TEST(MatMul, IntegersWrapAround) {
  const Tensor a = Tensor::from<std::int32_t>({1, 1}, {1 << 30});
  const Tensor y = run_op("MatMul", {a, Tensor::from<std::int32_t>({1, 1}, {-4})});
  EXPECT_EQ(to_ints(y).front(), 0);
}

TEST(MatMul, KeepsSymbols) {
  const auto infer = [](std::vector<Dim> a, std::vector<Dim> b) {
    return OneNode("MatMul", {type_of(a), type_of(b)}).infer().to_string();
  };
  EXPECT_EQ(infer({symbol("N"), symbol("T"), 8}, {8, 4}), "float32[N,T,4]");
  EXPECT_EQ(infer({8}, {symbol("N"), 8, 4}), "float32[N,4]");
  expect_error(ErrorCode::kInvalidModel, {"inner extents differ"}, [&] { infer({2, 3}, {4, 2}); });
  expect_error(ErrorCode::kInvalidModel, {"broadcast"}, [&] { infer({2, 1, 3}, {3, 3, 2}); });
  expect_error(ErrorCode::kInvalidModel, {"at least rank 1"}, [&] { infer({}, {3, 2}); });
}

TEST(Gemm, TransposesScalesAndAdds) {
  const Tensor a = floats({2, 3}, {1, 2, 3, 4, 5, 6}), b = floats({2, 3}, {1, 0, 1, 0, 1, 0});
  expect_near(run_op("Gemm", {a, b}, {{"transB", std::int64_t{1}}}), floats({2, 2}, {4, 2, 10, 5}));
  const Attributes attributes = {{"transA", std::int64_t{1}}, {"alpha", 2.0f}, {"beta", 0.5f}};
  expect_near(run_op("Gemm", {a, floats({2, 1}, {1, 1}), floats({1}, {4})}, attributes),
              floats({3, 1}, {12, 16, 20}));
  expect_near(run_op("Gemm", {a, floats({3, 1}, {1, 1, 1}), floats({2, 1}, {1, 2})}),
              floats({2, 1}, {7, 17}));
}

TEST(Gemm, TakesAnAddendOfOpenShape) {
  const TensorType open{DType::kFloat32, SymbolicShape{Dim()}};
  EXPECT_EQ(OneNode("Gemm", {type_of({symbol("N"), 3}), type_of({3, 1}), open}).infer(),
            type_of({symbol("N"), 1}));
}

TEST(Gemm, RefusesContradictions) {
  const auto infer = [](std::vector<TensorType> types, Attributes attributes = {}) {
    return [=] { OneNode("Gemm", types, attributes).infer(); };
  };
  const ErrorCode bad = ErrorCode::kInvalidModel;
  expect_error(bad, {"inner extents differ"}, infer({type_of({2, 3}), type_of({2, 3})}));
  expect_error(bad, {"rank 2"}, infer({type_of({1, 2, 3}), type_of({3, 3})}));
  expect_error(bad, {"larger than the product"},
               infer({type_of({1, 3}), type_of({3, 2}), type_of({5, 2})}));
  const TensorType integers{DType::kInt32, to_symbolic({2, 2})};
  expect_error(bad, {"alpha = 0.5", "unscaled"}, infer({integers, integers}, {{"alpha", 0.5f}}));
  EXPECT_NO_THROW(infer({integers, integers}, {{"alpha", 1.0f}})());
  EXPECT_EQ(OneNode("Gemm", {type_of({symbol("N"), 3}), type_of({3, 2}), type_of({2})})
                .infer()
                .to_string(),
            "float32[N,2]");
}

TEST(Einsum, AgreesWithMatMulTransposeAndReduction) {
  const auto einsum = [](const char* equation, std::vector<Tensor> inputs) {
    return run_op("Einsum", inputs, {{"equation", std::string(equation)}});
  };
  const Tensor a = random_floats({2, 3, 4}), b = random_floats({2, 4, 5}, 2);
  expect_near(einsum("bij,bjk->bik", {a, b}), run_op("MatMul", {a, b}));
  expect_near(einsum("bij, bjk", {a, b}), einsum("bij,bjk->ik", {a, b}));
  expect_near(einsum("...j,...jk->...k", {random_floats({2, 4}), b}),
              einsum("bj,bjk->bk", {random_floats({2, 4}), b}));
  expect_near(einsum("bij->jib", {a}), run_op("Transpose", {a}), 0.0);
  expect_near(einsum("ii->i", {floats({2, 2}, {1, 2, 3, 4})}), floats({2}, {1, 4}));
  expect_near(einsum("ij->", {floats({2, 2}, {1, 2, 3, 4})}), floats({}, {10}));
}

TEST(Einsum, RefusesBadEquations) {
  const auto infer = [](const char* equation, std::vector<TensorType> types) {
    return [=] { OneNode("Einsum", types, {{"equation", std::string(equation)}}).infer(); };
  };
  const ErrorCode bad = ErrorCode::kInvalidModel;
  expect_error(bad, {"'1'"}, infer("i1->i", {type_of({2, 2})}));
  expect_error(bad, {"2 terms"}, infer("i,j->ij", {type_of({2})}));
  expect_error(bad, {"does not fit input 0"}, infer("ijk->i", {type_of({2, 2})}));
  expect_error(bad, {"output that no input has"}, infer("i->j", {type_of({2})}));
  expect_error(bad, {"repeats a letter"}, infer("i->ii", {type_of({2})}));
  expect_error(bad, {"extents 2 and 3"}, infer("i,i->i", {type_of({2}), type_of({3})}));
}

}  // namespace
}  // namespace headway
