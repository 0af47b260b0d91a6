#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>

#include "engine_testing.h"
#include "models/models.h"
#include "runtime/reference.h"

namespace headway {
namespace {

class Files : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "headway_files_XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string error_of(const std::function<void()>& action, ErrorCode code) {
    try {
      action();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    return "no error";
  }

  std::filesystem::path folder_;
};

TEST_F(Files, AModelSurvivesBeingSavedAndLoaded) {
  const Model model(models::build_model("squeezenet1_1", {.image_size = 64, .num_classes = 7}));
  model.save(folder_ / "net.onnx");
  const std::vector<Tensor> inputs = {random_tensor({2, 3, 64, 64}, 1)};
  const Tensor expected = strict_reference(model, inputs)[0];
  const Program program = Model::load(folder_ / "net.onnx").compile({.threads = 2});
  Session session(program);
  EXPECT_LT(relative_error(session.run(inputs)[0], expected), 1e-4);
  EXPECT_EQ(program.inputs()[0].symbols[0], model.inputs()[0].symbols[0]);
}

TEST_F(Files, AFileMayGoOnceItsModelIsCompiled) {
  const Model model(models::build_model("squeezenet1_1", {.image_size = 64, .num_classes = 7}));
  model.save(folder_ / "net.onnx");
  const std::vector<Tensor> inputs = {random_tensor({1, 3, 64, 64}, 1)};
  const Program program = Model::load(folder_ / "net.onnx").compile();
  std::filesystem::remove(folder_ / "net.onnx");
  Session session(program);
  EXPECT_LT(relative_error(session.run(inputs)[0], strict_reference(model, inputs)[0]), 1e-4);
}

TEST_F(Files, SavingNeedsAKnownExtension) {
  const Model model = model_of("graph g (%x: float32[2]) -> (%y) {\n%y = Relu(%x)\n}");
  const std::string message =
      error_of([&] { model.save(folder_ / "net.bin"); }, ErrorCode::kUnsupported);
  EXPECT_NE(message.find("net.bin"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(Files, TheFileIsNamedWhateverIsWrongWithIt) {
  const auto load = [&](const std::string& name) {
    return [this, name] { Model::load(folder_ / name); };
  };
  EXPECT_NE(error_of(load("none.onnx"), ErrorCode::kNotFound).find("none.onnx"), std::string::npos);
  std::ofstream(folder_ / "text.onnx") << "this is no model";
  EXPECT_NE(error_of(load("text.onnx"), ErrorCode::kUnsupported).find("text.onnx"),
            std::string::npos);
  const Model unknown(parse_graph("graph g (%x: float32[2]) -> (%y) {\n%y = NoSuchThing(%x)\n}"));
  unknown.save(folder_ / "unknown.onnx");
  const std::string message = error_of(load("unknown.onnx"), ErrorCode::kUnsupported);
  EXPECT_NE(message.find("unknown.onnx"), std::string::npos);
  EXPECT_NE(message.find("NoSuchThing"), std::string::npos);
}

TEST_F(Files, ConstantsNeedNotBeAligned) {
  const std::vector<Tensor> inputs = {random_tensor({2, 3}, 1)};
  std::vector<unsigned char> bytes(64);
  const Tensor values = random_tensor({3}, 2);
  const std::size_t offset = 1 + reinterpret_cast<std::uintptr_t>(bytes.data()) % 2;
  std::memcpy(bytes.data() + offset, values.raw(), values.byte_size());
  for (const bool reference : {false, true}) {
    Graph graph = parse_graph("graph g (%x: float32[2,3]) -> (%y) {\n%y = Sigmoid(%x)\n}");
    Value* constant = graph.add_constant(
        "c", Tensor::borrow(bytes.data() + offset, DType::kFloat32, {3}, nullptr));
    graph.add_output(graph.add_node("Mul", {graph.find("y"), constant}, {"z"})->output());
    infer_types(graph);
    const Model model(std::move(graph));
    const Tensor expected = strict_reference(model, inputs)[1];
    const Program program = model.compile({.reference = reference});
    Session session(program);
    EXPECT_LT(relative_error(session.run(inputs)[1], expected), 1e-5);
  }
}

}  // namespace
}  // namespace headway
