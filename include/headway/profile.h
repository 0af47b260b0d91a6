#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "headway/tensor.h"

namespace headway {

/// What the time of a step goes into; profiles add up by it.
enum class StepCategory : std::uint8_t {
  kConvolution,
  kGemm,  ///< Matrix products.
  kAttention,
  kMemory,     ///< Moves more than it computes: elementwise, pooling, normalization, copies, …
  kReorder,    ///< Changes the layout between kernels.
  kReference,  ///< A plain reference kernel, whatever it computes.
};

constexpr std::string_view name_of(StepCategory category) noexcept {
  switch (category) {
    case StepCategory::kConvolution:
      return "convolution";
    case StepCategory::kGemm:
      return "gemm";
    case StepCategory::kAttention:
      return "attention";
    case StepCategory::kMemory:
      return "memory-bound";
    case StepCategory::kReorder:
      return "reorder";
    case StepCategory::kReference:
      return "reference";
  }
  return "";
}

/// One step of a program: a node after fusion, prepared for its shapes.
struct StepInfo {
  std::string name;       ///< Of the node.
  std::string op_type;    ///< Of the node: "Conv", "FusedConv", …
  std::string algorithm;  ///< "gemm", "depthwise", …; empty where there is only one way.
  StepCategory category = StepCategory::kMemory;
  Shape output_shape;  ///< Of the node's first output.
  /// Two for each multiply-add that the node's definition takes, whatever the algorithm really
  /// does; 0 for nodes that are neither convolutions nor matrix products.
  std::int64_t flops = 0;
  std::int64_t bytes_read = 0;  ///< Inputs, weights included, each element once.
  std::int64_t bytes_written = 0;
};

/// What one run takes on a device that is not this processor, without the copies of inputs and
/// outputs. Nanoseconds.
struct DeviceTimes {
  std::int64_t resident_ns = 0;  ///< From handing the work to the device until it is done.
  std::int64_t kernels_ns = 0;   ///< Of the kernels alone, as the device itself counts.
};

/// What one thread did during one step. Times are nanoseconds of std::chrono::steady_clock.
struct ThreadSpan {
  std::int64_t begin_ns = 0, end_ns = 0;  ///< Of its share of the step; both 0 if it had none.
  std::int64_t busy_ns = 0;               ///< Not waiting for work or for other threads.
  std::int64_t transform_ns = 0;          ///< Of that, in the transforms of Winograd convolutions.
};

/// What Session::run_profiled saw. Steps follow each other without gaps: each begins where the one
/// before ended, the first at `begin_ns`.
struct Profile {
  int threads = 0;
  std::int64_t begin_ns = 0;          ///< Nanoseconds of std::chrono::steady_clock, as all times.
  std::vector<std::int64_t> ends_ns;  ///< One per step of Session::steps, in order.
  std::vector<ThreadSpan> spans;      ///< `threads` per step; thread 0 is the caller.
};

}  // namespace headway
