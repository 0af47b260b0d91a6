#include "command_line.h"
#include "formats/safetensors/safetensors.h"
#include "models/models.h"
#include "small_models.h"

namespace headway {
namespace {

class Convert : public CommandLine {
 protected:
  Convert() { save_linear_model(path("linear.onnx")); }
};

TEST_F(Convert, KeepsWhatTheModelComputes) {
  EXPECT_EQ(succeed("convert linear.onnx -o copy.onnx"), "");
  const std::string arguments = " --random-input 3 --shape 4x4 --json --output ";
  succeed("run linear.onnx" + arguments + "first.npy");
  succeed("run copy.onnx" + arguments + "second.npy");
  EXPECT_EQ(read("first.npy"), read("second.npy"));
}

TEST_F(Convert, FixesShapes) {
  succeed("convert linear.onnx -o fixed.onnx --shape 6x4");
  const auto json = succeed_json("inspect fixed.onnx --json");
  EXPECT_EQ(json["inputs"][0]["shape"], nlohmann::json({6, 4}));
  EXPECT_EQ(json["outputs"][0]["shape"], nlohmann::json({6, 3}));
  EXPECT_EQ(succeed_json("inspect linear.onnx --json")["inputs"][0]["shape"],
            nlohmann::json({"N", 4}));
}

TEST_F(Convert, WritesTorchScript) {
  succeed("convert linear.onnx -o linear.pt");
  EXPECT_TRUE(read("linear.pt").starts_with("PK"));
  const std::string arguments = " --random-input 3 --shape 4x4 --output ";
  succeed("run linear.onnx" + arguments + "first.npy");
  succeed("run linear.pt" + arguments + "second.npy");
  EXPECT_EQ(read("first.npy"), read("second.npy"));
  EXPECT_EQ(succeed_json("inspect linear.pt --json")["file"]["format"], "torchscript");
  succeed("convert linear.pt -o back.onnx");
  succeed("run back.onnx" + arguments + "third.npy");
  EXPECT_EQ(read("first.npy"), read("third.npy"));
}

TEST_F(Convert, TakesWeightsForBuiltInModels) {
  std::vector<std::pair<std::string, Tensor>> weights;
  const Graph seeded = models::build_model("squeezenet1_1", {.seed = 5});
  for (const Value* constant : seeded.constants())
    weights.emplace_back("module." + constant->name(), constant->constant());
  write_safetensors(path("seeded.safetensors"), weights);
  const std::string arguments = " --random-input 3 --output ";
  succeed("run squeezenet1_1 --seed 5" + arguments + "seeded.npy");
  succeed("run squeezenet1_1 --weights seeded.safetensors" + arguments + "loaded.npy");
  EXPECT_EQ(read("seeded.npy"), read("loaded.npy"));
  expect_error("convert resnet18 --weights seeded.safetensors -o no.onnx", 2,
               {"seeded.safetensors", "missing: conv1.weight"});
  expect_error("convert linear.onnx --weights seeded.pt -o no.onnx", 2, {"--weights", "built-in"});
  expect_error("convert resnet18 --weights linear.onnx -o no.onnx", 2, {"linear.onnx", "ONNX"});
}

TEST_F(Convert, RefusesWhatItCannotWrite) {
  expect_error("convert linear.onnx", 2, {"--output", "headway convert --help"});
  expect_error("convert linear.onnx -o out.tflite", 2, {"out.tflite", ".onnx"});
  expect_error("convert linear.onnx -o no/out.onnx", 3, {"no/out.onnx"});
  expect_error("convert linear.onnx -o out.onnx --shape 6x5", 2, {"--shape 6x5", "'x'"});
  EXPECT_EQ(listing(), "linear.onnx");
}

TEST_F(Convert, LeavesNothingBehindWhenTheDiskIsFull) {
  write("old.onnx", "what was there before");
  expect_error("convert squeezenet1_1 -o old.onnx", 3, {"old.onnx"}, "ulimit -f 100;");
  EXPECT_EQ(listing(), "linear.onnx old.onnx");
  EXPECT_EQ(read("old.onnx"), "what was there before");
}

}  // namespace
}  // namespace headway
