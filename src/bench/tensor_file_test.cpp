#include "bench/tensor_file.h"

#include <gtest/gtest.h>

#include "headway/error.h"

#include "base/temporary_folder.h"

namespace headway::bench {
namespace {

TEST(TensorFile, RoundTrip) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "tensors";
  const std::vector<NamedTensor> tensors{
      {"a", Tensor::from<float>({2, 2}, {1, 2, 3, 4})},
      {"b", Tensor::from<std::int64_t>({3}, {5, 6, 7})},
  };
  const auto read = read_tensors(path, write_tensors(path, tensors));
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[1].name, "b");
  EXPECT_EQ(read[0].tensor.values<float>()[3], 4);
  EXPECT_EQ(read[1].tensor.values<std::int64_t>()[2], 7);
}

TEST(TensorFile, RefusesDescriptionsThatLie) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "tensors";
  const std::vector<NamedTensor> tensors{{"a", Tensor::from<float>({2}, {1, 2})}};
  const Json honest = write_tensors(path, tensors);
  const auto with = [&honest](const char* key, const Json& value) {
    Json lie = honest;
    lie[0][key] = value;
    return lie;
  };
  EXPECT_THROW(read_tensors(path, with("shape", {3})), Error);
  EXPECT_THROW(read_tensors(path, with("shape", {1LL << 62, 8})), Error);
  EXPECT_THROW(read_tensors(path, with("shape", {-2})), Error);
  EXPECT_THROW(read_tensors(path, with("shape", "2")), Error);
  EXPECT_THROW(read_tensors(path, with("offset", 4)), Error);
  EXPECT_THROW(read_tensors(path, with("offset", std::uint64_t{1} << 63)), Error);
  EXPECT_THROW(read_tensors(path, with("dtype", "float17")), Error);
  EXPECT_THROW(read_tensors(folder.path() / "none", honest), Error);
}

TEST(TensorFile, FullDiskIsAnError) {
  const std::vector<NamedTensor> tensors{{"a", Tensor::zeros(DType::kFloat32, {1 << 20})}};
  EXPECT_THROW(write_tensors("/dev/full", tensors), Error);
}

}  // namespace
}  // namespace headway::bench
