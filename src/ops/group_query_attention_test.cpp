#include <gtest/gtest.h>

#include "ops/op_testing.h"

namespace headway {
namespace {

std::vector<Tensor> attend(const std::vector<Tensor>& inputs, Attributes attributes = {}) {
  Graph graph;
  std::vector<Value*> values;
  for (const Tensor& input : inputs) {
    values.push_back(input.defined()
                         ? graph.add_input("", {input.dtype(), to_symbolic(input.shape())})
                         : nullptr);
  }
  attributes.try_emplace("num_heads", std::int64_t{2});
  attributes.try_emplace("kv_num_heads", std::int64_t{1});
  const Node* node = graph.add_node("GroupQueryAttention", values, {"y", "k", "v"},
                                    std::move(attributes), "", "com.microsoft");
  return run_reference(*node, inputs);
}

Tensor last(std::int32_t position) {
  return Tensor::from<std::int32_t>({1}, {position});
}

/// Two query heads of size 1 share one head of keys and values; the keys are zero, so that every
/// result is the mean of the values seen.
TEST(GroupQueryAttention, HeadsShareKeysAndSeeThePast) {
  const Tensor q = floats({1, 2, 2}, {1, 2, 3, 4});
  const Tensor k = floats({1, 2, 1}, {0, 0}), v = floats({1, 2, 1}, {2, 4});
  const Tensor past_k = floats({1, 1, 1, 1}, {0}), past_v = floats({1, 1, 1, 1}, {6});
  const auto y = attend({q, k, v, past_k, past_v, last(2), last(3)});
  expect_near(y[0], floats({1, 2, 2}, {4, 4, 4, 4}));
  expect_near(y[2], floats({1, 1, 3, 1}, {6, 2, 4}));
  const auto window =
      attend({q, k, v, past_k, past_v, last(2), last(3)}, {{"local_window_size", std::int64_t{1}}});
  expect_near(window[0], floats({1, 2, 2}, {2, 2, 4, 4}));
}

TEST(GroupQueryAttention, PackedInputsMeanTheSame) {
  const Tensor packed = floats({1, 1, 4}, {1, 2, 0.5f, 7});
  const auto y = attend({packed, {}, {}, {}, {}, last(0), last(1)});
  expect_near(y[0], floats({1, 1, 2}, {7, 7}));
  expect_near(y[1], floats({1, 1, 1, 1}, {0.5f}));
}

TEST(GroupQueryAttention, RefusesWhatDoesNotFit) {
  const Tensor q = floats({1, 1, 2}, {1, 2}), k = floats({1, 1, 1}, {0});
  const auto refuses = [&](const std::vector<Tensor>& inputs) {
    expect_error(ErrorCode::kInvalidModel, {"do not fit"}, [&] { attend(inputs); });
  };
  refuses({q, k, k, {}, {}, last(5), last(3)});                          // More past than there is.
  refuses({q, floats({1, 1, 2}, {0, 0}), k, {}, {}, last(0), last(1)});  // Too wide.
  const Tensor past = floats({1, 2, 1, 1}, {0, 0});
  refuses({q, k, k, past, past, last(1), last(2)});  // Too many heads.
  refuses({q, k, k, {}, {}, last(0), last(1), {}, {}, {}, floats({1, 1, 1, 0}, {})});
}

}  // namespace
}  // namespace headway
