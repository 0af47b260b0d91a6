#include "models.h"

#include <cmath>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace headway::bench {
namespace {

const std::string kFolder = std::string(HEADWAY_TEST_MODELS) + "/";

Tensor read(const std::string& file, DType dtype, Shape shape) {
  Tensor tensor = Tensor::allocate(dtype, std::move(shape));
  std::ifstream stream(kFolder + file, std::ios::binary);
  stream.read(static_cast<char*>(tensor.raw()), static_cast<std::streamsize>(tensor.byte_size()));
  EXPECT_TRUE(stream) << file;
  return tensor;
}

double largest(const Tensor& tensor) {
  double result = 0;
  for (const float value : tensor.values<float>())
    result = std::max(result, std::abs(double{value}));
  return result;
}

}  // namespace

bool have_models() {
  return std::filesystem::exists(kFolder + "two_outputs.onnx");
}

TestModel residual_model() {
  return {kFolder + "residual",
          {{"x", read("residual.input0", DType::kFloat32, {2, 3, 12, 12})}},
          {{"y", read("residual.output0", DType::kFloat32, {2, 5})}}};
}

TestModel two_output_model() {
  return {kFolder + "two_outputs",
          {{"x", read("two_outputs.input0", DType::kFloat32, {4, 6})},
           {"indices", read("two_outputs.input1", DType::kInt64, {3})}},
          {{"doubled", read("two_outputs.output0", DType::kFloat32, {4, 6})},
           {"selected", read("two_outputs.output1", DType::kFloat32, {3, 6})}}};
}

void expect_agreement(const std::vector<NamedTensor>& actual,
                      const std::vector<NamedTensor>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t index = 0; index < expected.size(); ++index) {
    const Tensor& got = actual[index].tensor;
    const Tensor& wanted = expected[index].tensor;
    ASSERT_EQ(got.shape(), wanted.shape());
    ASSERT_EQ(got.dtype(), DType::kFloat32);
    const double tolerance = 1e-3 * largest(wanted);
    for (std::int64_t element = 0; element < wanted.size(); ++element) {
      ASSERT_NEAR(got.data<float>()[element], wanted.data<float>()[element], tolerance)
          << expected[index].name << '[' << element << ']';
    }
  }
}

}  // namespace headway::bench
