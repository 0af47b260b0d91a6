#include "command_line.h"
#include "formats/onnx/model_builder.h"
#include "graph/text.h"
#include "small_models.h"

namespace headway {
namespace {

class Inspect : public CommandLine {
 protected:
  Inspect() { save_linear_model(path("linear.onnx")); }
};

TEST_F(Inspect, CountsCosts) {
  const auto json = succeed_json("inspect linear.onnx --shape 2x4 --json --nodes");
  EXPECT_EQ(json.at("parameters"), 15);
  EXPECT_EQ(json.at("weight_bytes"), 60);
  EXPECT_EQ(json.at("multiply_adds"), 24);
  EXPECT_EQ(json.at("multiply_adds_by_operator").at("Gemm"), 24);
  EXPECT_EQ(json.at("peak_activation_bytes"), 4 * (8 + 6));
  EXPECT_EQ(json.at("operators").at("Gemm"), 1);
  EXPECT_EQ(json.at("nodes").at(0).at("name"), "fc");
  EXPECT_EQ(json.at("nodes").at(0).at("outputs").at(0).at("type"), "float32[2,3]");
}

TEST_F(Inspect, ShowsTheSameToPeople) {
  const std::string summary = succeed("inspect linear.onnx");
  for (const char* text : {"x  float32[N,4]", "y  float32[N,3]", "parameters        15", "Gemm"})
    EXPECT_NE(summary.find(text), std::string::npos) << text << " is not in\n" << summary;
  EXPECT_NE(succeed("inspect linear.onnx --nodes").find("fc"), std::string::npos);
}

TEST_F(Inspect, PrintsTheTextForm) {
  const Graph graph = parse_graph(succeed("inspect linear.onnx --text"));
  EXPECT_EQ(graph.node_count(), 1u);
}

TEST_F(Inspect, ListsOperators) {
  const auto list = succeed_json("inspect --operators --json");
  EXPECT_GT(list.size(), 37u);
  EXPECT_NE(succeed("inspect --operators").find("BatchNormalization"), std::string::npos);
}

TEST_F(Inspect, SaysWhereAFileComesFrom) {
  const auto file = succeed_json("inspect linear.onnx --json").at("file");
  EXPECT_EQ(file.at("opset"), 17);
  EXPECT_TRUE(file.at("producer").get<std::string>().starts_with("headway"));
  EXPECT_NE(succeed("inspect linear.onnx").find("ONNX, opset 17, written by headway"),
            std::string::npos);
  EXPECT_FALSE(succeed_json("inspect squeezenet1_1 --json").contains("file"));
}

TEST_F(Inspect, LetsNoControlCharactersThrough) {
  write("odd.onnx", onnx::ModelBuilder()
                        .input("x\x1b[2Jy", {1})
                        .node("Relu", {"x\x1b[2Jy"}, {"z"})
                        .output("z")
                        .bytes());
  EXPECT_EQ(succeed("inspect odd.onnx --nodes").find('\x1b'), std::string::npos);
  expect_error("run odd.onnx", 2, {"is missing"});
  EXPECT_EQ(run("run odd.onnx").err.find('\x1b'), std::string::npos);
}

TEST_F(Inspect, NeedsAModel) {
  expect_error("inspect", 2, {"MODEL", "--operators"});
  expect_error("inspect linear.onnx --shape 1x2x3", 2, {"--shape 1x2x3"});
}

}  // namespace
}  // namespace headway
