#include <algorithm>

#include <gtest/gtest.h>

#include "headway/session.h"

#include "formats/onnx/model_builder.h"
#include "graph/graph.h"

namespace headway {
namespace {

/// The operators of the steps that one node of com.microsoft becomes.
std::vector<std::string> steps_of(const std::string& op_type, const std::vector<Shape>& inputs,
                                  const std::vector<std::string>& attributes) {
  onnx::ModelBuilder builder;
  std::vector<std::string> names;
  std::vector<Tensor> tensors;
  for (const Shape& shape : inputs) {
    names.push_back(shape.empty() ? "" : "x" + std::to_string(names.size()));
    if (shape.empty()) continue;
    builder.input(names.back(), shape);
    tensors.push_back(Tensor::zeros(DType::kFloat32, shape));
  }
  builder.node(op_type, names, {"y"}, attributes, "com.microsoft").output("y");
  CompileOptions options;
  options.threads = 1;
  options.tune = Tune::kOff;
  Session session(Model(builder.read()).compile(options));
  std::vector<std::string> op_types;
  for (const StepInfo& step : session.steps(tensors)) {
    EXPECT_NE(step.category, StepCategory::kReference) << step.name;
    op_types.push_back(step.op_type);
  }
  return op_types;
}

TEST(ContribOperators, AreFusedLikeWhatTheyStandFor) {
  const std::vector<std::string> attention =
      steps_of("MultiHeadAttention", {{2, 5, 8}, {2, 6, 8}, {2, 6, 8}, {}, {}, {2, 2, 5, 6}},
               {onnx::int_attribute("num_heads", 2)});
  EXPECT_EQ(std::ranges::count(attention, "FusedAttention"), 1);
  EXPECT_EQ(std::ranges::count(attention, "Softmax"), 0);

  EXPECT_EQ(steps_of("FusedConv", {{1, 3, 8, 8}, {4, 3, 3, 3}, {4}, {1, 4, 6, 6}},
                     {onnx::string_attribute("activation", "Relu")})
                .size(),
            1u);
  EXPECT_EQ(steps_of("SkipLayerNormalization", {{2, 3, 8}, {2, 3, 8}, {8}, {8}}, {}),
            (std::vector<std::string>{"Add", "LayerNormalization"}));
}

}  // namespace
}  // namespace headway
