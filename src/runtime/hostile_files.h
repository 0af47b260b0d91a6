#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "headway/error.h"
#include "headway/model.h"
#include "headway/session.h"

#include "base/test_folder.h"
#include "formats/onnx/model_builder.h"

namespace headway::onnx {

inline constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
inline constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

/// ONNX files that no exporter writes. Each must be refused in one sentence.
class HostileFiles : public testing::Test {
 protected:
  /// Reads, compiles and runs the file, and returns what the Error says; "" if it ran.
  std::string outcome(const std::string& bytes) {
    const std::filesystem::path file = folder_.write("hostile.onnx", bytes);
    try {
      const Model model = Model::load(file);
      Session session(model.compile({.threads = 1, .tune = Tune::kOff}));
      std::vector<Tensor> inputs;
      for (const ValueInfo& input : model.inputs()) {
        Shape shape = input.shape;
        for (std::int64_t& extent : shape) extent = extent < 0 ? 2 : extent;
        inputs.push_back(Tensor::zeros(input.dtype, shape));
      }
      session.run(inputs);
    } catch (const Error& error) {
      const std::string what = error.what();
      EXPECT_NE(error.code(), ErrorCode::kInternal) << what;
      return what;
    }
    return "";
  }

  /// The sentence holds `parts`; reading it alone names the file.
  void expect_refusal(const ModelBuilder& model, std::initializer_list<std::string> parts) {
    const std::string what = outcome(model.bytes());
    EXPECT_NE(what, "") << "it ran, which was to say: " << *parts.begin();
    for (const std::string& part : parts)
      EXPECT_NE(what.find(part), std::string::npos) << "'" << part << "' is not in: " << what;
  }

  TestFolder folder_;
};

inline std::string ints_tensor(const std::string& name, const std::vector<std::int64_t>& values) {
  return raw_tensor(
      name, 7, {static_cast<std::int64_t>(values.size())},
      {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(std::int64_t)});
}

inline ModelBuilder with_ints(const std::string& op_type, const std::vector<std::int64_t>& values,
                              const std::vector<std::string>& attributes = {}) {
  return ModelBuilder()
      .input("x", {2, 3, 4})
      .initializer(ints_tensor("n", values))
      .node(op_type, {"x", "n"}, {"y"}, attributes)
      .output("y");
}

}  // namespace headway::onnx
