#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/worker.h"
#include "onnxruntime/api.h"

namespace headway::workers {

/// ONNX Runtime through its C interface, whichever version the options name.
class OnnxRuntime : public bench::Runtime {
 public:
  bench::RuntimeInfo probe(const bench::Settings& options) override;
  bench::Settings load(const bench::LoadRequest& request) override;
  std::span<const bench::NamedTensor> run(std::span<const Tensor> inputs) override;

 private:
  void open(const bench::Settings& options);
  bench::Settings configure(const bench::LoadRequest& request);
  std::string choose_provider(const bench::LoadRequest& request);
  std::vector<std::string> session_names(bool inputs) const;
  void bind_names(const bench::LoadRequest& request);
  bench::NamedTensor read_output(std::size_t index) const;

  std::string library_;
  std::optional<ort::Api> api_;
  std::shared_ptr<ort::Env> env_;
  std::shared_ptr<ort::SessionOptions> options_;
  std::shared_ptr<ort::Session> session_;
  std::shared_ptr<ort::MemoryInfo> memory_;

  std::vector<std::string> input_names_;
  std::vector<std::string> output_names_;
  std::vector<const char*> input_name_pointers_;
  std::vector<const char*> output_name_pointers_;
  std::vector<std::shared_ptr<ort::Value>> values_;  ///< The last run's outputs.
  std::vector<bench::NamedTensor> outputs_;          ///< Views of them.
};

}  // namespace headway::workers
