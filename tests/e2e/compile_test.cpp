#include <gtest/gtest.h>

#include "command_line.h"
#include "small_models.h"

namespace headway {
namespace {

class Compile : public CommandLine {
 protected:
  Compile() { save_linear_model(path("linear.onnx")); }
};

TEST_F(Compile, TheFileStandsForTheModel) {
  EXPECT_EQ(succeed("compile linear.onnx -o linear.hwy"), "");
  succeed("run linear.onnx --random-input 1 -o direct.npy");
  succeed("run linear.hwy --random-input 1 -o compiled.npy");
  EXPECT_EQ(read("direct.npy"), read("compiled.npy"));
  EXPECT_EQ(listing(), "compiled.npy direct.npy linear.hwy linear.onnx");
}

TEST_F(Compile, TheBatchIsFixed) {
  succeed("compile linear.onnx -o three.hwy --batch 3");
  EXPECT_EQ(succeed_json("run three.hwy --random-input 1 --json").at("outputs").at(0).at("shape"),
            nlohmann::json({3, 3}));
  succeed("compile linear.onnx -o two.hwy --shape x:2x4");
  expect_error("run two.hwy --random-input 1 --shape 3x4", 2, {"--shape 3x4", "float32[2,4]"});
  expect_error("compile linear.onnx -o bad.hwy --shape 2x4 --batch 3", 2, {"--shape 2x4"});
  EXPECT_EQ(listing(), "linear.onnx three.hwy two.hwy");
}

TEST_F(Compile, BuiltInModelsHaveASeed) {
  succeed("compile squeezenet1_1 -o net.hwy --seed 7");
  succeed("run squeezenet1_1 --seed 7 --random-input 1 -o direct.npy");
  succeed("run net.hwy --random-input 1 -o compiled.npy");
  EXPECT_EQ(read("direct.npy"), read("compiled.npy"));
}

TEST_F(Compile, InspectSaysWhatItIs) {
  succeed("compile linear.onnx -o linear.hwy --threads 3");
  EXPECT_NE(succeed("inspect linear.hwy").find(", 3 threads\n"), std::string::npos);
  const auto file = succeed_json("inspect linear.hwy --json").at("file");
  EXPECT_EQ(file.at("format"), "compiled");
  EXPECT_EQ(file.at("threads"), 3);
}

TEST_F(Compile, OnlyTheOriginalCanBeConvertedOrChecked) {
  succeed("compile linear.onnx -o linear.hwy");
  expect_error("convert linear.hwy -o again.onnx", 2, {"'linear.hwy'", "packed weights only"});
  expect_error("convert linear.hwy -o again.onnx --shape 1x4", 2, {"packed weights only"});
  expect_error("compile linear.hwy -o again.hwy", 2, {"'linear.hwy'", "compiled already"});
  expect_error("run linear.hwy --random-input 1 --reference", 2, {"reference kernels"});
  expect_error("compile linear.onnx -o linear.onnx", 2, {"'linear.onnx'", ".hwy"});
  expect_error("convert linear.onnx -o other.hwy", 2, {"'other.hwy'", "headway compile"});
  EXPECT_EQ(listing(), "linear.hwy linear.onnx");
}

TEST_F(Compile, ADamagedFileIsRefused) {
  succeed("compile linear.onnx -o linear.hwy");
  const std::string bytes = read("linear.hwy");
  write("short.hwy", bytes.substr(0, bytes.size() - 1));
  expect_error("run short.hwy --random-input 1", 2, {"'short.hwy'", "copy it again"});
  expect_error("inspect short.hwy", 2, {"'short.hwy'", "copy it again"});
  std::string other = bytes;
  other[bytes.find("0.1.")] = '9';
  write("other.hwy", other);
  expect_error("run other.hwy --random-input 1", 2, {"'other.hwy'", "compile the model again"});
}

TEST_F(Compile, AnotherInstructionSetIsRefused) {
  succeed("compile linear.onnx -o linear.hwy");
  const std::string isa = succeed_json("inspect linear.hwy --json").at("file").at("isa");
  if (isa == "portable") GTEST_SKIP() << "this machine has one only";
  expect_error("run linear.hwy --random-input 1", 2, {"'linear.hwy'", isa, "portable"},
               "HEADWAY_ISA=portable");
}

TEST_F(Compile, NothingIsLeftWhereItCannotBeWritten) {
  expect_error("compile squeezenet1_1 -o net.hwy", 3, {"'net.hwy'"}, "ulimit -f 64;");
  EXPECT_EQ(listing(), "linear.onnx");
}

class CompiledRow : public Compile {
 protected:
  nlohmann::json row(const std::string& arguments) const {
    run("bench " + arguments + " --iterations 5 --processes 1 --export-json r");
    return nlohmann::json::parse(read("r"), nullptr, false).at("races").at(0).at("rows").at(0);
  }
};

TEST_F(CompiledRow, RacesTheOriginal) {
  const auto result = row("linear.onnx --batch 3 --runtimes headway-compiled,headway");
  EXPECT_EQ(result.at("status"), "ok") << result.dump(1).substr(0, 2000);
}

TEST_F(CompiledRow, IsHeadwaysOwnIfTheFileIsAllThereIs) {
  succeed("compile linear.onnx -o linear.hwy");
  const auto result = row("linear.hwy --runtimes headway");
  EXPECT_EQ(result.at("status"), "unchecked") << result.dump(1).substr(0, 2000);
  expect_error("bench linear.hwy --runtimes headway --batch 3", 2, {"--batch 3", "fixed"});
}

TEST_F(CompiledRow, OtherRuntimesNeedTheOriginal) {
  succeed("compile linear.onnx -o linear.hwy");
  const Outcome outcome = run("bench linear.hwy --runtimes onnxruntime --iterations 5");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.out.find("only Headway"), std::string::npos) << outcome.out;
}

}  // namespace
}  // namespace headway
