#include <algorithm>

#include "backends/opencl/lowering.h"
#include "backends/opencl/operands.h"
#include "backends/opencl/product.h"
#include "backends/opencl/winograd.h"
#include "base/error.h"
#include "ops/conv_geometry.h"

namespace headway::opencl {
namespace {

constexpr std::size_t kImage = 0, kWeights = 1, kConvBias = 2, kConvResidual = 3;
constexpr std::int64_t kFewChannels = 8;  ///< That would leave most of a tile empty.

/// conv.cl has the same structure.
struct ConvArguments {
  cl_int input[3], output[3], taps[3], stride[3], dilation[3], pad[3];
  cl_int group_in, group_out, out_channels;
  ActivationArguments activation;
};

/// With three axes, extents of 1 first.
ConvGeometry with_three_axes(ConvGeometry geometry) {
  while (geometry.axes.size() < 3)
    geometry.axes.insert(geometry.axes.begin(), {1, 1, 1, 1, 0, 0, 1});
  return geometry;
}

void check_sizes(const Node& node) {
  elements_of(node.output());
  for (const Value* input : node.inputs()) {
    if (input != nullptr) elements_of(input);
  }
}

Buffer input_of(const Operands& operands, std::size_t index) {
  return index < operands.inputs.size() ? operands.inputs[index] : nullptr;
}

/// A work-item for each output element.
class DirectStep final : public Step {
 public:
  DirectStep(const Node& node, const ConvGeometry& geometry, std::string_view kernel)
      : kernel_(kernel), count_(elements_of(node.output())) {
    check_sizes(node);
    for (std::size_t i = 0; i < 3; ++i) {
      const WindowAxis& axis = geometry.axes[i];
      arguments_.input[i] = narrow(axis.input);
      arguments_.output[i] = narrow(axis.output);
      arguments_.taps[i] = narrow(axis.kernel);
      arguments_.stride[i] = narrow(axis.stride);
      arguments_.dilation[i] = narrow(axis.dilation);
      arguments_.pad[i] = narrow(axis.pad_begin);
    }
    arguments_.group_in = narrow(geometry.group_in());
    arguments_.group_out = narrow(geometry.group_out());
    arguments_.out_channels = narrow(geometry.out_channels);
    arguments_.activation = fused_function(node);
  }

  void record(Commands& commands, const Operands& operands) const override {
    commands.launch({"conv.cl", kernel_}, work_for(count_), arguments_, input_of(operands, kImage),
                    input_of(operands, kWeights), input_of(operands, kConvBias),
                    input_of(operands, kConvResidual), operands.outputs[0], count_);
  }
  bool may_overwrite(std::size_t input) const override { return input == kConvResidual; }
  std::string algorithm() const override { return "direct"; }

 private:
  std::string_view kernel_;
  cl_int count_;
  ConvArguments arguments_{};
};

/// Weights times the input seen as a matrix, for each image and group.
class ConvProductStep final : public Step {
 public:
  ConvProductStep(const Node& node, ProductPlan plan, Buffer packed)
      : plan_(std::move(plan)), packed_(std::move(packed)) {
    check_sizes(node);
  }

  void record(Commands& commands, const Operands& operands) const override {
    plan_.record(
        commands,
        {packed_ != nullptr ? packed_ : input_of(operands, kWeights), input_of(operands, kImage),
         input_of(operands, kConvBias), input_of(operands, kConvResidual), operands.outputs[0]},
        operands.scratch);
  }
  std::size_t scratch_bytes() const override { return plan_.scratch_bytes(); }
  bool reads(std::size_t input) const override { return input != kWeights || packed_ == nullptr; }
  bool may_overwrite(std::size_t input) const override { return input == kConvResidual; }
  std::string algorithm() const override { return plan_.algorithm(); }

 private:
  ProductPlan plan_;
  Buffer packed_;  ///< nullptr if the weights are read as they are.
};

/// The input is the matrix as it lies: no window spans two points, or one spans them all.
bool is_plain(const ConvGeometry& geometry) {
  return std::ranges::all_of(geometry.axes, [&](const WindowAxis& axis) {
    const bool is_point = axis.kernel == 1 && axis.stride == 1;
    const bool is_all =
        geometry.output_points() == 1 && axis.kernel == axis.input && axis.dilation == 1;
    return axis.pad_begin == 0 && (is_all || (is_point && axis.output == axis.input));
  });
}

MatrixProduct product_of(const Node& node, const ConvGeometry& geometry) {
  const std::int64_t depth = geometry.group_in() * geometry.kernel_points();
  const std::int64_t in = geometry.input_points(), out = geometry.output_points();
  const std::int64_t group_out = geometry.group_out();
  MatrixProduct product{.m = group_out,
                        .n = out,
                        .k = depth,
                        .row = {depth, out, 1, out, out},
                        .column = {1, 1, 0, 1, 1},
                        .activation = fused_function(node)};
  const std::int64_t image_out = geometry.out_channels * out;
  product.batch = {
      {geometry.batch, {0, geometry.in_channels * in, 0, image_out, image_out}},
      {geometry.groups,
       {group_out * depth, geometry.group_in() * in, group_out, group_out * out, group_out * out}}};
  return product;
}

/// Constant weights with channels side by side, as tiles want them.
Buffer pack_weights(const Value* weights, MatrixProduct& product, Lowering& lowering) {
  const std::int64_t m = product.m, k = product.k, size = elements_of(weights);
  product.row[kA] = 1;
  product.column[kA] = m;
  return lowering.weights.get(
      weights->constant(), concat("channels last ", m), static_cast<std::size_t>(size),
      [=](const float* source, float* packed) {
        for (std::int64_t i = 0; i < size; ++i) {
          const std::int64_t group = i / (m * k), row = i / k % m, column = i % k;
          packed[(group * k + column) * m + row] = source[i];
        }
      });
}

ConvColumns columns_of(const ConvGeometry& geometry, Lowering& lowering) {
  ConvColumns columns;
  const std::vector<WindowAxis>& axes = geometry.axes;
  for (std::size_t i = 0; i < 3; ++i) {
    columns.window.input[i] = narrow(axes[i].input);
    columns.window.output[i] = narrow(axes[i].output);
    columns.window.stride[i] = narrow(axes[i].stride);
    columns.window.pad[i] = narrow(axes[i].pad_begin);
  }
  std::vector<cl_int> taps;
  for (std::int64_t channel = 0; channel < geometry.group_in(); ++channel) {
    for (std::int64_t z = 0; z < axes[0].kernel; ++z) {
      for (std::int64_t y = 0; y < axes[1].kernel; ++y) {
        for (std::int64_t x = 0; x < axes[2].kernel; ++x) {
          const std::int64_t depth = z * axes[0].dilation, row = y * axes[1].dilation;
          const std::int64_t column = x * axes[2].dilation;
          const std::int64_t element =
              ((channel * axes[0].input + depth) * axes[1].input + row) * axes[2].input + column;
          for (const std::int64_t i : {depth, row, column, element}) taps.push_back(narrow(i));
        }
      }
    }
  }
  columns.taps = lowering.context.upload(taps.data(), taps.size() * sizeof(cl_int));
  return columns;
}

std::unique_ptr<Step> product_step(const Node& node, const ConvGeometry& geometry,
                                   Lowering& lowering) {
  const Device& device = lowering.context.device();
  MatrixProduct product = product_of(node, geometry);
  const bool plain = is_plain(geometry);
  if (plain && geometry.output_points() == 1) product.row[kB] = 1;
  const Value* weights = node.input(kWeights);
  Buffer packed;
  if (weights->is_constant() && product.n > 1) packed = pack_weights(weights, product, lowering);
  return std::make_unique<ConvProductStep>(
      node,
      plain ? ProductPlan(product, device)
            : ProductPlan(product, device, columns_of(geometry, lowering)),
      packed);
}

}  // namespace

std::unique_ptr<Step> lower_conv(const Node& node, Lowering& lowering) {
  if (!is_float(node.input(kImage))) return nullptr;
  const ConvGeometry given = conv_geometry(node);
  if (given.axes.empty() || given.axes.size() > 3) return nullptr;
  const ConvGeometry geometry = with_three_axes(given);
  const bool has_few = geometry.group_out() <= kFewChannels &&
                       (geometry.groups > 1 || geometry.group_out() <= kFewChannels / 2);
  if (has_few && geometry.output_points() > 1)
    return std::make_unique<DirectStep>(node, geometry, "conv_direct");
  if (lowering.winograd) {
    if (auto step = lower_winograd(node, geometry, lowering)) return step;
  }
  return product_step(node, geometry, lowering);
}

std::unique_ptr<Step> lower_conv_transpose(const Node& node, Lowering&) {
  if (!is_float(node.input(kImage))) return nullptr;
  const ConvGeometry geometry =
      conv_transpose_geometry(node, shape_of(node.input(kImage)), shape_of(node.input(kWeights)));
  if (geometry.axes.empty() || geometry.axes.size() > 3) return nullptr;
  return std::make_unique<DirectStep>(node, with_three_axes(geometry), "conv_transpose");
}

}  // namespace headway::opencl
