#pragma once

#include <memory>

#include "backends/cpu/step.h"
#include "backends/opencl/step.h"

namespace headway::opencl {

/// Steps that an OpenCL device runs.
class OpenClBackend final : public Backend {
 public:
  /// `fallback`: what runs the nodes that the device has no kernel for; nullptr: they are refused.
  /// `pool`: the threads it uses; must outlive the steps.
  OpenClBackend(Lowering lowering, cpu::CpuBackend* fallback, ThreadPool& pool)
      : lowering_(lowering), fallback_(fallback), pool_(pool) {}

  std::unique_ptr<headway::Step> lower(const Node& node) override;
  std::unique_ptr<headway::Step> copy(std::size_t bytes) override;
  ThreadPool* lowering_threads() override { return &pool_; }
  std::size_t alignment() const override { return lowering_.context.device().alignment; }
  void read_in_place(const Tensor&) override {}

 private:
  Lowering lowering_;
  cpu::CpuBackend* fallback_;
  ThreadPool& pool_;
};

}  // namespace headway::opencl
