#include "headway/tensor.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "base/test_error.h"
#include "tensor/dispatch.h"

namespace headway {
namespace {

TEST(Shape, CountsAndPrints) {
  EXPECT_EQ(num_elements({}), 1);
  EXPECT_EQ(num_elements({2, 3, 4}), 24);
  EXPECT_EQ(num_elements({2, 0, 4}), 0);
  EXPECT_EQ(to_string(Shape{1, 3, 224}), "1x3x224");
  EXPECT_EQ(to_string(Shape{}), "scalar");
  EXPECT_EQ(error_message(ErrorCode::kInvalidArgument,
                          [] {
                            num_elements({2, -1});
                          }),
            "shape 2x-1 has a negative extent");
  constexpr std::int64_t kHuge = std::int64_t{1} << 62;
  EXPECT_NE(error_message(ErrorCode::kInvalidArgument,
                          [] {
                            num_elements({kHuge, 4});
                          })
                .find("more elements than fit in 64 bits"),
            std::string::npos);
  error_message(ErrorCode::kInvalidArgument, [] { num_elements({kHuge, 0, 4}); });
}

TEST(Tensor, AllocatesAligned) {
  const Tensor tensor = Tensor::zeros(DType::kInt16, {3, 5});
  EXPECT_TRUE(tensor.defined());
  EXPECT_EQ(tensor.size(), 15);
  EXPECT_EQ(tensor.byte_size(), 30U);
  EXPECT_EQ(tensor.rank(), 2U);
  EXPECT_EQ(tensor.dim(1), 5);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.raw()) % 64, 0U);
  for (const std::int16_t value : tensor.values<std::int16_t>()) EXPECT_EQ(value, 0);
  EXPECT_FALSE(Tensor().defined());
  EXPECT_TRUE(Tensor::allocate(DType::kFloat32, {0}).defined());
}

TEST(Tensor, RefusesMoreThanTheAddressSpace) {
  constexpr std::int64_t kHuge = std::int64_t{1} << 61;
  for (const std::int64_t extent : {kHuge, std::numeric_limits<std::int64_t>::max()}) {
    const Shape shape = {extent};
    error_message(ErrorCode::kOutOfMemory, [&] { Tensor::allocate(DType::kFloat64, shape); });
  }
}

TEST(Tensor, FromChecksTheCount) {
  EXPECT_EQ(Tensor::from<float>({2}, {1, 2}).values<float>()[1], 2.0F);
  EXPECT_EQ(error_message(ErrorCode::kInvalidArgument,
                          [] {
                            Tensor::from<float>({3}, {1.0F, 2.0F});
                          }),
            "a tensor of shape 3 holds 3 elements, but 2 were given");
}

TEST(Tensor, CopiesShareAndClonesDoNot) {
  Tensor tensor = Tensor::from<float>({2}, {1, 2});
  Tensor copy = tensor;
  const Tensor clone = tensor.clone();
  copy.data<float>()[0] = 7;
  EXPECT_EQ(tensor.data<float>()[0], 7.0F);
  EXPECT_EQ(clone.data<float>()[0], 1.0F);
}

TEST(Tensor, BorrowKeepsTheOwner) {
  auto owner = std::make_shared<std::vector<float>>(4, 1.0F);
  const std::weak_ptr<std::vector<float>> watch = owner;
  Tensor tensor = Tensor::borrow(owner->data(), DType::kFloat32, {4}, owner);
  owner.reset();
  EXPECT_EQ(tensor.reshaped({2, 2}).data<float>()[3], 1.0F);
  EXPECT_FALSE(watch.expired());
  tensor = Tensor();
  EXPECT_TRUE(watch.expired());
}

TEST(Tensor, AnEmptyBufferIsDefined) {
  EXPECT_TRUE(Tensor::borrow(nullptr, DType::kFloat32, {0, 3}, nullptr).defined());
}

TEST(Tensor, ChecksAccess) {
  alignas(8) char bytes[24] = {};
  const Tensor odd = Tensor::borrow(bytes + 1, DType::kFloat32, {4}, nullptr);
  EXPECT_EQ(error_message(ErrorCode::kInvalidArgument, [&] { odd.data<std::int32_t>(); }),
            "a float32 tensor was accessed as int32");
  EXPECT_NE(error_message(ErrorCode::kInvalidArgument, [&] { odd.data<float>(); })
                .find("not aligned to its element size; clone() it first"),
            std::string::npos);
  EXPECT_EQ(odd.clone().data<float>()[0], 0.0F);
  EXPECT_EQ(odd.to(DType::kInt8).data<std::int8_t>()[3], 0);
}

TEST(Tensor, ReshapedChecksTheCount) {
  const Tensor tensor = Tensor::zeros(DType::kInt8, {2, 3});
  EXPECT_EQ(tensor.reshaped({6}).raw(), tensor.raw());
  error_message(ErrorCode::kInvalidArgument, [&] { tensor.reshaped({5}); });
}

TEST(Tensor, ConvertsBetweenAllDtypes) {
  const Tensor source = Tensor::from<double>({4}, {0, 1, 2, 100});
  for (int i = 0; i <= static_cast<int>(DType::kBool); ++i) {
    const auto dtype = static_cast<DType>(i);
    const Tensor back = source.to(dtype).to(DType::kFloat64);
    const double last = dtype == DType::kBool ? 1 : 100;
    EXPECT_EQ(back.values<double>()[0], 0.0);
    EXPECT_EQ(back.values<double>()[1], 1.0);
    EXPECT_EQ(back.values<double>()[3], last) << name_of(dtype);
  }
  EXPECT_EQ(source.to(DType::kFloat64).raw(), source.raw());
}

TEST(Tensor, NarrowingIsDefinedForEveryNumber) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Tensor source =
      Tensor::from<double>({6}, {std::nan(""), kInfinity, -kInfinity, 1e30, -1.9, 300.7});
  const auto bytes = source.to(DType::kUInt8);
  EXPECT_EQ(bytes.values<std::uint8_t>()[0], 0);
  EXPECT_EQ(bytes.values<std::uint8_t>()[1], 255);
  EXPECT_EQ(bytes.values<std::uint8_t>()[2], 0);
  EXPECT_EQ(bytes.values<std::uint8_t>()[4], 0);
  EXPECT_EQ(bytes.values<std::uint8_t>()[5], 255);
  const auto longs = source.to(DType::kInt64);
  EXPECT_EQ(longs.values<std::int64_t>()[1], std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(longs.values<std::int64_t>()[2], std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(longs.values<std::int64_t>()[3], std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(longs.values<std::int64_t>()[4], -1);
  EXPECT_EQ(source.to(DType::kFloat32).values<float>()[1], std::numeric_limits<float>::infinity());
  EXPECT_EQ(source.to(DType::kUInt64).values<std::uint64_t>()[3],
            std::numeric_limits<std::uint64_t>::max());
}

TEST(Tensor, DispatchKnowsEveryDtype) {
  for (int i = 0; i <= static_cast<int>(DType::kBool); ++i) {
    const auto dtype = static_cast<DType>(i);
    dispatch(dtype, [&]<typename T>(std::type_identity<T>) {
      EXPECT_EQ(kDTypeOf<T>, dtype);
      EXPECT_EQ(sizeof(T), size_of(dtype));
    });
  }
  error_message(ErrorCode::kInternal,
                [] { dispatch(static_cast<DType>(99), []<typename T>(std::type_identity<T>) {}); });
}

TEST(Tensor, HoldsStrings) {
  const std::string long_text(100, 'x');
  Tensor copy;
  {
    Tensor tensor = Tensor::from<std::string>({2}, {"a", long_text});
    copy = tensor.clone();
    tensor.data<std::string>()[0] = "changed";
    EXPECT_EQ(tensor.reshaped({2, 1}).data<std::string>()[0], "changed");
  }
  EXPECT_EQ(copy.values<std::string>()[0], "a");
  EXPECT_EQ(copy.values<std::string>()[1], long_text);
  EXPECT_EQ(Tensor::zeros(DType::kString, {3}).values<std::string>()[2], "");
}

TEST(Tensor, ConvertsStringsAndNumbers) {
  const Tensor texts = Tensor::from<std::string>({5}, {"1.5", "-INF", "NaN", "+1e-2", " 7 "});
  const Tensor numbers = texts.to(DType::kFloat32);
  EXPECT_EQ(numbers.values<float>()[0], 1.5F);
  EXPECT_EQ(numbers.values<float>()[1], -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(numbers.values<float>()[2]));
  EXPECT_EQ(numbers.values<float>()[3], 0.01F);
  const Tensor back = numbers.to(DType::kString);
  EXPECT_EQ(back.values<std::string>()[0], "1.5");
  EXPECT_EQ(back.values<std::string>()[1], "-INF");
  EXPECT_EQ(back.values<std::string>()[2], "NaN");
  const Tensor big = Tensor::from<std::string>({1}, {"9007199254740993"}).to(DType::kInt64);
  EXPECT_EQ(big.values<std::int64_t>()[0], 9007199254740993);
  EXPECT_EQ(error_message(ErrorCode::kInvalidArgument,
                          [] { Tensor::from<std::string>({1}, {"one"}).to(DType::kFloat32); }),
            "the string 'one' is not a number that a floating-point type can hold");
}

TEST(Tensor, ConvertsNarrowTypes) {
  const Tensor source = Tensor::from<std::int32_t>({3}, {3, -1, 9});
  const Tensor four = source.to(DType::kInt4);
  EXPECT_EQ(four.byte_size(), 3U);
  EXPECT_EQ(four.to(DType::kInt32).values<std::int32_t>()[2], -7);
  EXPECT_EQ(four.to(DType::kFloat64).values<double>()[1], -1.0);
  EXPECT_EQ(source.to(DType::kFloat8E4M3FN).to(DType::kString).values<std::string>()[2], "9");
}

TEST(Tensor, NarrowIntegersKeepTheLowBitsOfFloats) {
  const Tensor source = Tensor::from<float>({4}, {-9.5F, 8, 15.9F, -1});
  const Tensor values = source.to(DType::kInt4).to(DType::kInt32);
  EXPECT_EQ(std::vector<std::int32_t>(values.values<std::int32_t>().begin(),
                                      values.values<std::int32_t>().end()),
            (std::vector<std::int32_t>{7, -8, -1, -1}));
}

}  // namespace
}  // namespace headway
