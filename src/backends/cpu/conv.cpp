#include "kernels/conv/conv.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>

#include "backends/cpu/activation.h"
#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "backends/tuner.h"
#include "base/error.h"
#include "base/thread_pool.h"
#include "kernels/conv/blocked_conv.h"
#include "kernels/conv/conv_transpose.h"
#include "kernels/conv/volume_conv.h"
#include "kernels/pool/blocked_pool.h"
#include "ops/blocked.h"
#include "ops/conv_geometry.h"
#include "ops/elements.h"

namespace headway::cpu {
namespace {

constexpr std::size_t kWeights = 1, kBias = 2, kResidual = 3, kScale = 4, kShift = 5;

constexpr WindowAxis kNoAxis = {1, 1, 1, 1, 0, 0, 1};

/// Of the last two spatial axes; nullopt if there are more than three.
std::optional<ConvShape> conv_shape(const ConvGeometry& geometry) {
  const std::size_t rank = geometry.axes.size();
  if (rank == 0 || rank > 3) return std::nullopt;
  const WindowAxis& x = geometry.axes.back();
  const WindowAxis y = rank >= 2 ? geometry.axes[rank - 2] : kNoAxis;
  return ConvShape{.batch = geometry.batch,
                   .groups = geometry.groups,
                   .in_channels = geometry.in_channels,
                   .in_height = y.input,
                   .in_width = x.input,
                   .out_channels = geometry.out_channels,
                   .out_height = y.output,
                   .out_width = x.output,
                   .kernel_height = y.kernel,
                   .kernel_width = x.kernel,
                   .stride_height = y.stride,
                   .stride_width = x.stride,
                   .dilation_height = y.dilation,
                   .dilation_width = x.dilation,
                   .pad_top = y.pad_begin,
                   .pad_left = x.pad_begin};
}

/// The first of three spatial axes.
SlideAxis depth_of(const ConvGeometry& geometry) {
  const WindowAxis axis = geometry.axes.size() == 3 ? geometry.axes[0] : kNoAxis;
  return {axis.input, axis.output, axis.kernel, axis.stride, axis.dilation, axis.pad_begin};
}

/// Two axes that no window spans are one.
ConvGeometry without_plain_depth(ConvGeometry geometry) {
  const auto is_plain = [](const WindowAxis& axis) {
    return axis.kernel == 1 && axis.stride == 1 && axis.pad_begin == 0 && axis.output == axis.input;
  };
  std::vector<WindowAxis>& axes = geometry.axes;
  if (axes.size() != 3 || !is_plain(axes[0]) || !is_plain(axes[1])) return geometry;
  axes[1].input *= axes[0].input;
  axes[1].output = axes[1].input;
  axes.erase(axes.begin());
  return geometry;
}

std::string layout_name(const SlideAxis& depth) {
  return concat("volume ", depth.in, ' ', depth.out, ' ', depth.kernel, ' ', depth.stride, ' ',
                depth.dilation, ' ', depth.pad, ' ');
}

/// Everything that packing may depend on: all but the batch.
std::string layout_name(std::string_view kind, const ConvShape& s) {
  std::string name(kind);
  for (const std::int64_t field :
       {s.groups, s.in_channels, s.in_height, s.in_width, s.out_channels, s.out_height, s.out_width,
        s.kernel_height, s.kernel_width, s.stride_height, s.stride_width, s.dilation_height,
        s.dilation_width, s.pad_top, s.pad_left}) {
    name += ' ';
    name += std::to_string(field);
  }
  return name;
}

template <typename Kernel>
Tensor packed_weights(const Kernel& kernel, std::string layout, const Tensor& source,
                      Lowering& lowering) {
  const Packing packing{
      .layout = std::move(layout),
      .floats = kernel.packed_size(),
      .pack = [&](const float* weights, Range, float* packed) { kernel.pack(weights, packed); }};
  return lowering.weights.get(source, packing, lowering.pool);
}

/// A volume's output is there before its residual is read.
template <typename Kernel>
constexpr bool kReadsResidualFirst = !std::is_same_v<Kernel, VolumeConv>;

/// Kernel is Conv, VolumeConv or ConvTranspose: all pack their weights and end in an epilogue.
template <typename Kernel>
class ConvStep final : public Step {
 public:
  ConvStep(const Node& node, const ConvShape& shape, std::string_view kind, Kernel kernel,
           Lowering& lowering)
      : kernel_(std::move(kernel)),
        loops_(lowering.loops),
        activation_(fused_function(node)),
        kernel_scratch_(kernel_.scratch_bytes()) {
    const Value* weights = node.input(kWeights);
    if (!weights->is_constant()) return;
    packed_ = packed_weights(kernel_, layout_name(kind, shape), weights->constant(), lowering);
  }

  void run(const Operands& operands, ThreadPool& pool) const override {
    const float* packed =
        packed_.defined() ? static_cast<const float*>(packed_.raw()) : pack_now(operands);
    const Epilogue epilogue{float_input(operands, kBias), float_input(operands, kResidual),
                            activation_};
    kernel_.run({pool, loops_}, float_input(operands, 0), packed, epilogue, float_output(operands),
                operands.scratch);
  }

  std::size_t scratch_bytes() const override {
    return packed_.defined() ? kernel_scratch_
                             : aligned_scratch() + kernel_.packed_size() * sizeof(float);
  }
  bool reads(std::size_t input) const override { return input != kWeights || !packed_.defined(); }
  bool may_overwrite(std::size_t input) const override {
    return input == kResidual && kReadsResidualFirst<Kernel>;
  }
  std::string algorithm() const override { return kernel_.algorithm(); }

 private:
  const float* pack_now(const Operands& operands) const {
    void* memory = static_cast<std::byte*>(operands.scratch) + aligned_scratch();
    kernel_.pack(float_input(operands, kWeights), static_cast<float*>(memory));
    return static_cast<const float*>(memory);
  }

  std::size_t aligned_scratch() const { return (kernel_scratch_ + 63) / 64 * 64; }

  Kernel kernel_;
  const InnerLoops& loops_;
  Unary activation_;
  std::size_t kernel_scratch_;
  Tensor packed_;  ///< Undefined if the weights are not constant.
};

/// The bias in whole blocks.
Tensor padded_bias(const Value* bias, int width) {
  if (bias == nullptr) return {};
  const Tensor source = aligned(bias->constant());
  const std::int64_t size = (source.size() + width - 1) / width * width;
  Tensor padded = Tensor::zeros(DType::kFloat32, {size});
  std::ranges::copy(source.values<float>(), padded.data<float>());
  return padded;
}

/// Seconds of one call on memory of its own, the best of some.
double measure(ConvAlgorithm algorithm, const ConvShape& shape, const ConvPlan& plan,
               const Lowering& lowering) {
  using Clock = std::chrono::steady_clock;
  constexpr int kCalls = 5;
  const auto kernel = plan_conv(algorithm, shape, plan, lowering.tiles);
  const std::int64_t width = lowering.loops.width;
  const auto floats = [&](std::int64_t channels, std::int64_t pixels) {
    const std::int64_t blocks = (channels + width - 1) / width;
    return Tensor::zeros(DType::kFloat32, {shape.batch * blocks * pixels * width});
  };
  const Tensor input = floats(shape.in_channels, shape.in_height * shape.in_width);
  Tensor output = floats(shape.out_channels, shape.out_height * shape.out_width);
  const Tensor bias = floats(shape.out_channels, 1);
  const Tensor weights =
      Tensor::zeros(DType::kFloat32, {static_cast<std::int64_t>(kernel->packed_size())});
  Tensor scratch =
      Tensor::zeros(DType::kUInt8, {static_cast<std::int64_t>(kernel->scratch_bytes())});
  const Tensor factors = floats(shape.in_channels, 1);
  ConvInput values(input.data<float>());
  if (plan.prologue.scale) values.scale = factors.data<float>();
  if (plan.prologue.shift) values.shift = factors.data<float>();
  const Epilogue epilogue{plan.epilogue.bias ? bias.data<float>() : nullptr,
                          plan.epilogue.residual ? output.data<float>() : nullptr,
                          plan.epilogue.activation};
  double best = std::numeric_limits<double>::infinity();
  const ThreadPool::Busy busy(lowering.pool);
  for (int i = 0; i <= kCalls; ++i) {
    const Clock::time_point start = Clock::now();
    kernel->run({lowering.pool, lowering.loops}, values, weights.data<float>(), epilogue,
                output.data<float>(), scratch.raw());
    const std::chrono::duration<double> taken = Clock::now() - start;
    if (i > 0) best = std::min(best, taken.count());
  }
  return best;
}

ConvAlgorithm choose_algorithm(const ConvShape& shape, const ConvPlan& plan, Lowering& lowering) {
  const std::vector<ConvAlgorithm> algorithms =
      conv_algorithms(shape, plan, lowering.loops, lowering.winograd);
  std::vector<std::string_view> names;
  for (const ConvAlgorithm algorithm : algorithms) names.emplace_back(name_of(algorithm));
  const std::string key =
      concat(lowering.machine, ' ', layout_name("conv", shape), " batch ", shape.batch,
             plan.epilogue.residual ? " residual" : "", lowering.winograd ? "" : " plain sums");
  return algorithms[lowering.tuner.choose(
      key, names, [&](std::size_t i) { return measure(algorithms[i], shape, plan, lowering); })];
}

class BlockedConvStep final : public Step {
 public:
  BlockedConvStep(const Node& node, const ConvShape& shape, Lowering& lowering)
      : loops_(lowering.loops),
        activation_(fused_function(node)),
        bias_(padded_bias(node.input(kBias), lowering.loops.width)) {
    ConvPlan plan{.epilogue = {bias_.defined(), node.input(kResidual) != nullptr, activation_},
                  .prologue = {node.input(kScale) != nullptr, node.input(kShift) != nullptr,
                               input_has_relu(node)},
                  .plain_input = shape_of(node.input(0)).size() == 4,
                  .threads = lowering.threads};
    if (plan.prologue.scale) {
      const Shape scale = shape_of(node.input(kScale));
      if (scale[0] > 1) scale_stride_ = scale[1] * scale[4];
    }
    algorithm_ = choose_algorithm(shape, plan, lowering);
    kernel_ = plan_conv(algorithm_, shape, plan, lowering.tiles);
    kernel_scratch_ = (kernel_->scratch_bytes() + 63) / 64 * 64;
    if (pools_maxima(node)) plan_pool(shape);
    packed_ = packed_weights(*kernel_, layout_name(name_of(algorithm_), shape),
                             node.input(kWeights)->constant(), lowering);
  }

  void run(const Operands& operands, ThreadPool& pool) const override {
    const float* bias = bias_.defined() ? static_cast<const float*>(bias_.raw()) : nullptr;
    ConvInput input(float_input(operands, 0));
    input.scale = float_input(operands, kScale);
    input.scale_stride = scale_stride_;
    input.shift = float_input(operands, kShift);
    const Epilogue epilogue{bias, float_input(operands, kResidual), activation_,
                            pools_ == Pools::kOnTheWay};
    float* output = pools_ == Pools::kAfterwards ? unpooled(operands) : float_output(operands);
    kernel_->run({pool, loops_}, input, static_cast<const float*>(packed_.raw()), epilogue, output,
                 operands.scratch);
    if (pools_ == Pools::kAfterwards) {
      blocked_pool({pool, loops_}, PoolOp::kMax, pool_, output, float_output(operands));
    }
  }

  std::size_t scratch_bytes() const override {
    if (pools_ != Pools::kAfterwards) return kernel_scratch_;
    const std::int64_t pixels = pool_.planes * pool_.in_height * pool_.in_width;
    return kernel_scratch_ + static_cast<std::size_t>(pixels * loops_.width) * sizeof(float);
  }
  bool reads(std::size_t input) const override { return input != kWeights && input != kBias; }
  bool may_overwrite(std::size_t input) const override {
    return input == kResidual && pools_ == Pools::kNothing;
  }
  std::string algorithm() const override { return name_of(algorithm_); }

 private:
  enum class Pools { kNothing, kOnTheWay, kAfterwards };

  /// Whoever cannot pool on the way convolves into scratch memory, behind the kernel's own.
  void plan_pool(const ConvShape& shape) {
    pools_ = kernel_->can_pool() ? Pools::kOnTheWay : Pools::kAfterwards;
    const std::int64_t blocks = (shape.out_channels + loops_.width - 1) / loops_.width;
    pool_ = {.planes = shape.batch * blocks,
             .in_height = shape.out_height,
             .in_width = shape.out_width,
             .out_height = shape.out_height / 2,
             .out_width = shape.out_width / 2,
             .kernel_height = 2,
             .kernel_width = 2,
             .stride_height = 2,
             .stride_width = 2};
  }

  float* unpooled(const Operands& operands) const {
    return reinterpret_cast<float*>(static_cast<std::byte*>(operands.scratch) + kernel_scratch_);
  }

  const InnerLoops& loops_;
  Unary activation_;
  Tensor bias_, packed_;
  Pools pools_ = Pools::kNothing;
  PoolShape pool_;
  std::size_t kernel_scratch_ = 0;
  std::int64_t scale_stride_ = 0;
  ConvAlgorithm algorithm_ = ConvAlgorithm::kDirect;
  std::unique_ptr<BlockedConv> kernel_;
};

}  // namespace

std::unique_ptr<Step> lower_blocked_conv(const Node& node, Lowering& lowering) {
  const auto shape = conv_shape(blocked_conv_geometry(node));
  const Value* bias = node.input(kBias);
  if (!shape || !node.input(kWeights)->is_constant()) return nullptr;
  if (bias != nullptr && !bias->is_constant()) return nullptr;
  return std::make_unique<BlockedConvStep>(node, *shape, lowering);
}

std::unique_ptr<Step> lower_conv(const Node& node, Lowering& lowering) {
  const ConvGeometry geometry = without_plain_depth(conv_geometry(node));
  const auto shape = conv_shape(geometry);
  if (!shape || !is_float(node.input(0))) return nullptr;
  const EpilogueKind epilogue{node.input(kBias) != nullptr, node.input(kResidual) != nullptr,
                              fused_function(node)};
  if (geometry.axes.size() == 3) {
    const SlideAxis depth = depth_of(geometry);
    VolumeConv conv(*shape, depth, epilogue, lowering.tiles, lowering.threads);
    const std::string kind = layout_name(depth) + conv.algorithm();
    return std::make_unique<ConvStep<VolumeConv>>(node, *shape, kind, std::move(conv), lowering);
  }
  Conv conv(*shape, epilogue, lowering.tiles, lowering.threads);
  const std::string kind = conv.algorithm();
  return std::make_unique<ConvStep<Conv>>(node, *shape, kind, std::move(conv), lowering);
}

std::unique_ptr<Step> lower_conv_transpose(const Node& node, Lowering& lowering) {
  if (!is_float(node.input(0))) return nullptr;
  const ConvGeometry geometry =
      conv_transpose_geometry(node, shape_of(node.input(0)), shape_of(node.input(1)));
  const auto shape = conv_shape(geometry);
  if (!shape) return nullptr;
  return std::make_unique<ConvStep<ConvTranspose>>(
      node, *shape, "conv_transpose",
      ConvTranspose(*shape, depth_of(geometry), lowering.tiles, lowering.threads), lowering);
}

}  // namespace headway::cpu
