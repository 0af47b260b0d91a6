#include "backends/opencl/winograd.h"

#include <algorithm>
#include <array>

#include "backends/opencl/operands.h"
#include "backends/opencl/product.h"

namespace headway::opencl {
namespace {

constexpr std::int64_t kTile = 4, kFrequencies = 36;
constexpr std::int64_t kLeastChannels = 32;  ///< Fewer are transformed longer than multiplied.
constexpr std::int64_t kLeastTiles = 128;    ///< Fewer do not pay for reading 4 times the weights.
constexpr std::uint64_t kMostBytes = std::uint64_t{128} << 20;  ///< Of frequencies at once.

/// winograd.cl has the same structure.
struct WinogradArguments {
  cl_int channels, out_channels, height, width, out_height, out_width, pad_top, pad_left;
  cl_int tile_rows, tile_columns, tiles, first_image;
  ActivationArguments activation;
};

std::int64_t tiles_of_image(const ConvGeometry& geometry) {
  const auto tiles = [](const WindowAxis& axis) { return (axis.output + kTile - 1) / kTile; };
  return tiles(geometry.axes[1]) * tiles(geometry.axes[2]);
}

std::int64_t floats_of_image(const ConvGeometry& geometry) {
  return kFrequencies * (geometry.in_channels + geometry.out_channels) * tiles_of_image(geometry);
}

/// How many images may be frequencies at once.
std::int64_t most_images(const ConvGeometry& geometry, const Device& device) {
  const std::uint64_t bytes = std::min(kMostBytes, device.max_allocation_bytes / 4);
  return static_cast<std::int64_t>(bytes / sizeof(float)) / floats_of_image(geometry);
}

bool applies(const Node& node, const ConvGeometry& geometry) {
  const auto is_plain = [](const WindowAxis& axis, std::int64_t kernel) {
    return axis.kernel == kernel && axis.stride == 1 && axis.dilation == 1;
  };
  return geometry.groups == 1 && node.input(1)->is_constant() && geometry.axes[0].input == 1 &&
         geometry.axes[0].output == 1 && is_plain(geometry.axes[0], 1) &&
         is_plain(geometry.axes[1], 3) && is_plain(geometry.axes[2], 3) &&
         geometry.in_channels >= kLeastChannels && geometry.out_channels >= kLeastChannels &&
         geometry.batch * tiles_of_image(geometry) >= kLeastTiles;
}

/// The greatest divisor of the batch up to `most`.
std::int64_t images_at_once(const ConvGeometry& geometry, std::int64_t most) {
  std::int64_t images = std::min(geometry.batch, most);
  while (geometry.batch % images != 0) --images;
  return images;
}

/// GgGᵀ of each filter, [36, in_channels, out_channels].
void pack(const float* source, std::int64_t in, std::int64_t out, float* packed) {
  constexpr std::array<std::array<double, 3>, 6> kG = {{{1.0 / 4, 0, 0},
                                                        {-1.0 / 6, -1.0 / 6, -1.0 / 6},
                                                        {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                                                        {1.0 / 24, 1.0 / 12, 1.0 / 6},
                                                        {1.0 / 24, -1.0 / 12, 1.0 / 6},
                                                        {0, 0, 1}}};
  for (std::int64_t filter = 0; filter < in * out; ++filter) {
    const float* g = source + 9 * filter;
    float* to = packed + filter % in * out + filter / in;
    for (std::size_t i = 0; i < 6; ++i) {
      for (std::size_t j = 0; j < 6; ++j, to += in * out) {
        double sum = 0;
        for (std::size_t y = 0; y < 3; ++y) {
          for (std::size_t x = 0; x < 3; ++x) sum += kG[i][y] * kG[j][x] * g[3 * y + x];
        }
        *to = static_cast<float>(sum);
      }
    }
  }
}

/// Weights times input for each frequency; the scratch memory holds the frequencies of the input,
/// then those of the output.
MatrixProduct product_of(std::int64_t in, std::int64_t out, std::int64_t tiles) {
  return {.m = out,
          .n = tiles,
          .k = in,
          .row = {1, tiles, 0, 0, tiles},
          .column = {out, 1, 0, 0, 1},
          .batch = {{kFrequencies, {in * out, in * tiles, 0, 0, out * tiles}}},
          .offset = {0, 0, 0, 0, kFrequencies * in * tiles},
          .may_split = false};
}

class WinogradStep final : public Step {
 public:
  WinogradStep(const Node& node, const ConvGeometry& geometry, std::int64_t images,
               Lowering& lowering)
      : images_(images),
        batch_(geometry.batch),
        scratch_floats_(images_ * floats_of_image(geometry)),
        plan_(product_of(geometry.in_channels, geometry.out_channels,
                         images_ * tiles_of_image(geometry)),
              lowering.context.device()) {
    elements_of(node.output());
    elements_of(node.input(0));
    const WindowAxis &y = geometry.axes[1], &x = geometry.axes[2];
    arguments_ = {narrow(geometry.in_channels),
                  narrow(geometry.out_channels),
                  narrow(y.input),
                  narrow(x.input),
                  narrow(y.output),
                  narrow(x.output),
                  narrow(y.pad_begin),
                  narrow(x.pad_begin),
                  narrow((y.output + kTile - 1) / kTile),
                  narrow((x.output + kTile - 1) / kTile),
                  narrow(images_ * tiles_of_image(geometry)),
                  0,
                  fused_function(node)};
    const std::int64_t in = geometry.in_channels, out = geometry.out_channels;
    weights_ = lowering.weights.get(
        node.input(1)->constant(), "winograd 4x4",
        static_cast<std::size_t>(kFrequencies * in * out),
        [=](const float* source, float* packed) { pack(source, in, out, packed); });
  }

  void record(Commands& commands, const Operands& operands) const override {
    const auto input = [&](std::size_t i) {
      return i < operands.inputs.size() ? operands.inputs[i] : nullptr;
    };
    const auto work = [&](cl_int channels) {
      WorkSize size = work_for(arguments_.tiles);
      size.global[1] = static_cast<std::size_t>(channels);
      return size;
    };
    WinogradArguments arguments = arguments_;
    const cl_int products = narrow(kFrequencies) * arguments.channels * arguments.tiles;
    for (std::int64_t image = 0; image < batch_; image += images_) {
      arguments.first_image = narrow(image);
      commands.launch({"winograd.cl", "winograd_input"}, work(arguments.channels), arguments,
                      input(0), operands.scratch);
      plan_.record(commands, {weights_, operands.scratch, nullptr, nullptr, operands.scratch},
                   nullptr);
      commands.launch({"winograd.cl", "winograd_output"}, work(arguments.out_channels), arguments,
                      operands.scratch, products, input(2), input(3), operands.outputs[0]);
    }
  }
  std::size_t scratch_bytes() const override {
    return static_cast<std::size_t>(scratch_floats_) * sizeof(float);
  }
  bool reads(std::size_t input) const override { return input != 1; }
  bool may_overwrite(std::size_t input) const override { return input == 3; }
  std::string algorithm() const override { return "winograd 4x4"; }

 private:
  std::int64_t images_, batch_, scratch_floats_;
  ProductPlan plan_;
  WinogradArguments arguments_{};
  Buffer weights_;
};

}  // namespace

std::unique_ptr<Step> lower_winograd(const Node& node, const ConvGeometry& geometry,
                                     Lowering& lowering) {
  if (!applies(node, geometry)) return nullptr;
  const std::int64_t most = most_images(geometry, lowering.context.device());
  if (most == 0) return nullptr;
  return std::make_unique<WinogradStep>(node, geometry, images_at_once(geometry, most), lowering);
}

}  // namespace headway::opencl
