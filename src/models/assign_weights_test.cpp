#include "models/assign_weights.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_error.h"
#include "graph/verify.h"
#include "models/models.h"
#include "ops/operator.h"

namespace headway::models {
namespace {

/// The parameters of another seed, as torchvision would save them.
NamedTensors weights_of(std::string_view model, std::uint64_t seed = 7) {
  NamedTensors weights;
  const Graph graph = build_model(model, {.seed = seed, .image_size = 64});
  for (const Value* constant : graph.constants())
    if (constant->name().front() != '/')
      weights.emplace_back(constant->name(), constant->constant());
  weights.emplace_back("bn1.num_batches_tracked", Tensor::from<std::int64_t>({}, {3}));
  return weights;
}

Graph resnet18() {
  return build_model("resnet18", {.image_size = 64});
}

std::string refused(NamedTensors weights) {
  return error_message(ErrorCode::kInvalidArgument,
                       [&] { assign_weights(resnet18(), std::move(weights)); });
}

bool holds(const std::string& message, std::string_view part) {
  return message.find(part) != std::string::npos;
}

TEST(AssignWeights, TheResultIsTheModelThatTheyCameFrom) {
  Graph graph = assign_weights(resnet18(), weights_of("resnet18"));
  infer_types(graph);
  verify(graph);
  Tensor x = Tensor::zeros(DType::kFloat32, {1, 3, 64, 64});
  std::ranges::fill(x.values<float>(), 0.5f);
  const Graph expected = build_model("resnet18", {.seed = 7, .image_size = 64});
  const auto y = run_reference(graph, std::span(&x, 1));
  const auto z = run_reference(expected, std::span(&x, 1));
  EXPECT_TRUE(std::ranges::equal(y[0].values<float>(), z[0].values<float>()));
  EXPECT_NE(graph.find("layer1.0.conv1.weight"), nullptr);
}

TEST(AssignWeights, WrappersAreTakenOff) {
  NamedTensors weights = weights_of("resnet18");
  for (auto& [name, tensor] : weights) name = "module._orig_mod." + name;
  assign_weights(resnet18(), weights);
  weights[0].first = "conv1.weight";
  EXPECT_TRUE(holds(refused(weights), "conv1.weight"));
}

TEST(AssignWeights, OldNamesOfDenseLayersAreKnown) {
  NamedTensors weights = weights_of("densenet121");
  int old_names = 0;
  for (auto& [name, tensor] : weights)
    for (const std::string_view layer : {"norm1", "norm2", "conv1", "conv2"})
      if (const std::size_t found = name.find(layer);
          found != std::string::npos && holds(name, "denselayer")) {
        name.insert(found + 4, ".");
        ++old_names;
      }
  ASSERT_GT(old_names, 100);
  assign_weights(build_model("densenet121", {.image_size = 64}), weights);
}

TEST(AssignWeights, WhatDoesNotFitIsListed) {
  NamedTensors weights = weights_of("resnet18");
  const auto named = [&](std::string_view name) {
    return std::ranges::find(weights, name, &NamedTensors::value_type::first);
  };
  named("fc.bias")->second = Tensor::zeros(DType::kFloat32, {10});
  named("bn1.weight")->first = "head.weight";
  const std::string message = refused(weights);
  EXPECT_TRUE(holds(message, "1 missing: bn1.weight"));
  EXPECT_TRUE(holds(message, "1 unexpected: head.weight"));
  EXPECT_TRUE(holds(message, "1 of another shape: fc.bias (10 instead of 1000)"));
  EXPECT_TRUE(holds(refused({}), "…"));
}

TEST(AssignWeights, TypesAreConvertedOnRequestOnly) {
  NamedTensors weights = weights_of("resnet18");
  weights[0].second = weights[0].second.to(DType::kFloat16);
  EXPECT_TRUE(holds(refused(weights), "(float16)"));
  const Graph graph = assign_weights(resnet18(), weights, true);
  EXPECT_EQ(graph.find("conv1.weight")->constant().dtype(), DType::kFloat32);
  weights[0].second = weights[0].second.to(DType::kInt32);
  error_message(ErrorCode::kInvalidArgument, [&] { assign_weights(resnet18(), weights, true); });
}

}  // namespace
}  // namespace headway::models
