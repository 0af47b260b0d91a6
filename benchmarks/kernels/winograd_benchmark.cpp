#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include "blocked.h"
#include "kernels/winograd/winograd_conv.h"
#include "peak.h"

namespace headway {
namespace {

struct Layer {
  const char* name;
  std::int64_t in_channels, extent, out_channels;
};

constexpr Layer kLayers[] = {
    {"resnet50/layer1.conv2", 64, 56, 64},     {"resnet50/layer2.conv2", 128, 28, 128},
    {"resnet50/layer3.conv2", 256, 14, 256},   {"resnet50/layer4.conv2", 512, 7, 512},
    {"vgg16/features.2", 64, 224, 64},         {"vgg16/features.5", 64, 112, 128},
    {"vgg16/features.7", 128, 112, 128},       {"vgg16/features.12", 256, 56, 256},
    {"vgg16/features.19", 512, 28, 512},       {"vgg16/features.24", 512, 14, 512},
    {"squeezenet1_1/fire1", 16, 55, 64},       {"squeezenet1_1/fire3", 32, 27, 128},
    {"squeezenet1_1/fire5", 48, 13, 192},      {"densenet121/block1.conv2", 128, 56, 32},
    {"densenet121/block2.conv2", 128, 28, 32}, {"densenet121/block3.conv2", 128, 14, 32},
    {"densenet121/block4.conv2", 128, 7, 32},
};

struct TiledLayer {
  Layer layer;
  WinogradForm form;
};

ConvShape shape_of(const Layer& layer) {
  ConvShape shape;
  shape.in_channels = layer.in_channels;
  shape.out_channels = layer.out_channels;
  shape.in_height = shape.in_width = shape.out_height = shape.out_width = layer.extent;
  shape.kernel_height = shape.kernel_width = 3;
  shape.pad_top = shape.pad_left = 1;
  return shape;
}

/// As many copies of the weights as keep them from staying in any cache, as in a whole network.
std::vector<std::unique_ptr<AlignedFloats>> packed_weights(const WinogradConv& conv,
                                                           float* weights) {
  constexpr std::size_t kBytes = 128 * 1024 * 1024;
  std::vector<std::unique_ptr<AlignedFloats>> copies(1 +
                                                     kBytes / (conv.packed_size() * sizeof(float)));
  for (auto& copy : copies) {
    copy = std::make_unique<AlignedFloats>(static_cast<std::int64_t>(conv.packed_size()));
    conv.pack(weights, copy->data());
  }
  return copies;
}

/// Counts the operations of a direct convolution, so "of peak" may exceed 1.
void winograd(benchmark::State& state, Isa isa, TiledLayer tiled) {
  const auto threads = static_cast<int>(state.range(0));
  ThreadPool pool(threads);
  const KernelContext context{pool, inner_loops(isa)};
  const ConvShape shape = shape_of(tiled.layer);
  const EpilogueKind kind{true, false, {UnaryOp::kRelu, 0, 0}};
  BrgemmSet tiles(context.loops);
  const WinogradConv conv(shape, tiled.form, ConvPlan{.epilogue = kind, .threads = threads}, tiles);
  const std::int64_t pixels = shape.out_height * shape.out_width;
  const std::int64_t weight_count = shape.out_channels * shape.in_channels * 9;
  AlignedFloats input(shape.in_channels * pixels), weights(weight_count);
  AlignedFloats bias(shape.out_channels), output(shape.out_channels * pixels);
  AlignedFloats scratch(static_cast<std::int64_t>(conv.scratch_bytes() / sizeof(float)));
  const auto packed = packed_weights(conv, weights.data());
  const Epilogue epilogue{bias.data(), nullptr, kind.activation};
  std::size_t next = 0;
  for (auto _ : state) {
    conv.run(context, input.data(), packed[next]->data(), epilogue, output.data(), scratch.data());
    next = (next + 1) % packed.size();
    benchmark::ClobberMemory();
  }
  count_flops(state, isa, threads, 2.0 * static_cast<double>(weight_count * pixels));
  state.counters["estimated cycles"] = winograd_cost(shape, tiled.form, context.loops, threads);
}

[[maybe_unused]] const bool registered = [] {
  for (const Layer& layer : kLayers) {
    for (const WinogradForm form : {WinogradForm(2), {4}, {4, true}, {6}}) {
      const std::string name = std::to_string(form.tile) + (form.half ? "half" : "");
      register_for_every_isa("winograd", std::string(layer.name) + "/F" + name, winograd,
                             TiledLayer{layer, form});
    }
  }
  return true;
}();

}  // namespace
}  // namespace headway
