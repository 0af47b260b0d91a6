#include <vector>

#include "command_line.h"
#include "formats/onnx/model_builder.h"
#include "small_models.h"

namespace headway {
namespace {

/// Every way in which MODEL can be wrong, in every command that takes one.
class BadModel : public CommandLine {
 protected:
  void expect_everywhere(const std::string& model,
                         std::initializer_list<std::string_view> fragments) const {
    for (const char* command :
         {"inspect %", "run % --random-input 1", "convert % -o out.onnx",
          "bench % --runtimes headway --iterations 1", "profile % --runs 1"}) {
      std::string arguments = command;
      expect_error(arguments.replace(arguments.find('%'), 1, model), 2, fragments);
    }
    EXPECT_FALSE(std::filesystem::exists(path("out.onnx")));
  }
};

TEST_F(BadModel, Missing) {
  expect_everywhere("missing.onnx", {"'missing.onnx'"});
  expect_everywhere("folder/model", {"'folder/model'"});
}

TEST_F(BadModel, UnknownName) {
  expect_everywhere("resnet5", {"'resnet5'", "did you mean 'resnet50'?", "headway models"});
}

TEST_F(BadModel, Truncated) {
  save_linear_model(path("whole.onnx"));
  const std::string whole = read("whole.onnx");
  for (const std::size_t size : {whole.size() - 3, whole.size() / 2, std::size_t{5}}) {
    write("part.onnx", whole.substr(0, size));
    expect_error("inspect part.onnx", 2, {"part.onnx"});
  }
  write("empty.onnx", "");
  expect_everywhere("empty.onnx", {"empty.onnx"});
}

TEST_F(BadModel, RandomBytes) {
  std::string bytes;
  for (unsigned i = 0, x = 1; i < 4000; ++i)
    bytes += static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
  write("random.onnx", bytes);
  expect_everywhere("random.onnx", {"random.onnx"});
}

TEST_F(BadModel, AnotherFormat) {
  write("page.onnx", "<!DOCTYPE html><html><body>404</body></html>");
  expect_everywhere("page.onnx", {"page.onnx", "web page"});
}

TEST_F(BadModel, UnknownOperator) {
  write(
      "odd.onnx",
      onnx::ModelBuilder().input("x", {1, 4}).node("Frobnicate", {"x"}, {"y"}).output("y").bytes());
  expect_everywhere("odd.onnx", {"Frobnicate", "'y'"});
}

TEST_F(BadModel, ExternalDataOutsideItsFolder) {
  write("secret.bin", std::string(64, 'x'));
  std::filesystem::create_directory(path("model"));
  for (const char* location : {"../secret.bin", "/etc/passwd"}) {
    write("model/out.onnx",
          onnx::ModelBuilder()
              .input("x", {4})
              .initializer(onnx::external_tensor("w", {4}, {{"location", location}}))
              .node("Add", {"x", "w"}, {"y"})
              .output("y")
              .bytes());
    expect_everywhere("model/out.onnx", {"out.onnx", location});
  }
}

TEST_F(BadModel, ShapesThatContradict) {
  write("clash.onnx", onnx::ModelBuilder()
                          .input("x", {2, 3})
                          .input("y", {4, 5})
                          .node("MatMul", {"x", "y"}, {"z"})
                          .output("z")
                          .bytes());
  expect_everywhere("clash.onnx", {"MatMul"});
}

class Models : public CommandLine {};

TEST_F(Models, CountsAreTrue) {
  const auto list = succeed_json("models --json");
  ASSERT_EQ(list.size(), 81u);
  const std::string table = succeed("models");
  for (const auto& model : list) {
    const auto name = model.at("name").get<std::string>();
    const std::string shape = name.starts_with("bert") ? " --shape 1x128" : "";
    const auto found = succeed_json("inspect " + name + shape + " --json");
    EXPECT_EQ(found.at("parameters"), model.at("parameters")) << name;
    EXPECT_EQ(found.at("multiply_adds"), model.at("multiply_adds")) << name;
    EXPECT_NE(table.find(name), std::string::npos);
  }
}

TEST_F(Models, GiveWayToFilesOnlyWhenWrittenAsPaths) {
  save_linear_model(path("resnet18.onnx"));
  std::filesystem::rename(path("resnet18.onnx"), path("resnet18"));
  EXPECT_EQ(succeed_json("inspect ./resnet18 --json").at("node_count"), 1);
  EXPECT_GT(succeed_json("inspect resnet18 --json").at("node_count"), 50);
}

}  // namespace
}  // namespace headway
