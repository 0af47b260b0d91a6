#include "command_line.h"
#include "small_models.h"

namespace headway {
namespace {

/// Where a race's models come from; the harness itself has tests of its own.
class BenchModel : public CommandLine {
 protected:
  BenchModel() { save_linear_model(path("linear.onnx")); }

  nlohmann::json race(const std::string& arguments) const {
    run("bench " + arguments + " --runtimes headway --iterations 5 --processes 1 --export-json r");
    return nlohmann::json::parse(read("r"), nullptr, false);
  }
};

TEST_F(BenchModel, IsCheckedAgainstTheReference) {
  const auto report = race("linear.onnx --batch 3");
  const auto& row = report.at("races").at(0).at("rows").at(0);
  EXPECT_EQ(row.at("status"), "ok") << row.dump(1).substr(0, 2000);
}

TEST_F(BenchModel, HasAFloor) {
  const auto race_of = [&](const std::string& more) {
    return race("linear.onnx --batch 3 --threads 1 " + more).at("races").at(0);
  };
  const auto measured = race_of("");
  EXPECT_EQ(measured.at("model").at("weight_bytes"), 60);
  const auto& limits = measured.at("limits");
  EXPECT_GT(limits.at("bytes_per_second").get<double>(), 0);
  const double rate = limits.at("operations_per_second").get<double>();
  EXPECT_NEAR(measured.at("floor").at("ns").get<double>() * rate, 2e9 * 12, 1);
  const auto& row = measured.at("rows").at(0);
  EXPECT_NEAR(row.at("of_peak").get<double>() * row.at("median_ns").at("estimate").get<double>(),
              measured.at("floor").at("ns").get<double>(), 1e-6);
  const auto unmeasured = race_of("--no-peak");
  EXPECT_TRUE(unmeasured.at("limits").is_null());
  EXPECT_TRUE(unmeasured.at("floor").is_null());
  EXPECT_TRUE(unmeasured.at("rows").at(0).at("of_peak").is_null());
}

TEST_F(BenchModel, MayBeBuiltIn) {
  const auto report = race("squeezenet1_1 --threads 1");
  EXPECT_EQ(report.at("races").at(0).at("rows").at(0).at("status"), "ok");
}

TEST_F(BenchModel, HasOneBatch) {
  succeed("convert linear.onnx -o fixed.onnx --shape 2x4");
  expect_error("bench fixed.onnx --runtimes headway --batch 3", 2, {"--batch 3", "'x'"});
  expect_error("bench linear.onnx --runtimes headway --shape 5x4", 2, {"--shape 5x4", "--batch"});
}

TEST_F(BenchModel, RacesTorchScript) {
  succeed("convert linear.onnx -o linear.pt");
  // What is pooled first may be of any size, but the file says which.
  save_image_model(path("image.onnx"));
  succeed("convert image.onnx -o image.pt");
  for (const char* arguments : {"linear.pt", "linear.pt --shape 1x4", "image.pt"})
    EXPECT_EQ(race(arguments).at("races").at(0).at("rows").at(0).at("status"), "ok");
}

TEST_F(BenchModel, AsksForTheExtentsThatAreOpen) {
  expect_error("bench bert_base --runtimes headway", 2, {"'input_ids'", "--shape"});
}

}  // namespace
}  // namespace headway
