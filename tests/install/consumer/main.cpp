#include <cstdio>
#include <vector>

#include "headway/headway.h"

int main() {
  const headway::Program program = headway::Model::builtin("squeezenet1_1").compile();
  headway::Session session(program);
  const std::vector<headway::Tensor> inputs = {
      headway::Tensor::zeros(headway::DType::kFloat32, {1, 3, 224, 224})};
  const headway::Tensor output = session.run(inputs)[0];
  std::printf("headway %s: %s\n", headway::version(), headway::to_string(output.shape()).c_str());
  try {
    headway::Model::load("missing.onnx");
  } catch (const headway::Error& error) {
    return error.code() == headway::ErrorCode::kNotFound ? 0 : 1;
  }
  return 1;
}
