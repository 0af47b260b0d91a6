#include "formats/safetensors/safetensors.h"

#include <cstring>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_error.h"
#include "base/test_folder.h"
#include "base/zip_format.h"
#include "formats/weights.h"

namespace headway {
namespace {

using Named = std::vector<std::pair<std::string, Tensor>>;

std::string file_of(const std::string& header, std::size_t data) {
  std::string bytes;
  zip::put64(bytes, header.size());
  return bytes + header + std::string(data, '\0');
}

Named read(const std::string& bytes) {
  return safetensors::read(std::as_bytes(std::span(bytes)), "t.safetensors",
                           [](auto) { return nullptr; });
}

std::string entry(const std::string& name, const std::string& shape, int begin, int end,
                  const std::string& dtype = "F32") {
  return "\"" + name + R"(":{"dtype":")" + dtype + R"(","shape":[)" + shape +
         R"(],"data_offsets":[)" + std::to_string(begin) + "," + std::to_string(end) + "]}";
}

bool refused(const std::string& bytes, std::string_view part,
             ErrorCode code = ErrorCode::kInvalidModel) {
  const std::string message = error_message(code, [&] { read(bytes); });
  return message.find(part) != std::string::npos && message.starts_with("'t.safetensors'");
}

TEST(Safetensors, RoundTrips) {
  const TestFolder folder;
  const Named tensors = {{"flags \"\n\\ü", Tensor::from<bool>({3}, {true, false, true})},
                         {"weights", Tensor::from<float>({2, 2}, {1, 2, 3, 4})},
                         {"none", Tensor::allocate(DType::kInt8, {0, 3})},
                         {"scalar", Tensor::from<double>({}, {0.5})},
                         {"half", Tensor::from<float>({1}, {3}).to(DType::kBFloat16)}};
  write_safetensors(folder / "t.safetensors", tensors);
  const Named back = read_weights(folder / "t.safetensors");
  ASSERT_EQ(back.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    const auto found = std::ranges::find(back, name, &Named::value_type::first);
    ASSERT_NE(found, back.end()) << name;
    EXPECT_EQ(found->second.dtype(), tensor.dtype());
    EXPECT_EQ(found->second.shape(), tensor.shape());
    EXPECT_EQ(std::memcmp(found->second.raw(), tensor.raw(), tensor.byte_size()), 0);
  }
}

TEST(Safetensors, ReadsWhatOthersWrite) {
  const Named tensors =
      read(file_of(R"( {"__metadata__" : {"format":"pt\u00e4\ud83d\ude00"}, )" +
                       entry("b", "2", 8, 16) + "," + entry("a", "1,2", 0, 8) + "}   ",
                   16));
  ASSERT_EQ(tensors.size(), 2U);
  EXPECT_EQ(tensors[1].second.shape(), (Shape{1, 2}));
  EXPECT_TRUE(read(file_of("{}", 0)).empty());
}

TEST(Safetensors, RefusesHolesOverlapAndWrongSizes) {
  EXPECT_TRUE(refused(file_of("{" + entry("a", "2", 4, 12) + "}", 12), "hole"));
  EXPECT_TRUE(refused(file_of("{" + entry("a", "2", 0, 8) + "," + entry("b", "2", 4, 12) + "}", 12),
                      "overlaps"));
  EXPECT_TRUE(refused(file_of("{" + entry("a", "2", 0, 8) + "}", 12), "take 8 bytes"));
  EXPECT_TRUE(refused(file_of("{" + entry("a", "2", 0, 8) + "}", 4), "cut off"));
  EXPECT_TRUE(refused(file_of("{" + entry("a", "3", 0, 8) + "}", 8), "takes 12 bytes"));
  EXPECT_TRUE(refused(file_of("{" + entry("a", "2", 8, 0) + "}", 8), "hole"));
  EXPECT_TRUE(
      refused(file_of("{" + entry("a", "4611686018427387904,4611686018427387904", 0, 0) + "}", 0),
              "overflows"));
}

TEST(Safetensors, RefusesMalformedHeaders) {
  EXPECT_TRUE(refused("short", "shorter"));
  EXPECT_TRUE(refused(std::string(8, '\xff'), "at most"));
  EXPECT_TRUE(refused(std::string("\x20\0\0\0\0\0\0\0{}", 10), "cut off"));
  const std::string a = entry("a", "2", 0, 8);
  const std::vector<std::string> headers = {
      std::string(""),
      std::string("["),
      "{" + a,
      "{" + a + "}x",
      "{" + a + ",}",
      "{a}",
      std::string(R"({"a)"),
      std::string(R"({"a\)"),
      std::string(R"({"\x":{}})"),
      std::string(R"({"\u12":{}})"),
      std::string(R"({"a":{"dtype":"F32","shape":[2]}})"),
      std::string(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,8]}})"),
      std::string(R"({"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,8]}})"),
      std::string(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}})"),
      std::string(R"({"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}})"),
      std::string(R"({"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}})"),
      std::string(R"({"__metadata__":{"a":{}}})"),
      std::string("{\"a\nb\":{}}")};
  for (const std::string& header : headers) {
    EXPECT_TRUE(refused(file_of(header, 8), "header is malformed")) << header;
  }
  EXPECT_TRUE(refused(file_of("{" + a + "," + a + "}", 8), "occurs twice"));
  EXPECT_TRUE(refused(file_of("{" + entry("a", "1", 0, 8, "C64") + "}", 8), "C64",
                      ErrorCode::kUnsupported));
  EXPECT_TRUE(refused(file_of("{" + entry("a", "1", 0, 1, "BOOL") + "}", 0) + "\2", "bools"));
}

TEST(Safetensors, RefusesNamesTwice) {
  const TestFolder folder;
  const Tensor x = Tensor::from<float>({1}, {1});
  const Named twice = {{"a", x}, {"a", x}}, meta = {{"__metadata__", x}};
  for (const Named& named : {twice, meta})
    error_message(ErrorCode::kInvalidArgument,
                  [&] { write_safetensors(folder / "x.safetensors", named); });
  const Named packed = {{"a", Tensor::allocate(DType::kInt4, {1})}};
  error_message(ErrorCode::kUnsupported,
                [&] { write_safetensors(folder / "x.safetensors", packed); });
  EXPECT_EQ(folder.file_count(), 0U);
}

}  // namespace
}  // namespace headway
