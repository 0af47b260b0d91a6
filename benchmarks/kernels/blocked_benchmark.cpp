#include "blocked.h"
#include "kernels/depthwise/blocked_depthwise.h"
#include "peak.h"

namespace headway {
namespace {

std::int64_t blocks_of(std::int64_t channels, const InnerLoops& loops) {
  return (channels + loops.width - 1) / loops.width;
}

/// A depthwise convolution, named as it is in its network; or a pool.
struct Window {
  const char* name;
  std::int64_t channels, extent, kernel, stride;
};

std::int64_t out_extent(const Window& window) {
  return (window.extent - 1) / window.stride + 1;
}

constexpr Window kDepthwise[] = {
    {"mobilenet_v2/112", 32, 112, 3, 1},      {"mobilenet_v2/112_s2", 96, 112, 3, 2},
    {"mobilenet_v2/56", 144, 56, 3, 1},       {"mobilenet_v2/56_s2", 144, 56, 3, 2},
    {"mobilenet_v2/28", 192, 28, 3, 1},       {"mobilenet_v2/14", 576, 14, 3, 1},
    {"mobilenet_v2/14_s2", 576, 14, 3, 2},    {"mobilenet_v2/7", 960, 7, 3, 1},
    {"efficientnet_b0/56_s2", 144, 56, 5, 2}, {"efficientnet_b0/28", 240, 28, 5, 1},
    {"efficientnet_b0/14", 672, 14, 5, 1},    {"efficientnet_b0/14_s2", 672, 14, 5, 2},
    {"efficientnet_b0/7", 1152, 7, 5, 1},     {"shufflenet_v2/28", 58, 28, 3, 1},
    {"convnext/14", 384, 14, 7, 1},
};

void depthwise(benchmark::State& state, Isa isa, Window window) {
  const auto threads = static_cast<int>(state.range(0));
  ThreadPool pool(threads);
  const KernelContext context{pool, inner_loops(isa)};
  ConvShape shape;
  shape.groups = shape.in_channels = shape.out_channels = window.channels;
  shape.in_height = shape.in_width = window.extent;
  shape.kernel_height = shape.kernel_width = window.kernel;
  shape.stride_height = shape.stride_width = window.stride;
  shape.pad_top = shape.pad_left = window.kernel / 2;
  shape.out_height = shape.out_width = out_extent(window);
  const BlockedDepthwise plan(shape, context.loops);
  const std::int64_t channels = blocks_of(window.channels, context.loops) * context.loops.width;
  const std::int64_t out_size = channels * shape.out_height * shape.out_width;
  const std::int64_t in_size = channels * shape.in_height * shape.in_width;
  const std::int64_t taps = window.kernel * window.kernel;
  AlignedFloats input(in_size), output(out_size + 512 + 64), bias(channels),
      weights(channels * taps);
  AlignedFloats packed(static_cast<std::int64_t>(plan.packed_size()));
  plan.pack(weights.data(), packed.data());
  const Epilogue epilogue{bias.data(), nullptr, {UnaryOp::kClip, 0, 6}};
  for (auto _ : state) {
    plan.run(context, input.data(), packed.data(), epilogue, output.data(), nullptr);
    benchmark::ClobberMemory();
  }
  count_flops(state, isa, threads, 2.0 * static_cast<double>(out_size * taps));
  count_bytes(state, threads, (in_size + out_size) * static_cast<std::int64_t>(sizeof(float)));
}

[[maybe_unused]] const bool registered = [] {
  for (const Window& window : kDepthwise) {
    register_for_every_isa("blocked_depthwise", window.name, depthwise, window);
  }
  return true;
}();

}  // namespace
}  // namespace headway
