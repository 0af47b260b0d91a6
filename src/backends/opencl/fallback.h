#pragma once

#include "backends/cpu/step.h"
#include "backends/opencl/step.h"

namespace headway::opencl {

/// Step::algorithm() of such steps.
inline constexpr std::string_view kOnHost = "on the CPU";

/// A step that waits for the device, runs the node on this processor, and goes on. `pool` must
/// outlive it.
std::unique_ptr<Step> lower_to_host(const Node& node, cpu::CpuBackend& backend, ThreadPool& pool);

}  // namespace headway::opencl
