#include "kernels/conv/blocked_conv.h"

#include "kernels/conv/direct_conv.h"
#include "kernels/depthwise/blocked_depthwise.h"

namespace headway {
namespace {

bool is_depthwise(const ConvShape& shape, const ConvPlan& plan) {
  return !plan.plain_input && shape.groups > 1 && shape.groups == shape.in_channels &&
         shape.groups == shape.out_channels;
}

}  // namespace

const char* name_of(ConvAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case ConvAlgorithm::kDirect:
      return "direct";
    case ConvAlgorithm::kDepthwise:
      return "depthwise";
  }
  return "";
}

std::vector<ConvAlgorithm> conv_algorithms(const ConvShape& shape, const ConvPlan& plan,
                                           const InnerLoops& /*loops*/, bool /*winograd*/) {
  if (is_depthwise(shape, plan)) return {ConvAlgorithm::kDepthwise};
  return {ConvAlgorithm::kDirect};
}

std::unique_ptr<BlockedConv> plan_conv(ConvAlgorithm algorithm, const ConvShape& shape,
                                       const ConvPlan& plan, BrgemmSet& tiles) {
  switch (algorithm) {
    case ConvAlgorithm::kDirect:
      return std::make_unique<DirectConv>(shape, plan, tiles);
    case ConvAlgorithm::kDepthwise:
      return std::make_unique<BlockedDepthwise>(shape, tiles.loops());
  }
  return nullptr;
}

}  // namespace headway
