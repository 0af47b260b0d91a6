#include <benchmark/benchmark.h>

#include "aligned_floats.h"
#include "base/processors.h"
#include "kernels/conv/blocked_conv.h"
#include "kernels/inner_loops.h"
#include "peak.h"

namespace headway {
namespace {

/// One kind of convolution layer, named as it is in its network.
struct Layer {
  const char* name;
  std::int64_t in_channels, extent, out_channels, kernel, stride;
  std::int64_t groups = 1;
};

constexpr Layer kLayers[] = {
    {"resnet50/conv1", 3, 224, 64, 7, 2},
    {"resnet50/layer1.0.conv1", 64, 56, 64, 1, 1},
    {"resnet50/layer1.conv2", 64, 56, 64, 3, 1},
    {"resnet50/layer1.conv3", 64, 56, 256, 1, 1},
    {"resnet50/layer1.1.conv1", 256, 56, 64, 1, 1},
    {"resnet50/layer2.0.conv2", 128, 56, 128, 3, 2},
    {"resnet50/layer2.0.downsample", 256, 56, 512, 1, 2},
    {"resnet50/layer2.conv1", 512, 28, 128, 1, 1},
    {"resnet50/layer2.conv2", 128, 28, 128, 3, 1},
    {"resnet50/layer2.conv3", 128, 28, 512, 1, 1},
    {"resnet50/layer3.conv1", 1024, 14, 256, 1, 1},
    {"resnet50/layer3.conv2", 256, 14, 256, 3, 1},
    {"resnet50/layer3.conv3", 256, 14, 1024, 1, 1},
    {"resnet50/layer4.0.downsample", 1024, 14, 2048, 1, 2},
    {"resnet50/layer4.conv1", 2048, 7, 512, 1, 1},
    {"resnet50/layer4.conv2", 512, 7, 512, 3, 1},
    {"resnet50/layer4.conv3", 512, 7, 2048, 1, 1},
};

ConvShape shape_of(const Layer& layer) {
  ConvShape shape;
  shape.groups = layer.groups;
  shape.in_channels = layer.in_channels;
  shape.out_channels = layer.out_channels;
  shape.in_height = shape.in_width = layer.extent;
  shape.kernel_height = shape.kernel_width = layer.kernel;
  shape.stride_height = shape.stride_width = layer.stride;
  shape.pad_top = shape.pad_left = layer.kernel / 2;
  shape.out_height = shape.out_width = (layer.extent - 1) / layer.stride + 1;
  return shape;
}

void conv(benchmark::State& state, Isa isa, Layer layer) {
  const auto threads = static_cast<int>(state.range(0));
  ThreadPool pool(threads);
  const KernelContext context{pool, inner_loops(isa)};
  const ConvShape shape = shape_of(layer);
  const EpilogueKind kind{true, false, {UnaryOp::kRelu, 0, 0}};
  BrgemmSet tiles(context.loops);
  const ConvPlan wanted{.epilogue = kind, .plain_input = shape.in_channels < 4, .threads = threads};
  const ConvAlgorithm algorithm = conv_algorithms(shape, wanted, context.loops).front();
  const auto plan = plan_conv(algorithm, shape, wanted, tiles);
  state.SetLabel(name_of(algorithm));
  const std::int64_t pixels = shape.out_height * shape.out_width;
  const std::int64_t weight_count = shape.out_channels * shape.in_channels / shape.groups *
                                    shape.kernel_height * shape.kernel_width;
  AlignedFloats input(shape.in_channels * shape.in_height * shape.in_width), weights(weight_count);
  AlignedFloats bias(shape.out_channels + 16), output(shape.out_channels * pixels);
  AlignedFloats packed(static_cast<std::int64_t>(plan->packed_size()));
  AlignedFloats scratch(static_cast<std::int64_t>(plan->scratch_bytes() / sizeof(float)));
  plan->pack(weights.data(), packed.data());
  const Epilogue epilogue{bias.data(), nullptr, kind.activation};
  for (auto _ : state) {
    plan->run(context, input.data(), packed.data(), epilogue, output.data(), scratch.data());
    benchmark::ClobberMemory();
  }
  count_flops(state, isa, threads, 2.0 * static_cast<double>(weight_count * pixels));
}

[[maybe_unused]] const bool registered = [] {
  for (Isa isa : {Isa::kPortable, Isa::kAvx2, Isa::kAvx512}) {
    if (isa > detect_cpu().best_isa()) continue;
    for (const Layer& layer : kLayers) {
      const std::string name = "conv/" + std::string(name_of(isa)) + "/" + layer.name;
      auto* benchmark = benchmark::RegisterBenchmark(name.c_str(), conv, isa, layer);
      benchmark->Arg(1)->UseRealTime();
      if (available_processors() > 1) benchmark->Arg(available_processors());
    }
  }
  return true;
}();

}  // namespace
}  // namespace headway
