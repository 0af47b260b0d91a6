#include "formats/weights.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_error.h"
#include "formats/torch/archive.h"
#include "formats/torch/archive_builder.h"

namespace headway::torch {
namespace {

using Named = std::vector<std::pair<std::string, Tensor>>;
using namespace std::literals;

const std::vector<float> kSix = {1, 2, 3, 4, 5, 6};

class WeightsTest : public testing::Test {
 protected:
  Named read(const std::map<std::string, std::string>& entries) const {
    return read_weights(folder_.write("w.pth", archive_bytes(entries)));
  }
  Named read(const std::string& pickle, const std::string& data = bytes_of(kSix)) const {
    return read(
        {{"archive/data.pkl", pickle}, {"archive/data/0", data}, {"archive/version", "3\n"}});
  }
  bool refused(const RawTensorPickle& tensor, std::string_view part,
               ErrorCode code = ErrorCode::kInvalidModel,
               const std::string& data = bytes_of(kSix)) const {
    const std::string message = error_message(code, [&] { read(tensor.bytes(), data); });
    return message.find(part) != std::string::npos && message.find("w.pth") != std::string::npos;
  }
  static std::vector<float> floats(const Tensor& tensor) {
    const auto values = tensor.values<float>();
    return {values.begin(), values.end()};
  }
  const TestFolder folder_;
};

TEST_F(WeightsTest, ReadsAStateDict) {
  const Named tensors =
      read({{"archive/data.pkl", state_dict_pickle({{"a.weight", {2, 2}}, {"a.bias", {3}}})},
            {"archive/data/0", bytes_of(std::vector<float>{1, 2, 3, 4})},
            {"archive/data/1", bytes_of(std::vector<float>{5, 6, 7})},
            {"archive/.data/version", "6"}});
  ASSERT_EQ(tensors.size(), 2U);
  EXPECT_EQ(tensors[0].first, "a.weight");
  EXPECT_EQ(tensors[0].second.shape(), (Shape{2, 2}));
  EXPECT_EQ(floats(tensors[1].second), (std::vector<float>{5, 6, 7}));
}

TEST_F(WeightsTest, ViewsAreDense) {
  EXPECT_EQ(floats(read(RawTensorPickle{.shape = {3, 2}, .strides = {1, 3}}.bytes())[0].second),
            (std::vector<float>{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(
      floats(read(RawTensorPickle{.offset = 4, .shape = {2}, .strides = {1}}.bytes())[0].second),
      (std::vector<float>{5, 6}));
  EXPECT_EQ(floats(read(RawTensorPickle{.shape = {2, 2}, .strides = {0, 1}}.bytes())[0].second),
            (std::vector<float>{1, 2, 1, 2}));
  EXPECT_EQ(read(RawTensorPickle{.elements = 0, .shape = {0, 4}, .strides = {4, 1}}.bytes())[0]
                .second.shape(),
            (Shape{0, 4}));
}

TEST_F(WeightsTest, BigEndianIsSwapped) {
  std::string data = bytes_of(kSix);
  for (std::size_t i = 0; i < data.size(); i += 4) std::reverse(&data[i], &data[i] + 4);
  const Named tensors = read({{"r/data.pkl", RawTensorPickle{}.bytes()},
                              {"r/data/0", data},
                              {"r/byteorder", "big"},
                              {"r/version", "3"}});
  EXPECT_EQ(floats(tensors[0].second), kSix);
}

// Storage-size mismatch, offsets and strides that reach outside, with and without overflow.
TEST_F(WeightsTest, RefusesViewsThatReachOutside) {
  constexpr std::int64_t kHuge = std::int64_t{1} << 62;
  EXPECT_TRUE(refused({.elements = 7}, "has only 24 bytes"));
  EXPECT_TRUE(refused({.elements = kHuge}, "has only 24 bytes"));
  EXPECT_TRUE(refused({.storage_class = "DoubleStorage"}, "has only 24 bytes"));
  EXPECT_TRUE(refused({.elements = -1}, "no storage"));
  EXPECT_TRUE(refused({.offset = 1}, "reaches to element 7 of 6"));
  EXPECT_TRUE(refused({.offset = -1}, "negative offset"));
  EXPECT_TRUE(refused({.elements = 5}, "reaches to element 6 of 5"));
  EXPECT_TRUE(refused({.strides = {4, 1}}, "reaches"));
  EXPECT_TRUE(refused({.strides = {-3, 1}}, "negative"));
  EXPECT_TRUE(refused({.shape = {-2, 3}}, "negative"));
  EXPECT_TRUE(refused({.strides = {kHuge, kHuge}}, "overflow"));
  EXPECT_TRUE(refused({.offset = kHuge, .strides = {kHuge, 1}}, "overflow"));
  EXPECT_TRUE(refused({.shape = {kHuge, 4}, .strides = {0, 0}}, "overflow"));
  EXPECT_TRUE(refused({.shape = {2, 3, 1}}, "3 extents and 2 strides"));
  EXPECT_TRUE(refused({.shape = {1'000'000, 1'000'000}, .strides = {0, 0}}, "repeats",
                      ErrorCode::kOutOfMemory));
  EXPECT_TRUE(refused({.key = "1"}, "has no entry"));
  EXPECT_TRUE(refused({.key = "../data.pkl"}, "has no entry"));
  EXPECT_TRUE(refused({.storage_class = "Evil"}, "Evil", ErrorCode::kUnsupported));
  EXPECT_TRUE(refused({.storage_class = "BoolStorage"}, "bools", ErrorCode::kInvalidModel,
                      "\0\1\2\0\1\1"s));
}

TEST_F(WeightsTest, WhatIsNoDTypeOfOursIsLeftOut) {
  EXPECT_TRUE(
      read(RawTensorPickle{.storage_class = "ComplexFloatStorage", .elements = 3}.bytes()).empty());
  EXPECT_TRUE(read("\x80\x02"
                   "cnumpy.core.multiarray\nscalar\nK\1K\2\x86R."s)
                  .empty());
}

TEST_F(WeightsTest, FindsTheStateDictInsideOfACheckpoint) {
  const std::string inner = state_dict_pickle({{"w", {6}}});
  const std::string dict = inner.substr(2, inner.size() - 3);
  const auto keyed = [](std::string_view key, const std::string& value) {
    return "X"s + static_cast<char>(key.size()) + "\0\0\0"s + std::string(key) + value + "s";
  };
  for (const std::string& checkpoint :
       {keyed("epoch", "K\5") + keyed("state_dict", dict), keyed("model", dict) + keyed("opt", "}"),
        keyed("model", "}" + keyed("state_dict", dict)),
        keyed("model",
              "cnet\nNet\n)\x81}"s + keyed("_parameters", dict) + keyed("_modules", "}") + "b")}) {
    const Named tensors = read("\x80\x02}" + checkpoint + ".");
    ASSERT_EQ(tensors.size(), 1U);
    EXPECT_EQ(tensors[0].first, "w");
  }
  const Named nested = read("\x80\x02}" + keyed("a", "}" + keyed("b", dict)) + ".");
  EXPECT_EQ(nested.at(0).first, "a.b.w");
}

TEST_F(WeightsTest, CyclesAndSharedPartsEnd) {
  EXPECT_TRUE(read("\x80\x02]q\1h\1a."s).empty());
  std::string bomb = "\x80\x02]q\1";
  for (int i = 0; i < 40; ++i) bomb += "]q\2(h\1h\1eq\1"s;
  const std::string message = error_message(ErrorCode::kOutOfMemory, [&] { read(bomb + "."); });
  EXPECT_NE(message.find("holds more than"), std::string::npos) << message;
}

std::string legacy(const std::string& object, const std::string& keys, const std::string& data) {
  const std::string magic = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."s;
  return magic + "\x80\x02M\xe9\3."s + "\x80\x02}X\x0d\0\0\0little_endian\x88s."s + object + keys +
         data;
}

TEST_F(WeightsTest, ReadsTheLegacyFormat) {
  const std::string keys =
      "\x80\x02]X\1\0\0\0"
      "0a."s;
  const std::string count = "\6\0\0\0\0\0\0\0"s;
  const Named tensors = read_weights(
      folder_.write("l.pth", legacy(RawTensorPickle{}.bytes(), keys, count + bytes_of(kSix))));
  ASSERT_EQ(tensors.size(), 1U);
  EXPECT_EQ(tensors[0].second.shape(), (Shape{2, 3}));
  EXPECT_EQ(tensors[0].second.clone().values<float>()[5], 6);

  const auto message = [&](const std::string& bytes) {
    return error_message(ErrorCode::kInvalidModel,
                         [&] { read_weights(folder_.write("l.pth", bytes)); });
  };
  const std::string object = RawTensorPickle{}.bytes();
  EXPECT_NE(message(legacy(object, keys, count)).find("cut off"), std::string::npos);
  EXPECT_NE(message(legacy(object, keys, "\xff\xff\xff\xff\xff\xff\xff\xff"s)).find("cut off"),
            std::string::npos);
  EXPECT_NE(message(legacy(object, "\x80\x02]."s, "")).find("is missing"), std::string::npos);
  EXPECT_NE(message(legacy(object, keys, "\1\0\0\0\0\0\0\0\0\0\0\0"s)).find("reaches"),
            std::string::npos);
}

TEST_F(WeightsTest, SaysWhatAFileIsInstead) {
  const auto message = [&](const std::string& bytes) {
    return error_message(ErrorCode::kUnsupported, [&] { read_weights(folder_.write("x", bytes)); });
  };
  EXPECT_NE(message("\x80\x04}."s).find("torch.save has not written"), std::string::npos);
  EXPECT_NE(message("hello").find("a text file"), std::string::npos);
  EXPECT_NE(error_message(ErrorCode::kUnsupported,
                          [&] {
                            read({{"a/data.pkl", "\x80\x02}."}, {"a/version", "11\n"}});
                          })
                .find("version 11"),
            std::string::npos);
}

}  // namespace
}  // namespace headway::torch
