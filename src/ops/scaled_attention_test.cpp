#include "ops/op_testing.h"

namespace headway {
namespace {

Tensor part(const Tensor& x, std::int64_t axis, std::int64_t start, std::int64_t end) {
  return run_op("Slice", {x, ints({start}), ints({end}), ints({axis})});
}

Tensor joined(const Tensor& a, const Tensor& b, std::int64_t axis) {
  return run_op("Concat", {a, b}, {{"axis", axis}});
}

/// softmax(q · kᵀ / √size + mask) · v by other operators.
Tensor composed(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask) {
  const Tensor transposed = run_op("Transpose", {k}, {{"perm", list({0, 1, 3, 2})}});
  const float scale = 1.0f / std::sqrt(static_cast<float>(q.dim(3)));
  Tensor scores = run_op("Mul", {run_op("MatMul", {q, transposed}), floats({}, {scale})});
  if (mask.defined()) scores = run_op("Add", {scores, mask});
  return run_op("MatMul", {run_op("Softmax", {scores}), v});
}

struct Operands {
  Tensor q = random_floats({2, 4, 3, 8}, 1), k = random_floats({2, 4, 5, 8}, 2);
  Tensor v = random_floats({2, 4, 5, 6}, 3);
};

TEST(ScaledAttention, IsTheComposition) {
  const Operands a;
  const Tensor mask = random_floats({3, 5}, 4);
  expect_near(run_op("Attention", {a.q, a.k, a.v}), composed(a.q, a.k, a.v, Tensor()));
  expect_near(run_op("Attention", {a.q, a.k, a.v, mask}), composed(a.q, a.k, a.v, mask));
}

TEST(ScaledAttention, PackedHeadsGiveTheSame) {
  const Operands a;
  const auto packed = [](const Tensor& x) {
    const Tensor turned = run_op("Transpose", {x}, {{"perm", list({0, 2, 1, 3})}});
    return turned.reshaped({x.dim(0), x.dim(2), x.dim(1) * x.dim(3)});
  };
  const Attributes heads = {{"q_num_heads", std::int64_t{4}}, {"kv_num_heads", std::int64_t{4}}};
  expect_near(run_op("Attention", {packed(a.q), packed(a.k), packed(a.v)}, heads),
              packed(run_op("Attention", {a.q, a.k, a.v})));
}

TEST(ScaledAttention, SharedKeysAreRepeatedKeys) {
  const Operands a;
  const Tensor k = part(a.k, 1, 0, 2), v = part(a.v, 1, 0, 2);
  const Tensor repeat = ints({0, 0, 1, 1});
  const Attributes axis = {{"axis", std::int64_t{1}}};
  expect_near(run_op("Attention", {a.q, k, v}),
              run_op("Attention", {a.q, run_op("Gather", {k, repeat}, axis),
                                   run_op("Gather", {v, repeat}, axis)}));
}

TEST(ScaledAttention, TokenByTokenWithACacheIsCausal) {
  const Tensor q = random_floats({1, 2, 4, 8}, 1), k = random_floats({1, 2, 4, 8}, 2);
  const Tensor v = random_floats({1, 2, 4, 8}, 3);
  const Attributes causal = {{"is_causal", std::int64_t{1}}};
  const Tensor wanted = run_op("Attention", {q, k, v}, causal);
  Tensor keys = part(k, 2, 0, 1), values = part(v, 2, 0, 1);
  for (std::int64_t i = 1; i < 4; ++i) {
    const std::vector<Tensor> results = run_all(
        "Attention",
        {part(q, 2, i, i + 1), part(k, 2, i, i + 1), part(v, 2, i, i + 1), Tensor(), keys, values},
        causal, 3);
    expect_near(results[0], part(wanted, 2, i, i + 1));
    keys = results[1];
    values = results[2];
  }
  expect_near(keys, k, 0.0);
}

TEST(ScaledAttention, HidesPaddingAndWindows) {
  const Operands a;
  const Tensor lengths = ints({2, 2});
  const Tensor short_k = part(a.k, 2, 0, 2), short_v = part(a.v, 2, 0, 2);
  const Tensor none;
  expect_near(run_op("Attention", {a.q, a.k, a.v, none, none, none, lengths}),
              run_op("Attention", {a.q, short_k, short_v}));
  const Attributes own = {{"left_window_size", std::int64_t{0}},
                          {"right_window_size", std::int64_t{0}}};
  expect_near(run_op("Attention", {a.q, a.k, a.v}, own), part(a.v, 2, 0, 3));
}

TEST(ScaledAttention, NothingToSeeGivesZero) {
  const Operands a;
  Tensor mask = Tensor::zeros(DType::kBool, {3, 5});
  mask.data<bool>()[0] = true;
  const Tensor y = run_op("Attention", {a.q, a.k, a.v, mask});
  expect_near(part(y, 2, 0, 1), part(a.v, 2, 0, 1));
  for (const double value : to_doubles(part(y, 2, 1, 3))) EXPECT_EQ(value, 0.0);
}

TEST(ScaledAttention, InfersSymbolicShapes) {
  const Dim n = symbol("N");
  const TensorType q = type_of({n, symbol("S"), 32}), past = type_of({n, 4, 7, 8});
  OneNode one(
      "Attention",
      {q, type_of({n, 2, 32}), type_of({n, 2, 16}), type_of({9}), past, type_of({n, 4, 7, 4})},
      {{"q_num_heads", std::int64_t{4}}, {"kv_num_heads", std::int64_t{4}}}, 4);
  EXPECT_EQ(one.infer(0), type_of({n, symbol("S"), 16}));
  EXPECT_EQ(one.infer(1), type_of({n, 4, 9, 8}));
  EXPECT_EQ(one.infer(3), type_of({n, 4, symbol("S"), 9}));
  expect_error(ErrorCode::kInvalidModel, {"3 heads"}, [&] {
    OneNode("Attention", {type_of({1, 3, 2, 8}), type_of({1, 2, 2, 8}), type_of({1, 2, 2, 8})})
        .infer();
  });
}

TEST(RotaryEmbedding, TurnsPairsByTheirAngle) {
  const Tensor x = floats({1, 1, 1, 4}, {1, 2, 3, 4});
  const Tensor cosine = floats({2, 2}, {1, 1, 0, 0}), sine = floats({2, 2}, {0, 0, 1, 1});
  const auto turned = [&](std::int64_t position, Attributes attributes) {
    const Tensor positions = Tensor::from<std::int64_t>({1, 1}, {position});
    return run_op("RotaryEmbedding", {x, cosine, sine, positions}, std::move(attributes));
  };
  expect_near(turned(0, {}), x, 0.0);
  expect_near(turned(1, {}), floats({1, 1, 1, 4}, {-3, -4, 1, 2}));
  expect_near(turned(1, {{"interleaved", std::int64_t{1}}}), floats({1, 1, 1, 4}, {-2, 1, -4, 3}));
  expect_error(ErrorCode::kInvalidModel, {"caches"}, [&] { turned(2, {}); });
}

TEST(LinearAttention, LinearRuleIsCausalAttentionWithoutSoftmax) {
  const Tensor q = random_floats({1, 3, 2}, 1), k = random_floats({1, 3, 2}, 2);
  const Tensor v = random_floats({1, 3, 2}, 3);
  const Attributes linear = {{"q_num_heads", std::int64_t{1}},
                             {"kv_num_heads", std::int64_t{1}},
                             {"scale", 1.0f},
                             {"update_rule", std::string("linear")}};
  const Tensor scores = run_op(
      "Trilu", {run_op("MatMul", {q, run_op("Transpose", {k}, {{"perm", list({0, 2, 1})}})})},
      {{"upper", std::int64_t{0}}});
  const std::vector<Tensor> all = run_all("LinearAttention", {q, k, v}, linear, 2);
  expect_near(all[0], run_op("MatMul", {scores, v}));
  const std::vector<Tensor> first =
      run_all("LinearAttention", {part(q, 1, 0, 1), part(k, 1, 0, 1), part(v, 1, 0, 1)}, linear, 2);
  const std::vector<Tensor> rest =
      run_all("LinearAttention", {part(q, 1, 1, 3), part(k, 1, 1, 3), part(v, 1, 1, 3), first[1]},
              linear, 2);
  expect_near(joined(first[0], rest[0], 1), all[0]);
  expect_near(rest[1], all[1]);
}

TEST(CausalConv, IsConvPaddedOnTheLeftAndCarriesItsState) {
  const Tensor x = random_floats({2, 3, 7}), w = random_floats({3, 1, 4}, 2);
  const Tensor bias = random_floats({3}, 3);
  const std::vector<Tensor> all = run_all("CausalConvWithState", {x, w, bias}, {}, 2);
  expect_near(all[0],
              run_op("Conv", {x, w, bias}, {{"group", std::int64_t{3}}, {"pads", list({3, 0})}}));
  const std::vector<Tensor> first =
      run_all("CausalConvWithState", {part(x, 2, 0, 2), w, bias}, {}, 2);
  const std::vector<Tensor> rest =
      run_all("CausalConvWithState", {part(x, 2, 2, 7), w, bias, first[1]}, {}, 2);
  expect_near(joined(first[0], rest[0], 2), all[0]);
  expect_near(rest[1], part(x, 2, 4, 7), 0.0);
}

}  // namespace
}  // namespace headway
