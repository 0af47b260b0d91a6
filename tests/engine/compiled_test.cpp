#include <cstring>
#include <fstream>
#include <functional>

#include "base/test_folder.h"
#include "engine_testing.h"
#include "formats/hwy/hwy.h"
#include "models/models.h"
#include "runtime/reference.h"

namespace headway {
namespace {

const std::string kNet = R"(graph net (%x: float32[N,8,9,9]) -> (%y, %z) {
  %w: float32[32,8,3,3] = constant random(1)
  %b: float32[32] = constant random(2)
  %m: float32[32,100] = constant random(3)
  %c = Conv(%x, %w, %b) {pads = [1, 1, 1, 1]}
  %r = Relu(%c)
  %p = GlobalAveragePool(%r)
  %f = Flatten(%p)
  %y = MatMul(%f, %m)
  %g = ReduceMax(%x)
  %z = Mul(%m, %g)
})";

std::vector<Tensor> outputs_of(const Program& program, const std::vector<Tensor>& inputs) {
  Session session(program);
  std::vector<Tensor> outputs;
  for (const Tensor& output : session.run(inputs)) outputs.push_back(output.clone());
  return outputs;
}

void expect_same_bits(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(a[i].shape(), b[i].shape());
    EXPECT_EQ(std::memcmp(a[i].raw(), b[i].raw(), a[i].byte_size()), 0) << "output " << i;
  }
}

std::string error_of(const std::function<void()>& action, ErrorCode code) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  return "no error";
}

class Compiled : public testing::Test {
 protected:
  /// kNet at batch 1, saved.
  Model saved(CompileOptions options = {.threads = 2}) const {
    options.input_shapes = {{1, 8, 9, 9}};
    model_of(kNet).save_compiled(file_, options);
    return Model::load(file_);
  }

  std::string refused(const std::function<void()>& action,
                      ErrorCode code = ErrorCode::kUnsupported) const {
    std::string message = error_of(action, code);
    EXPECT_NE(message.find(file_.string()), std::string::npos) << message;
    return message;
  }

  TestFolder folder_;
  std::filesystem::path file_ = folder_ / "net.hwy";
  std::vector<Tensor> inputs_ = {random_tensor({1, 8, 9, 9}, 1)};
};

class CompiledBuiltinModels : public testing::TestWithParam<std::string_view> {};

TEST_P(CompiledBuiltinModels, GiveTheSameBitsOnEveryInstructionSet) {
  const Model model(
      models::build_model(GetParam(), {.seed = 3, .image_size = 64, .num_classes = 10}));
  const std::vector<Tensor> inputs = {random_tensor({2, 3, 64, 64}, 1)};
  const CompileOptions options{.threads = 2, .input_shapes = {{2, 3, 64, 64}}};
  const TestFolder folder;
  for (const std::string& isa : available_isas()) {
    const ScopedVariable force("HEADWAY_ISA", isa);
    const Program direct = model.compile(options);
    model.save_compiled(folder / "net.hwy", options);
    const Program loaded = Model::load(folder / "net.hwy").compile({.threads = 2});
    expect_same_bits(outputs_of(loaded, inputs), outputs_of(direct, inputs));
    EXPECT_EQ(loaded.summary().nodes, direct.summary().nodes);
    EXPECT_EQ(loaded.summary().reference_nodes, 0u);
    const std::size_t weights = direct.summary().weight_bytes;
    EXPECT_LT(std::filesystem::file_size(folder / "net.hwy"), weights + weights / 4 + 200'000);
  }
}

INSTANTIATE_TEST_SUITE_P(All, CompiledBuiltinModels,
                         testing::Values("densenet121", "efficientnet_b0", "mobilenet_v2",
                                         "mobilenet_v3_small", "regnet_y_400mf", "resnet18",
                                         "shufflenet_v2_x0_5", "squeezenet1_1"),
                         [](const auto& model) { return std::string(model.param); });

TEST_F(Compiled, AModelIsDescribedLikeTheOneItWas) {
  const Model model = saved();
  EXPECT_TRUE(model.is_compiled());
  EXPECT_FALSE(model_of(kNet).is_compiled());
  EXPECT_EQ(model.name(), "net");
  EXPECT_EQ(model.inputs()[0].name, "x");
  EXPECT_EQ(model.inputs()[0].shape, (Shape{1, 8, 9, 9}));
  EXPECT_EQ(model.outputs()[1].name, "z");
}

TEST_F(Compiled, WeightsThatAreAlsoReadAsTheyAreStayWhole) {
  const std::vector<Tensor> expected = strict_reference(model_of(kNet), inputs_);
  const std::vector<Tensor> actual = outputs_of(saved().compile(), inputs_);
  EXPECT_LT(relative_error(actual[0], expected[0]), 1e-5);
  EXPECT_EQ(relative_error(actual[1], expected[1]), 0.0);
}

TEST_F(Compiled, AModelCompilesMoreThanOnce) {
  const Model model = saved();
  const Model copy = model;
  const std::vector<Tensor> first = outputs_of(model.compile({.threads = 2}), inputs_);
  expect_same_bits(outputs_of(copy.compile({.threads = 2}), inputs_), first);
}

TEST_F(Compiled, AFileMayGoOnceItIsLoaded) {
  const Model model = saved();
  std::filesystem::remove(file_);
  EXPECT_EQ(outputs_of(model.compile(), inputs_).size(), 2u);
}

TEST_F(Compiled, AnyNumberOfThreadsMayRunIt) {
  const std::vector<Tensor> two = outputs_of(saved().compile({.threads = 2}), inputs_);
  const std::vector<Tensor> three = outputs_of(saved().compile({.threads = 3}), inputs_);
  EXPECT_LT(relative_error(three[0], two[0]), 1e-6);
}

TEST_F(Compiled, AnotherInstructionSetIsRefused) {
  const std::string best(name_of(choose_isa()));
  for (const std::string& isa : available_isas()) {
    if (isa == best) continue;
    const Model model = saved();
    const ScopedVariable force("HEADWAY_ISA", isa);
    const std::string message = refused([&] { model.compile(); });
    EXPECT_NE(message.find("for " + best), std::string::npos) << message;
    EXPECT_NE(message.find("this is " + isa), std::string::npos) << message;
  }
}

TEST_F(Compiled, OtherShapesAreRefused) {
  const Model model = saved();
  const std::string message = refused(
      [&] {
        model.compile({.input_shapes = {{2, 8, 9, 9}}});
      },
      ErrorCode::kInvalidArgument);
  EXPECT_NE(message.find("cannot have the shape 2x8x9x9"), std::string::npos) << message;
  Session session(model.compile({.input_shapes = {{1, 8, 9, 9}}}));
  EXPECT_THROW(session.run(std::vector<Tensor>{random_tensor({2, 8, 9, 9}, 1)}), Error);
}

TEST_F(Compiled, ReferenceKernelsAreRefused) {
  const Model model = saved();
  EXPECT_NE(refused([&] { model.compile({.reference = true}); }).find("reference kernels"),
            std::string::npos);
  EXPECT_THROW(strict_reference(model, inputs_), Error);
}

TEST_F(Compiled, FusionIsAsItWasCompiled) {
  EXPECT_NE(refused([&] { saved().compile({.fuse = false}); }).find("fused"), std::string::npos);
  const Program plain = saved({.threads = 2, .fuse = false}).compile({.threads = 2});
  expect_same_bits(outputs_of(plain, inputs_),
                   outputs_of(model_of(kNet).compile({.threads = 2, .fuse = false}), inputs_));
}

TEST_F(Compiled, NeitherSavedNorCompiledAgain) {
  const Model model = saved();
  for (const char* name : {"net.onnx", "net.pt"}) {
    EXPECT_NE(refused([&] { model.save(folder_ / name); }).find("packed weights only"),
              std::string::npos);
  }
  EXPECT_NE(refused([&] { model.save_compiled(folder_ / "again.hwy"); }).find("already"),
            std::string::npos);
  EXPECT_EQ(folder_.file_count(), 1u);
}

TEST_F(Compiled, EveryInputShapeMustBeKnown) {
  const std::string message =
      error_of([&] { model_of(kNet).save_compiled(file_); }, ErrorCode::kInvalidArgument);
  EXPECT_NE(message.find("input 'x' is float32[N,8,9,9]"), std::string::npos) << message;
  EXPECT_EQ(folder_.file_count(), 0u);
}

TEST_F(Compiled, WeightsInAnotherLayoutAreRefused) {
  saved();
  const CompiledModel model = read_hwy(file_);
  ASSERT_EQ(model.packed.size(), 2u);
  ASSERT_EQ(model.packed_only.size(), 1u);
  for (std::size_t i = 0; i < 2; ++i) {
    CompiledModel changed = read_hwy(file_);
    changed.packed[i].layout += '?';
    write_hwy(changed, folder_ / "changed.hwy");
    const auto compile = [&] { return Model::load(folder_ / "changed.hwy").compile(); };
    if (changed.packed[i].constant == model.packed_only[0]) {
      const std::string message = error_of(compile, ErrorCode::kUnsupported);
      EXPECT_NE(message.find("'" + model.packed[i].layout + "'"), std::string::npos) << message;
      EXPECT_NE(message.find("compile the model again"), std::string::npos) << message;
    } else {
      expect_same_bits(outputs_of(compile(), inputs_), outputs_of(saved().compile(), inputs_));
    }
  }
}

}  // namespace
}  // namespace headway
