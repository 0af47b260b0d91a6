#include "backends/cpu/integer.h"
#include "backends/cpu/lowering.h"
#include "base/error.h"
#include "kernels/integer/byte_conv.h"
#include "ops/conv_geometry.h"

namespace headway::cpu {
namespace {

class IntegerConvStep final : public Step {
 public:
  IntegerConvStep(const Node& node, const ByteConvShape& shape, Lowering& lowering)
      : places_(integer_places(node)),
        kernel_(shape, lowering.loops, lowering.threads),
        dtype_(node.input(places_.a)->type.dtype),
        result_(node, places_, kernel_.panels(), kernel_.groups()),
        loops_(lowering.loops) {
    const Value *weights = node.input(places_.b), *zeros = node.input(places_.b_zero);
    const Tensor zero = zeros ? zeros->constant().clone() : Tensor();
    const ByteMatrix matrix{weights->type.dtype, nullptr, zeros ? zero.raw() : nullptr,
                            count_of(zeros) > 1 ? 1 : 0};
    const auto pack = [&](const float* source, Range, float* packed) {
      ByteMatrix filters = matrix;
      filters.data = source;
      kernel_.pack({lowering.pool, loops_}, filters, reinterpret_cast<std::byte*>(packed));
    };
    const Packing packing{
        .layout = concat("bytes conv ", kernel_.groups(), " zero ", bytes_text(zeros)),
        .floats = static_cast<std::size_t>(kernel_.packed_bytes()) / sizeof(float),
        .pack = pack};
    packed_ = lowering.weights.get(weights->constant(), packing, lowering.pool);
    kernel_.look_at(static_cast<const std::byte*>(packed_.raw()));
  }

  void run(const Operands& operands, ThreadPool& pool) const override {
    const void* zero =
        places_.a_zero < operands.inputs.size() ? operands.inputs[places_.a_zero] : nullptr;
    kernel_.run({pool, loops_}, dtype_, operands.inputs[places_.a],
                zero ? *static_cast<const std::uint8_t*>(zero) : std::uint8_t{0},
                static_cast<const std::byte*>(packed_.raw()), result_.epilogue(),
                operands.outputs[0], operands.scratch);
  }

  std::size_t scratch_bytes() const override { return kernel_.scratch_bytes(); }
  bool reads(std::size_t input) const override { return input != places_.b; }
  std::string algorithm() const override {
    return kernel_.is_depthwise() ? "int8 depthwise" : "int8 direct";
  }

 private:
  IntegerPlaces places_;
  ByteConv kernel_;
  DType dtype_;
  Requantization result_;
  const InnerLoops& loops_;
  Tensor packed_;
};

/// The last axes are one where no window spans or skips anything.
void join_plain_axes(std::vector<ByteWindow>& axes) {
  const auto is_plain = [](const ByteWindow& axis) {
    return axis.kernel == 1 && axis.stride == 1 && axis.pad == 0 && axis.input == axis.output;
  };
  while (axes.size() > 1 && is_plain(axes.back()) && is_plain(axes[axes.size() - 2])) {
    const std::int64_t inner = axes.back().input;
    axes.pop_back();
    axes.back().input *= inner;
    axes.back().output *= inner;
  }
}

}  // namespace

std::unique_ptr<Step> lower_integer_conv(const Node& node, Lowering& lowering) {
  const IntegerPlaces places = integer_places(node);
  const Value *x = node.input(places.a), *w = node.input(places.b);
  const ConvGeometry geometry = conv_geometry(node, shape_of(x), shape_of(w));
  const Value* bias = places.quantized ? node.input(places.bias) : nullptr;
  if (!is_bytes(x) || !is_bytes(w) || !w->is_constant() || !is_known(node.input(places.b_zero)) ||
      !is_known(bias) || (bias != nullptr && bias->type.dtype != DType::kInt32) ||
      !is_one_or(node.input(places.a_zero), 1) ||
      !is_one_or(node.input(places.b_zero), geometry.out_channels) ||
      !is_one_or(bias, geometry.out_channels) || !scales_fit(node, places, geometry.out_channels)) {
    return nullptr;
  }
  if (bias != nullptr && count_of(bias) != geometry.out_channels) return nullptr;
  ByteConvShape shape{
      geometry.batch, geometry.groups, geometry.in_channels, geometry.out_channels, {}, false};
  for (const WindowAxis& axis : geometry.axes) {
    if (axis.pad_begin < 0) return nullptr;
    shape.axes.push_back(
        {axis.input, axis.kernel, axis.stride, axis.dilation, axis.pad_begin, axis.output});
  }
  join_plain_axes(shape.axes);
  return std::make_unique<IntegerConvStep>(node, shape, lowering);
}

}  // namespace headway::cpu
