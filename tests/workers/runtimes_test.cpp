#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "models.h"
#include "worker.h"

namespace headway::bench {
namespace {

/// One row of a race: a worker, its options and the format it loads.
struct Row {
  std::string name;
  std::string worker;
  Settings options;
  std::string extension;
  bool tuned = false;
};

void PrintTo(const Row& row, std::ostream* stream) {
  *stream << row.name;
}

class RuntimesTest : public testing::TestWithParam<Row> {
 protected:
  void SetUp() override {
    if (!have_models()) GTEST_SKIP() << "python3-torch and python3-onnx are not installed";
    if (!Worker::exists(GetParam().worker)) {
      GTEST_SKIP() << "headway-worker-" << GetParam().worker
                   << " is not built: its runtime was not fetched";
    }
  }

  static LoadRequest request_for(const TestModel& model) {
    LoadRequest request;
    request.model_path = model.path + GetParam().extension;
    request.threads = 2;
    request.tuned = GetParam().tuned;
    request.inputs = model.inputs;
    request.options = GetParam().options;
    return request;
  }

  static std::string refusal(const LoadRequest& request) {
    Worker worker(GetParam().worker);
    try {
      worker.load(request);
    } catch (const WorkerFailure& failure) {
      EXPECT_EQ(failure.kind(), FailureKind::kRefused);
      return failure.what();
    }
    ADD_FAILURE() << "the worker accepted it";
    return "";
  }
};

TEST_P(RuntimesTest, SaysWhatItIs) {
  const RuntimeInfo info = Worker(GetParam().worker).probe(GetParam().options);
  EXPECT_TRUE(std::isdigit(info.version.at(0))) << info.version;
  EXPECT_TRUE(std::filesystem::exists(info.library)) << info.library;
  ASSERT_FALSE(info.devices.empty());
  EXPECT_EQ(info.devices.front(), "cpu");
}

TEST_P(RuntimesTest, AgreesWithPyTorchOnEveryCall) {
  const TestModel model = residual_model();
  Worker worker(GetParam().worker);
  const Settings settings = worker.load(request_for(model));
  EXPECT_EQ(settings.at("threads"), "2");
  EXPECT_TRUE(settings.contains("denormals"));
  for (int call = 0; call < 4; ++call) expect_agreement(worker.run(), model.outputs);
}

TEST_P(RuntimesTest, RunsSeveralInputsAndOutputs) {
  const TestModel model = two_output_model();
  Worker worker(GetParam().worker);
  worker.load(request_for(model));
  expect_agreement(worker.run(), model.outputs);
}

TEST_P(RuntimesTest, NamesAMissingModel) {
  LoadRequest request = request_for(residual_model());
  request.model_path = "/nowhere/model" + GetParam().extension;
  EXPECT_NE(refusal(request).find("/nowhere/model"), std::string::npos);
}

TEST_P(RuntimesTest, RefusesATruncatedModel) {
  LoadRequest request = request_for(residual_model());
  const std::string broken = testing::TempDir() + "/" + GetParam().name + GetParam().extension;
  std::filesystem::copy_file(request.model_path, broken,
                             std::filesystem::copy_options::overwrite_existing);
  std::filesystem::resize_file(broken, std::filesystem::file_size(broken) / 2);
  request.model_path = broken;
  const std::string sentence = refusal(request);
  EXPECT_TRUE(sentence.find("says: ") != std::string::npos ||
              sentence.find("cannot load") != std::string::npos)
      << sentence;
}

TEST_P(RuntimesTest, NeverRunsOnTheCpuWhenAskedForAGpu) {
  LoadRequest request = request_for(residual_model());
  request.device = "gpu";
  if (Worker(GetParam().worker).probe(GetParam().options).devices.size() > 1) {
    GTEST_SKIP() << "this runtime has a GPU here";
  }
  EXPECT_NE(refusal(request).find("GPU"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RuntimesTest,
    testing::Values(Row{"OnnxRuntime", "onnxruntime", {}, ".onnx"},
                    Row{"OnnxRuntimeTuned", "onnxruntime", {}, ".onnx", true},
                    Row{"OpenVino", "openvino", {}, ".onnx"},
                    Row{"OpenVinoTuned", "openvino", {}, ".onnx", true},
                    Row{"Eager", "pytorch", {{"mode", "eager"}}, ".pt"},
                    Row{"ChannelsLast", "pytorch", {{"mode", "channels_last"}}, ".pt"},
                    Row{"Traced", "pytorch", {{"mode", "traced"}}, ".pt"},
                    Row{"Optimized", "pytorch", {{"mode", "optimized"}}, ".pt"},
                    Row{"OptimizedTuned", "pytorch", {{"mode", "optimized"}}, ".pt", true},
                    Row{"Ipex", "pytorch-ipex", {}, ".pt"}),
    [](const auto& row) { return row.param.name; });

/// The sentence with which a worker's probe fails.
std::string probe_failure(const std::string& worker,
                          const std::map<std::string, std::string>& environment,
                          const Settings& options = {}) {
  try {
    Worker(worker, environment).probe(options);
  } catch (const WorkerFailure& failure) {
    return failure.what();
  }
  return "it was found";
}

class MissingLibraryTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!Worker::exists(GetParam()))
      GTEST_SKIP() << "headway-worker-" << GetParam() << " is not built";
  }
};

TEST_P(MissingLibraryTest, NamesTheFix) {
  const std::string sentence = probe_failure(GetParam(), {{"HEADWAY_PEERS", "/nowhere"},
                                                          {"HEADWAY_ORT_LIBRARY", ""},
                                                          {"HEADWAY_OPENVINO_LIBRARY", ""}});
  if (sentence == "it was found") GTEST_SKIP() << "the system has one of its own";
  EXPECT_NE(sentence.find("make peers"), std::string::npos) << sentence;
}

TEST_P(MissingLibraryTest, NeverReplacesALibraryThatWasNamed) {
  const std::string sentence = probe_failure(GetParam(), {}, {{"library", "/nowhere/lib.so"}});
  EXPECT_NE(sentence.find("/nowhere/lib.so"), std::string::npos) << sentence;
}

TEST_P(MissingLibraryTest, RefusesAnotherLibrary) {
  const std::string sentence = probe_failure(GetParam(), {}, {{"library", "libm.so.6"}});
  EXPECT_NE(sentence.find("another library"), std::string::npos) << sentence;
}

INSTANTIATE_TEST_SUITE_P(Workers, MissingLibraryTest, testing::Values("onnxruntime", "openvino"),
                         [](const auto& worker) { return worker.param; });

}  // namespace
}  // namespace headway::bench
