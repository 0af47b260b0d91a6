#include "engine_testing.h"
#include "models/models.h"

namespace headway {
namespace {

std::int64_t smallest_image(std::string_view name) {
  return name == "densenet121" || name == "squeezenet1_1" || name == "vgg16" ? 64 : 48;
}

class BuiltinModels : public testing::TestWithParam<std::string_view> {};

TEST_P(BuiltinModels, AgreeWithTheReferenceOnEveryInstructionSet) {
  const std::int64_t size = smallest_image(GetParam());
  const Graph graph =
      models::build_model(GetParam(), {.seed = 3, .image_size = size, .num_classes = 10});
  const Model model(graph.clone());
  const std::vector<Tensor> inputs = {random_tensor({2, 3, size, size}, 1)};
  const std::vector<Tensor> expected = run_reference(graph, inputs);
  for (const std::string& isa : available_isas()) {
    const ScopedVariable force("HEADWAY_ISA", isa);
    const Program program = model.compile({.threads = 2, .input_shapes = {inputs[0].shape()}});
    EXPECT_EQ(program.summary().isa, isa);
    EXPECT_EQ(program.summary().reference_nodes, 0u);
    Session session(program);
    EXPECT_LT(relative_error(session.run(inputs)[0], expected[0]), 1e-4) << isa;
  }
}

INSTANTIATE_TEST_SUITE_P(All, BuiltinModels, testing::ValuesIn([] {
                           std::vector<std::string_view> names;
                           for (const auto& model : models::builtin_models())
                             names.push_back(model.name);
                           return names;
                         }()),
                         [](const auto& model) { return std::string(model.param); });

}  // namespace
}  // namespace headway
