#include "kernels/quantize/quantize.h"

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "kernels/inner_loops.h"
#include "ops/quantization.h"

namespace headway::cpu {
namespace {

constexpr std::size_t kScale = 1, kZero = 2;

/// x as [outer × extent × inner] around the axis of the scales.
ScaleLayout scale_layout(const Node& node) {
  const Granularity granularity(node, shape_of(node.input(0)), shape_of(node.input(kScale)));
  const Lines& lines = granularity.lines();
  return {lines.outer, lines.extent, lines.inner, granularity.whole(), granularity.block()};
}

const void* zero_points(const Operands& operands) {
  return operands.inputs.size() > kZero ? operands.inputs[kZero] : nullptr;
}

class QuantizeStep final : public Step {
 public:
  QuantizeStep(const Node& node, const Lowering& lowering)
      : to_(node.output()->type.dtype), layout_(scale_layout(node)), loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    quantize({pool, loops_}, to_, layout_, float_input(operands, 0), float_input(operands, kScale),
             zero_points(operands), operands.outputs[0]);
  }

 private:
  DType to_;
  ScaleLayout layout_;
  const InnerLoops& loops_;
};

class DequantizeStep final : public Step {
 public:
  DequantizeStep(const Node& node, const Lowering& lowering)
      : from_(node.input(0)->type.dtype), layout_(scale_layout(node)), loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    dequantize({pool, loops_}, from_, layout_, operands.inputs[0], float_input(operands, kScale),
               zero_points(operands), float_output(operands));
  }

 private:
  DType from_;
  ScaleLayout layout_;
  const InnerLoops& loops_;
};

class DynamicQuantizeStep final : public Step {
 public:
  DynamicQuantizeStep(const Node& node, const Lowering& lowering)
      : size_(num_elements(shape_of(node.input(0)))), loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    dynamic_quantize({pool, loops_}, size_, float_input(operands, 0),
                     static_cast<std::uint8_t*>(operands.outputs[0]), float_output(operands, 1),
                     static_cast<std::uint8_t*>(operands.outputs[2]));
  }

 private:
  std::int64_t size_;
  const InnerLoops& loops_;
};

/// One zero point for each scale, or none.
bool zero_points_fit(const Node& node) {
  return node.input(kZero) == nullptr ||
         num_elements(shape_of(node.input(kZero))) == num_elements(shape_of(node.input(kScale)));
}

}  // namespace

std::unique_ptr<Step> lower_quantize(const Node& node, Lowering& lowering) {
  const bool known = lowering.loops.quantize(node.output()->type.dtype) != nullptr;
  const bool in_float = node.get_int("precision", 0) == 0;
  if (!known || !in_float || !is_float(node.input(0)) || !is_float(node.input(kScale)) ||
      !zero_points_fit(node)) {
    return nullptr;
  }
  return std::make_unique<QuantizeStep>(node, lowering);
}

std::unique_ptr<Step> lower_dequantize(const Node& node, Lowering& lowering) {
  const bool known = lowering.loops.dequantize(node.input(0)->type.dtype) != nullptr;
  if (!known || !is_float(node.output()) || !is_float(node.input(kScale)) ||
      !zero_points_fit(node)) {
    return nullptr;
  }
  return std::make_unique<DequantizeStep>(node, lowering);
}

std::unique_ptr<Step> lower_dynamic_quantize(const Node& node, Lowering& lowering) {
  for (std::size_t i = 0; i < 3; ++i) {
    if (node.output(i) == nullptr) return nullptr;
  }
  return std::make_unique<DynamicQuantizeStep>(node, lowering);
}

}  // namespace headway::cpu
