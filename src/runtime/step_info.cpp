#include "runtime/step_info.h"

#include <array>
#include <string_view>
#include <utility>

#include "ops/cost.h"

namespace headway {
namespace {

/// Fused operators are named after what they fuse.
StepCategory category_of(const Node& node) {
  constexpr std::array<std::pair<std::string_view, StepCategory>, 6> kFragments = {{
      {"Attention", StepCategory::kAttention},
      {"BlockChannels", StepCategory::kReorder},
      {"Conv", StepCategory::kConvolution},
      {"Gemm", StepCategory::kGemm},
      {"MatMul", StepCategory::kGemm},
      {"UnblockChannels", StepCategory::kReorder},
  }};
  for (const auto& [fragment, category] : kFragments) {
    if (node.op_type().find(fragment) != std::string::npos) return category;
  }
  return StepCategory::kMemory;
}

}  // namespace

StepInfo describe(const Node& node, const Step& step) {
  const Traffic traffic = memory_traffic(node);
  StepInfo info{.name = node.name(),
                .op_type = node.op_type(),
                .algorithm = step.algorithm(),
                .category = category_of(node),
                .flops = 2 * multiply_adds(node),
                .bytes_read = traffic.read,
                .bytes_written = traffic.written};
  if (node.output() != nullptr) info.output_shape = node.output()->type.static_shape().value();
  if (step.is_reference()) {
    info.algorithm = "reference";
    info.category = StepCategory::kReference;
  }
  return info;
}

}  // namespace headway
