#include "models/models.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <numeric>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "base/random.h"
#include "graph/verify.h"
#include "ops/operator.h"

namespace headway::models {
namespace {

/// At least one of each family.
constexpr auto kTested = std::to_array<std::string_view>({"convnext_tiny",
                                                          "densenet121",
                                                          "efficientnet_b0",
                                                          "efficientnet_b5",
                                                          "efficientnet_v2_s",
                                                          "googlenet",
                                                          "inception_v3",
                                                          "maxvit_t",
                                                          "mnasnet0_75",
                                                          "mnasnet1_3",
                                                          "mobilenet_v2",
                                                          "mobilenet_v3_large",
                                                          "mobilenet_v3_small",
                                                          "regnet_x_800mf",
                                                          "regnet_y_400mf",
                                                          "resnet18",
                                                          "resnet50",
                                                          "resnext50_32x4d",
                                                          "shufflenet_v2_x0_5",
                                                          "shufflenet_v2_x1_0",
                                                          "squeezenet1_0",
                                                          "squeezenet1_1",
                                                          "swin_t",
                                                          "swin_v2_t",
                                                          "vgg11_bn",
                                                          "vgg16",
                                                          "vit_b_32"});

/// Of images that networks can do with.
std::int64_t small_image(std::string_view name) {
  if (name.starts_with("vgg")) return 32;
  if (name == "maxvit_t") return 224;
  return name == "inception_v3" ? 96 : 64;
}

using Parameters = std::map<std::string, std::string>;  // name to shape

bool is_parameter(const Value* constant) {
  return constant->name().front() != '/';  // the bounds of Clip are named after their node
}

Parameters parameters_of(const Graph& graph) {
  Parameters parameters;
  for (const Value* constant : graph.constants())
    if (is_parameter(constant))
      parameters[constant->name()] = to_string(constant->constant().shape());
  return parameters;
}

/// What torchvision says: a line of itself, then "name 64x3x7x7" lines. Empty if it is not
/// installed.
Parameters torchvision_parameters(std::string_view model) {
  constexpr const char* kScript =
      "/usr/bin/python3 -c '\n"
      "import torchvision.models as m\n"
      "import sys\n"
      "print(\"torchvision\", m.__name__)\n"
      "name = sys.argv[1]\n"
      "plain = dict(init_weights=False) if name.startswith((\"goog\", \"inc\")) else {}\n"
      "for key, value in getattr(m, name)(**plain).state_dict().items():\n"
      "  if not key.endswith(\"num_batches_tracked\") and not key.lower().startswith(\"aux\"):\n"
      "    print(key, \"x\".join(map(str, value.shape)))\n"
      "' ";
  const std::string command = kScript + std::string(model) + " 2>/dev/null";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string text;
  std::array<char, 4096> buffer;
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe.get()))
    text.append(buffer.data(), count);
  Parameters parameters;
  std::istringstream lines(text);
  for (std::string name, shape; lines >> name >> shape;) parameters[name] = shape;
  return parameters;
}

Tensor noise(Shape shape, std::uint64_t seed) {
  Tensor tensor = Tensor::allocate(DType::kFloat32, std::move(shape));
  Random random(seed);
  for (float& value : tensor.values<float>()) value = random.normal();
  return tensor;
}

double mean_of(std::span<const float> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double covariance(std::span<const float> a, std::span<const float> b) {
  const double mean_a = mean_of(a), mean_b = mean_of(b);
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - mean_a) * (b[i] - mean_b);
  return sum / static_cast<double>(a.size());
}

double deviation(std::span<const float> values) {
  return std::sqrt(covariance(values, values));
}

double correlation(std::span<const float> a, std::span<const float> b) {
  return covariance(a, b) / (deviation(a) * deviation(b));
}

std::size_t denormals(std::span<const float> values) {
  return static_cast<std::size_t>(std::ranges::count_if(
      values, [](float value) { return std::fpclassify(value) == FP_SUBNORMAL; }));
}

class EveryModel : public testing::TestWithParam<std::string_view> {};

INSTANTIATE_TEST_SUITE_P(Models, EveryModel, testing::ValuesIn(kTested),
                         [](const auto& test) { return std::string(test.param); });

TEST_P(EveryModel, HasTheParametersItSays) {
  const Graph graph = build_model(GetParam());
  verify(graph);
  EXPECT_EQ(trained_parameters(graph), find_builtin(GetParam()).parameters);
}

TEST_P(EveryModel, TakesAnyBatchOfImages) {
  const std::int64_t size = std::max<std::int64_t>(96, small_image(GetParam()));
  const Graph graph = build_model(GetParam(), {.image_size = size, .num_classes = 10});
  ASSERT_EQ(graph.inputs().size(), 1u);
  ASSERT_EQ(graph.outputs().size(), 1u);
  EXPECT_EQ(graph.inputs()[0]->name(), "input");
  const std::string extent = std::to_string(size);
  EXPECT_EQ(graph.inputs()[0]->type.to_string(), "float32[N,3," + extent + "," + extent + "]");
  EXPECT_EQ(graph.outputs()[0]->name(), "output");
  EXPECT_EQ(graph.outputs()[0]->type.to_string(), "float32[N,10]");
}

TEST_P(EveryModel, HasTorchvisionsNamesAndShapes) {
  Parameters truth = torchvision_parameters(GetParam());
  if (truth.empty())
    GTEST_SKIP() << "torchvision is not installed (scripts/setup test installs it)";
  truth.erase("torchvision");
  EXPECT_EQ(parameters_of(build_model(GetParam())), truth);
}

TEST_P(EveryModel, KeepsActivationsInARealisticRange) {
  const std::int64_t size = small_image(GetParam());
  Graph graph = build_model(GetParam(), {.image_size = size});
  std::vector<std::string> names = {"output"};
  for (const Node* node : graph.nodes()) {
    if (!node->is("Conv") && !node->is("MatMul")) continue;
    names.push_back(node->name());
    graph.add_output(node->output());
  }
  const std::vector<Tensor> first = run_reference(graph, std::vector{noise({1, 3, size, size}, 1)});
  for (std::size_t i = 0; i < first.size(); ++i) {
    const auto values = first[i].values<float>();
    EXPECT_GT(deviation(values), 0.05) << names[i];
    EXPECT_LT(deviation(values), 20) << names[i];
    EXPECT_EQ(denormals(values), 0u) << names[i];
  }

  const std::vector<Tensor> second =
      run_reference(graph, std::vector{noise({1, 3, size, size}, 2)});
  const auto a = first[0].values<float>(), b = second[0].values<float>();
  EXPECT_GT(deviation(a), 0.1);
  EXPECT_LT(deviation(a), 10);
  // Averaged over MaxViT's 49 positions and normalized again, white noise differs little.
  const bool differs_little = GetParam() == "maxvit_t";
  EXPECT_LT(correlation(a, b), differs_little ? 0.995 : 0.9);
  if (!differs_little) {
    EXPECT_NE(std::ranges::max_element(a) - a.begin(), std::ranges::max_element(b) - b.begin());
  }
}

TEST_P(EveryModel, HasNoDenormalWeights) {
  const Graph graph = build_model(GetParam());
  for (const Value* constant : graph.constants()) {
    if (!is_trained(constant->name())) continue;
    EXPECT_EQ(denormals(constant->constant().values<float>()), 0u) << constant->name();
  }
}

TEST(Models, SeedsDecideTheWeights) {
  const auto weights = [](std::uint64_t seed) {
    const Graph graph = build_model("squeezenet1_1", {.seed = seed, .image_size = 64});
    const auto values = graph.find("features.0.weight")->constant().values<float>();
    return std::vector<float>(values.begin(), values.end());
  };
  EXPECT_EQ(weights(7), weights(7));
  EXPECT_NE(weights(7), weights(8));
}

TEST(Models, NamesNodesByTheirModules) {
  const Graph graph = build_model("resnet50", {.image_size = 64});
  const Value* value = graph.find("/layer1/layer1.0/downsample/downsample.0");
  ASSERT_NE(value, nullptr);
  EXPECT_TRUE(value->producer()->is("Conv"));
}

TEST(Models, UnknownNamesAreTakenForTheNearest) {
  try {
    build_model("resnet5");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_NE(std::string(error.what()).find("did you mean 'resnet50'?"), std::string::npos);
  }
}

TEST(Models, ImagesMustSuitTheNetwork) {
  EXPECT_THROW(build_model("squeezenet1_1", {.image_size = 8}), Error);
  EXPECT_THROW(build_model("vgg16", {.image_size = 320}), Error);
  EXPECT_THROW(build_model("resnet50", {.image_size = 0}), Error);
}

}  // namespace
}  // namespace headway::models
