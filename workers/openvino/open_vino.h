#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/worker.h"
#include "openvino/api.h"

namespace headway::workers {

/// OpenVINO through its C interface, with the precision held at fp32 whatever the processor offers.
class OpenVino : public bench::Runtime {
 public:
  bench::RuntimeInfo probe(const bench::Settings& options) override;
  bench::Settings load(const bench::LoadRequest& request) override;
  std::span<const bench::NamedTensor> run(std::span<const Tensor> inputs) override;

 private:
  void open(const bench::Settings& options);
  std::vector<std::string> devices() const;
  std::string parse_device(const std::string& device) const;
  std::vector<std::string> names(bool inputs) const;
  void bind_inputs(const bench::LoadRequest& request);
  void fix_shapes(const bench::LoadRequest& request);
  void compile(const std::string& device, const bench::LoadRequest& request);
  std::string property(const char* key) const;
  bench::NamedTensor read_output(std::size_t index);

  std::string library_;
  std::string version_;
  std::optional<OpenVinoApi> api_;
  std::shared_ptr<ov_core_t> core_;
  std::shared_ptr<ov_model_t> model_;
  std::shared_ptr<ov_compiled_model_t> compiled_;
  std::shared_ptr<ov_infer_request_t> infer_;

  std::vector<std::size_t> input_indices_;  ///< The model's number of each of the request's inputs.
  std::vector<std::string> output_names_;
  std::vector<std::shared_ptr<ov_tensor_t>> tensors_;  ///< What the last run's views point into.
  std::vector<bench::NamedTensor> outputs_;
};

}  // namespace headway::workers
