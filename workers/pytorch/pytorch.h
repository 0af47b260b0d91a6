#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/worker.h"
#include "pytorch/mode.h"
#include "pytorch/torch.h"

namespace headway::workers {

/// PyTorch through libtorch: a TorchScript file run in one of the modes of mode.h.
class PyTorch : public bench::Runtime {
 public:
  bench::RuntimeInfo probe(const bench::Settings& options) override;
  bench::Settings load(const bench::LoadRequest& request) override;
  std::span<const bench::NamedTensor> run(std::span<const Tensor> inputs) override;
  std::optional<bench::DeviceTimes> device_times(std::span<const Tensor> inputs) override;

 private:
  std::vector<c10::IValue> arguments_of(std::span<const Tensor> inputs) const;
  bench::Settings describe_environment() const;

  Mode mode_ = Mode::kEager;
  at::Device device_ = at::kCPU;
  std::optional<torch::jit::Module> module_;
  std::vector<bench::NamedTensor> outputs_;
};

}  // namespace headway::workers
