#include "kernels/conv/blocked_conv.h"

#include <algorithm>
#include <cmath>

#include "kernels/conv/direct_conv.h"
#include "kernels/depthwise/blocked_depthwise.h"
#include "kernels/winograd/split.h"
#include "kernels/winograd/winograd_conv.h"

namespace headway {
namespace {

bool is_depthwise(const ConvShape& shape, const ConvPlan& plan) {
  return !plan.plain_input && shape.groups > 1 && shape.groups == shape.in_channels &&
         shape.groups == shape.out_channels;
}

struct Estimate {
  ConvAlgorithm algorithm;
  double cycles;
};

/// Two vectors a cycle at the share of that rate which direct convolutions reach, while the weights
/// come from memory.
Estimate direct_estimate(const ConvShape& s, const ConvPlan& plan, const InnerLoops& loops) {
  constexpr double kEfficiency = 0.93, kBytesPerCycle = 10;
  const auto taps = static_cast<double>(s.in_channels * s.kernel_height * s.kernel_width);
  const auto vectors = static_cast<double>((s.out_channels + loops.width - 1) / loops.width);
  const auto pixels = static_cast<double>(s.batch * s.out_height * s.out_width);
  const double products = pixels * taps * vectors / (2 * kEfficiency);
  const double bytes = taps * vectors * loops.width * sizeof(float);
  return {ConvAlgorithm::kDirect, std::hypot(products / plan.threads, bytes / kBytesPerCycle)};
}

}  // namespace

const char* name_of(ConvAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case ConvAlgorithm::kDirect:
      return "direct";
    case ConvAlgorithm::kDepthwise:
      return "depthwise";
    case ConvAlgorithm::kWinograd2x2:
      return "winograd 2x2";
    case ConvAlgorithm::kWinograd4x4:
      return "winograd 4x4";
    case ConvAlgorithm::kWinograd4x4Half:
      return "winograd 4x4 half";
    case ConvAlgorithm::kWinograd6x6:
      return "winograd 6x6";
  }
  return "";
}

std::vector<ConvAlgorithm> conv_algorithms(const ConvShape& shape, const ConvPlan& plan,
                                           const InnerLoops& loops, bool winograd) {
  if (is_depthwise(shape, plan) && !plan.prologue.scale) return {ConvAlgorithm::kDepthwise};
  std::vector<Estimate> estimates = {direct_estimate(shape, plan, loops)};
  if (winograd && !plan.plain_input && !plan.prologue.scale && WinogradConv::applies(shape)) {
    // Larger tiles take more memory and round more, so they have to gain something.
    const auto add = [&](ConvAlgorithm algorithm, WinogradForm form) {
      const double cycles = winograd_cost(shape, form, loops, plan.threads);
      estimates.push_back({algorithm, cycles * (1 + 0.01 * form.tile)});
    };
    add(ConvAlgorithm::kWinograd2x2, 2);
    add(ConvAlgorithm::kWinograd4x4, 4);
    if (WinogradConv::suits_half(loops)) add(ConvAlgorithm::kWinograd4x4Half, {4, true});
    add(ConvAlgorithm::kWinograd6x6, 6);
  }
  std::ranges::stable_sort(estimates, {}, &Estimate::cycles);
  std::vector<ConvAlgorithm> algorithms;
  for (const Estimate& estimate : estimates) algorithms.push_back(estimate.algorithm);
  return algorithms;
}

std::unique_ptr<BlockedConv> plan_conv(ConvAlgorithm algorithm, const ConvShape& shape,
                                       const ConvPlan& plan, BrgemmSet& tiles) {
  switch (algorithm) {
    case ConvAlgorithm::kDirect:
      return std::make_unique<DirectConv>(shape, plan, tiles);
    case ConvAlgorithm::kDepthwise:
      return std::make_unique<BlockedDepthwise>(shape, tiles.loops());
    case ConvAlgorithm::kWinograd2x2:
      return std::make_unique<WinogradConv>(shape, 2, plan, tiles);
    case ConvAlgorithm::kWinograd4x4:
      return std::make_unique<WinogradConv>(shape, 4, plan, tiles);
    case ConvAlgorithm::kWinograd4x4Half:
      return std::make_unique<WinogradConv>(shape, WinogradForm{4, true}, plan, tiles);
    case ConvAlgorithm::kWinograd6x6:
      return std::make_unique<WinogradConv>(shape, 6, plan, tiles);
  }
  return nullptr;
}

}  // namespace headway
