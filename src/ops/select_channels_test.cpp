#include "ops/select_channels.h"

#include "ops/op_testing.h"

namespace headway {
namespace {

Tensor block(const Tensor& plain, std::int64_t size) {
  return run_op("BlockChannels", {plain}, {{"block", size}}, "headway");
}

Tensor unblock(const Tensor& blocked, std::int64_t channels) {
  return run_op("UnblockChannels", {blocked}, {{"channels", channels}}, "headway");
}

Attributes select(std::initializer_list<std::int64_t> channels,
                  std::initializer_list<std::int64_t> indices) {
  return {{"channels", list(channels)}, {"indices", list(indices)}};
}

TEST(SelectChannels, EqualsGatherOfTheConcatenatedImages) {
  const Tensor a = random_floats({2, 5, 3, 2}), b = random_floats({2, 2, 3, 2}, 2);
  const auto indices = {6L, 0L, 4L, 4L, 5L, 1L};
  const Tensor wanted = run_op(
      "Gather", {run_op("Concat", {a, b}, {{"axis", std::int64_t{1}}}), ints({6, 0, 4, 4, 5, 1})},
      {{"axis", std::int64_t{1}}});
  for (const std::int64_t size : {1, 4, 8}) {
    const Tensor selected = run_op("SelectChannels", {block(a, size), block(b, size)},
                                   select({5, 2}, indices), "headway");
    expect_near(unblock(selected, 6), wanted, 0);
  }
}

TEST(SelectChannels, InfersTheBlocks) {
  OneNode known("SelectChannels", std::vector{type_of({symbol("N"), 2, 7, 7, 4})},
                select({7}, {0, 1, 2, 3, 6}), 1, "headway");
  EXPECT_EQ(known.infer(), type_of({symbol("N"), 2, 7, 7, 4}));
  OneNode shorter("SelectChannels", std::vector{type_of({1, 2, 7, 7, 4})}, select({5}, {4}), 1,
                  "headway");
  EXPECT_EQ(shorter.infer(), type_of({1, 1, 7, 7, 4}));
}

void expect_refusal(const std::vector<TensorType>& types, Attributes attributes,
                    const std::vector<std::string>& parts) {
  OneNode one("SelectChannels", types, std::move(attributes), 1, "headway");
  expect_error(ErrorCode::kInvalidModel, parts, [&] { one.infer(); });
}

TEST(SelectChannels, SaysWhatIsWrong) {
  const TensorType x = type_of({1, 2, 3, 3, 4});
  expect_refusal({x}, select({7}, {0, 7}), {"'it'", "index 7", "not a channel"});
  expect_refusal({x}, select({7}, {-1}), {"index -1"});
  expect_refusal({x}, select({7}, {}), {"indices is empty"});
  expect_refusal({x}, select({7, 7}, {0}), {"channels has 2", "1 inputs"});
  expect_refusal({x}, select({4}, {0}), {"channels[0] is 4", "fill the blocks"});
  expect_refusal({x}, select({9}, {0}), {"channels[0] is 9", "fill the blocks"});
  expect_refusal({x}, select({0}, {0}), {"channels[0] is 0", "at least 1"});
  expect_refusal({x, type_of({1, 1, 3, 4, 4})}, select({8, 1}, {0}), {"input 1", "axis 1 only"});
  expect_refusal({type_of({1, 2, 3, 3, 0})}, select({8}, {0}), {"blocks are empty"});
  expect_refusal({type_of({1, 2, 3, 3})}, select({8}, {0}), {"rank"});
}

}  // namespace
}  // namespace headway
