#pragma once

#include <optional>

#include "headway/session.h"

#include "bench/worker.h"

namespace headway::bench {

/// Headway's own engine as one more runtime of the race.
class Engine : public Runtime {
 public:
  RuntimeInfo probe(const Settings& options) override;
  Settings load(const LoadRequest& request) override;
  std::span<const NamedTensor> run(std::span<const Tensor> inputs) override;
  std::optional<DeviceTimes> device_times(std::span<const Tensor> inputs) override;

 private:
  std::optional<Session> session_;
  std::vector<NamedTensor> outputs_;
};

}  // namespace headway::bench
