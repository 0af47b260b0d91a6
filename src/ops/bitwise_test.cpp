#include "ops/op_testing.h"

namespace headway {
namespace {

using Ints = std::vector<std::int64_t>;

Tensor bytes(std::initializer_list<std::uint8_t> values) {
  return Tensor::from<std::uint8_t>({static_cast<std::int64_t>(values.size())}, values);
}

Tensor signed_bytes(std::initializer_list<std::int8_t> values) {
  return Tensor::from<std::int8_t>({static_cast<std::int64_t>(values.size())}, values);
}

TEST(Bitwise, HandComputed) {
  const Tensor a = bytes({0b1100, 0xff}), b = bytes({0b1010, 0x0f});
  EXPECT_EQ(to_ints(run_op("BitwiseAnd", {a, b})), (Ints{0b1000, 0x0f}));
  EXPECT_EQ(to_ints(run_op("BitwiseOr", {a, b})), (Ints{0b1110, 0xff}));
  EXPECT_EQ(to_ints(run_op("BitwiseXor", {a, b})), (Ints{0b0110, 0xf0}));
  EXPECT_EQ(to_ints(run_op("BitwiseNot", {signed_bytes({0, 5})})), (Ints{-1, -6}));
}

TEST(Bitwise, BroadcastsAndRefusesFloats) {
  const Tensor column = Tensor::from<std::int32_t>({2, 1}, {1, 2});
  const Tensor row = Tensor::from<std::int32_t>({2}, {1, 3});
  EXPECT_EQ(to_ints(run_op("BitwiseAnd", {column, row})), (Ints{1, 1, 0, 2}));
  expect_error(ErrorCode::kInvalidModel, {"float32"}, [] {
    run_op("BitwiseAnd", {floats({1}, {1}), floats({1}, {1})});
  });
}

TEST(BitShift, FillsWithTheSign) {
  const Attributes left = {{"direction", std::string("LEFT")}};
  const Attributes right = {{"direction", std::string("RIGHT")}};
  const Tensor x = signed_bytes({1, -128, 127, -1, -1, 5});
  const Tensor by = signed_bytes({3, 2, 1, 8, -1, -1});
  EXPECT_EQ(to_ints(run_op("BitShift", {x, by}, left)), (Ints{8, 0, -2, 0, 0, 0}));
  EXPECT_EQ(to_ints(run_op("BitShift", {x, by}, right)), (Ints{0, -32, 63, -1, -1, 0}));
  EXPECT_EQ(to_ints(run_op("BitShift", {bytes({255, 255}), bytes({1, 8})}, right)), (Ints{127, 0}));
  expect_error(ErrorCode::kInvalidModel, {"direction is 'UP'"}, [&] {
    run_op("BitShift", {x, by}, {{"direction", std::string("UP")}});
  });
}

TEST(BitCast, KeepsBits) {
  const Attributes to_int = {{"to", std::int64_t{6}}}, to_float = {{"to", std::int64_t{1}}};
  const Tensor x = floats({2, 1}, {1.0f, -0.0f});
  const Tensor bits = run_op("BitCast", {x}, to_int);
  EXPECT_EQ(to_ints(bits), (Ints{0x3f800000, std::numeric_limits<std::int32_t>::min()}));
  expect_near(run_op("BitCast", {bits}, to_float), x, 0.0);
  const Tensor narrow = run_op("Cast", {floats({1}, {-1})}, {{"to", std::int64_t{22}}});
  const Tensor nibble = run_op("BitCast", {narrow}, {{"to", std::int64_t{21}}});
  EXPECT_EQ(static_cast<const std::uint8_t*>(nibble.raw())[0], 15);
  expect_error(ErrorCode::kInvalidModel, {"int8", "float32"},
               [&] { run_op("BitCast", {signed_bytes({1})}, to_float); });
}

}  // namespace
}  // namespace headway
