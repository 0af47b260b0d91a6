#include "blocked.h"
#include "kernels/depthwise/blocked_depthwise.h"
#include "kernels/movement/blocked.h"
#include "kernels/pool/blocked_pool.h"
#include "kernels/reduce/reduce.h"
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
  AlignedFloats input(in_size), output(out_size), bias(channels), weights(channels * taps);
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

constexpr Window kMaximum[] = {{"resnet50/stem", 64, 112, 3, 2},
                               {"vgg16/224", 64, 224, 2, 2},
                               {"googlenet/28", 256, 28, 3, 1},
                               {"squeezenet/55", 128, 55, 3, 2},
                               {"yolo/20", 256, 20, 5, 1}};
constexpr Window kAverage[] = {{"densenet121/56", 128, 56, 2, 2},
                               {"densenet121/14", 512, 14, 2, 2},
                               {"inception_v3/35", 192, 35, 3, 1}};

void pool_windows(benchmark::State& state, Isa isa, Window window, PoolOp op) {
  const auto threads = static_cast<int>(state.range(0));
  ThreadPool pool(threads);
  const KernelContext context{pool, inner_loops(isa)};
  PoolShape shape;
  shape.planes = blocks_of(window.channels, context.loops);
  shape.in_height = shape.in_width = window.extent;
  shape.kernel_height = shape.kernel_width = window.kernel;
  shape.stride_height = shape.stride_width = window.stride;
  shape.pad_top = shape.pad_left = (window.kernel - 1) / 2;
  shape.out_height = shape.out_width = out_extent(window);
  const std::int64_t out_size =
      shape.planes * shape.out_height * shape.out_width * context.loops.width;
  const std::int64_t in_size =
      shape.planes * shape.in_height * shape.in_width * context.loops.width;
  AlignedFloats input(in_size), output(out_size);
  for (auto _ : state) {
    blocked_pool(context, op, shape, input.data(), output.data());
    benchmark::ClobberMemory();
  }
  count_bytes(state, threads, (in_size + out_size) * static_cast<std::int64_t>(sizeof(float)));
}

void max_pool(benchmark::State& state, Isa isa, Window window) {
  pool_windows(state, isa, window, PoolOp::kMax);
}

void average_pool(benchmark::State& state, Isa isa, Window window) {
  pool_windows(state, isa, window, PoolOp::kAverage);
}

struct Image {
  const char* name;
  std::int64_t channels, extent;
};

constexpr Image kImages[] = {{"image/224", 3, 224},
                             {"c64/112", 64, 112},
                             {"c64/56", 64, 56},
                             {"c116/14", 116, 14},
                             {"c1024/7", 1024, 7}};

void reorder(benchmark::State& state, Isa isa, Image image, bool blocks) {
  const auto threads = static_cast<int>(state.range(0));
  ThreadPool pool(threads);
  const KernelContext context{pool, inner_loops(isa)};
  const std::int64_t pixels = image.extent * image.extent;
  const std::int64_t blocked_size =
      blocks_of(image.channels, context.loops) * context.loops.width * pixels;
  AlignedFloats plain(image.channels * pixels), blocked(blocked_size);
  for (auto _ : state) {
    if (blocks) {
      block_channels(context, 1, image.channels, pixels, plain.data(), blocked.data());
    } else {
      unblock_channels(context, 1, image.channels, pixels, blocked.data(), plain.data());
    }
    benchmark::ClobberMemory();
  }
  count_bytes(state, threads,
              (image.channels * pixels + blocked_size) * static_cast<std::int64_t>(sizeof(float)));
}

constexpr Image kMeans[] = {{"efficientnet_b0/112", 32, 112},
                            {"efficientnet_b0/28", 240, 28},
                            {"efficientnet_b0/7", 1152, 7},
                            {"resnet50/7", 2048, 7}};

/// A global average pool of the blocked layout.
void mean(benchmark::State& state, Isa isa, Image image) {
  const auto threads = static_cast<int>(state.range(0));
  ThreadPool pool(threads);
  const KernelContext context{pool, inner_loops(isa)};
  const std::int64_t lanes = context.loops.width;
  const std::int64_t blocks = blocks_of(image.channels, context.loops);
  const std::int64_t extents[] = {1, blocks, image.extent, image.extent, lanes};
  const std::int64_t strides[] = {blocks * lanes, lanes, 0, 0, 1};
  const std::int64_t size = blocks * image.extent * image.extent * lanes;
  AlignedFloats input(size), output(blocks * lanes);
  for (auto _ : state) {
    reduce(context, ReduceOp::kMean, extents, strides, input.data(), output.data());
    benchmark::ClobberMemory();
  }
  count_bytes(state, threads, size * static_cast<std::int64_t>(sizeof(float)));
}

void block(benchmark::State& state, Isa isa, Image image) {
  reorder(state, isa, image, true);
}

void unblock(benchmark::State& state, Isa isa, Image image) {
  reorder(state, isa, image, false);
}

[[maybe_unused]] const bool registered = [] {
  for (const Window& window : kDepthwise) {
    register_for_every_isa("blocked_depthwise", window.name, depthwise, window);
  }
  for (const Window& window : kMaximum) {
    register_for_every_isa("blocked_max_pool", window.name, max_pool, window);
  }
  for (const Window& window : kAverage) {
    register_for_every_isa("blocked_average_pool", window.name, average_pool, window);
  }
  for (const Image& image : kMeans) {
    register_for_every_isa("blocked_mean", image.name, mean, image);
  }
  for (const Image& image : kImages) {
    register_for_every_isa("block_channels", image.name, block, image);
    register_for_every_isa("unblock_channels", image.name, unblock, image);
  }
  return true;
}();

}  // namespace
}  // namespace headway
