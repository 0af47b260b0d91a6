#include "ops/attention.h"

#include "ops/fused.h"
#include "ops/op_testing.h"

namespace headway {
namespace {

constexpr std::int64_t kBatch = 2, kTokens = 3, kHeads = 2, kSize = 4, kWidth = kHeads * kSize;

/// Queries, keys and values side by side in rows of one tensor [batch, tokens, 3 · heads · size].
AttentionLayout packed_layout() {
  const AttentionStrides q = {0, kTokens * 3 * kWidth, kSize, 3 * kWidth};
  AttentionLayout a{kBatch, kHeads, kTokens, kTokens, kSize, kSize, q, q, q};
  a.k.offset = kWidth;
  a.v.offset = 2 * kWidth;
  a.y = {0, kTokens * kWidth, kSize, kWidth};
  a.output_shape = {kBatch, kTokens, kWidth};
  a.scale = 0.5f;
  return a;
}

/// The same written with the operators it replaces.
Tensor composed(const Tensor& packed, const Tensor& mask, float scale) {
  const Tensor five = run_op("Reshape", {packed, ints({kBatch, kTokens, 3, kHeads, kSize})});
  std::vector<Tensor> parts;
  for (const std::int64_t part : {0, 1, 2}) {
    const Tensor index = Tensor::from<std::int64_t>({}, {part});
    const Tensor taken = run_op("Gather", {five, index}, {{"axis", std::int64_t{2}}});
    parts.push_back(run_op("Transpose", {taken}, {{"perm", list({0, 2, 1, 3})}}));
  }
  const Tensor keys = run_op("Transpose", {parts[1]}, {{"perm", list({0, 1, 3, 2})}});
  Tensor scores = run_op("Mul", {run_op("MatMul", {parts[0], keys}), floats({}, {scale})});
  if (mask.defined()) scores = run_op("Add", {scores, mask});
  const Tensor y = run_op("MatMul", {run_op("Softmax", {scores}), parts[2]});
  return run_op("Reshape", {run_op("Transpose", {y}, {{"perm", list({0, 2, 1, 3})}}),
                            ints({kBatch, kTokens, kWidth})});
}

TEST(FusedAttention, IsWhatItReplaces) {
  const Tensor packed = random_floats({kBatch, kTokens, 3 * kWidth});
  AttentionLayout layout = packed_layout();
  expect_near(run_op("FusedAttention", {packed, packed, packed},
                     attention_attributes(layout, false), kFusedDomain),
              composed(packed, Tensor(), layout.scale));

  const Tensor mask = random_floats({kBatch, 1, 1, kTokens}, 2);
  layout.mask = {0, kTokens, 0, 0, 1};
  expect_near(run_op("FusedAttention", {packed, packed, packed, mask},
                     attention_attributes(layout, true), kFusedDomain),
              composed(packed, mask, layout.scale));
}

TEST(FusedAttention, RefusesStridesThatLeaveItsTensors) {
  const Tensor packed = random_floats({kBatch, kTokens, 3 * kWidth});
  const auto infer = [&](const AttentionLayout& layout) {
    OneNode("FusedAttention", std::vector<Tensor>{packed, packed, packed},
            attention_attributes(layout, false), 1, kFusedDomain)
        .infer();
  };
  infer(packed_layout());
  AttentionLayout layout = packed_layout();
  layout.v.offset = 2 * kWidth + 1;
  expect_error(ErrorCode::kInvalidModel, {"input 2", "reach"}, [&] { infer(layout); });

  // Strides whose products overflow reach beyond every tensor.
  layout = packed_layout();
  layout.v.token = std::int64_t{1} << 62;
  expect_error(ErrorCode::kInvalidModel, {"input 2", "reach"}, [&] { infer(layout); });
  layout = packed_layout();
  layout.v.batch = layout.v.head = std::int64_t{1} << 62;
  expect_error(ErrorCode::kInvalidModel, {"input 2", "reach"}, [&] { infer(layout); });
  layout = packed_layout();
  layout.output_shape = {kBatch, kTokens, 3 * kWidth};
  expect_error(ErrorCode::kInvalidModel, {"output_shape"}, [&] { infer(layout); });
}

}  // namespace
}  // namespace headway
