#include "engine_testing.h"
#include "models/models.h"

namespace headway {
namespace {

std::int64_t smallest_image(std::string_view name) {
  if (name == "inception_v3") return 96;
  if (name.starts_with("vit")) return 64;
  return name == "densenet121" || name == "squeezenet1_1" || name == "vgg16" ? 64 : 48;
}

/// `batch` images: those of `images` over and over.
Tensor repeated(const Tensor& images, std::int64_t batch) {
  Shape shape = images.shape();
  shape[0] = batch;
  Tensor result = Tensor::allocate(DType::kFloat32, shape);
  const std::span<const float> source = images.values<float>();
  const std::span<float> target = result.values<float>();
  for (std::size_t i = 0; i < target.size(); ++i) target[i] = source[i % source.size()];
  return result;
}

class BuiltinModels : public testing::TestWithParam<std::string_view> {};

TEST_P(BuiltinModels, AgreeWithTheReferenceAtEveryBatchOnEveryInstructionSet) {
  const std::int64_t size = smallest_image(GetParam());
  const Graph graph =
      models::build_model(GetParam(), {.seed = 3, .image_size = size, .num_classes = 10});
  const Model model(graph.clone());
  const Tensor images = random_tensor({2, 3, size, size}, 1);
  const Tensor expected = run_reference(graph, std::vector<Tensor>{images})[0];
  for (const std::string& isa : available_isas()) {
    const ScopedVariable force("HEADWAY_ISA", isa);
    for (const bool winograd : {true, false}) {
      const Program program =
          model.compile({.threads = 2, .tune = Tune::kOff, .winograd = winograd});
      Session session(program);
      for (const std::int64_t batch : {1, 2, 8}) {
        const Tensor actual = session.run(std::vector<Tensor>{repeated(images, batch)})[0];
        EXPECT_LT(relative_error(actual, repeated(expected, batch)), winograd ? 1e-3 : 1e-4)
            << isa << " " << batch << (winograd ? " winograd" : "");
      }
      EXPECT_EQ(program.summary().isa, isa);
      EXPECT_EQ(program.summary().reference_nodes, 0u);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, BuiltinModels,
                         testing::Values("convnext_tiny", "densenet121", "efficientnet_b0",
                                         "efficientnet_v2_s", "googlenet", "inception_v3",
                                         "mnasnet0_5", "mobilenet_v2", "mobilenet_v3_small",
                                         "regnet_y_400mf", "resnet18", "resnet50",
                                         "resnext50_32x4d", "shufflenet_v2_x0_5", "squeezenet1_1",
                                         "swin_t", "swin_v2_t", "vgg16", "vit_b_32"),
                         [](const auto& model) { return std::string(model.param); });

}  // namespace
}  // namespace headway
