#include <optional>

#include "backends/opencl/element_types.h"
#include "backends/opencl/lowering.h"
#include "backends/opencl/operands.h"
#include "backends/opencl/rows.h"
#include "base/error.h"
#include "ops/quantization.h"

namespace headway::opencl {
namespace {

constexpr std::size_t kScale = 1, kZero = 2;

/// quantize.cl has the same structure.
struct Scales {
  cl_int whole, extent, inner, block, blocks;
};

Scales scales_of(const Node& node) {
  const Granularity granularity(node, shape_of(node.input(0)), shape_of(node.input(kScale)));
  const Lines& lines = granularity.lines();
  const std::int64_t block = granularity.block();
  const std::int64_t blocks = block == 0 ? 0 : (lines.extent + block - 1) / block;
  return {granularity.whole() ? 1 : 0, static_cast<cl_int>(lines.extent),
          static_cast<cl_int>(lines.inner), static_cast<cl_int>(block),
          static_cast<cl_int>(blocks)};
}

class QuantizeStep final : public Step {
 public:
  QuantizeStep(const Node& node, const std::string& type)
      : function_(node.is("QuantizeLinear") ? "quantize" : "dequantize"),
        options_(concat("-DT=", type, " -DCONVERT=convert_", type, "_sat")),
        count_(elements_of(node.output())),
        scales_(scales_of(node)) {}

  void record(Commands& commands, const Operands& operands) const override {
    const Buffer zero = operands.inputs.size() > kZero ? operands.inputs[kZero] : nullptr;
    commands.launch({"quantize.cl", function_, options_}, work_for(count_), operands.inputs[0],
                    operands.inputs[kScale], zero, operands.outputs[0], count_, scales_);
  }

 private:
  std::string_view function_;
  std::string options_;
  cl_int count_;
  Scales scales_;
};

class DynamicQuantizeStep final : public Step {
 public:
  DynamicQuantizeStep(const Node& node, const Device& device)
      : count_(elements_of(node.output())), rows_(work_for_rows(1, count_, device)) {}

  void record(Commands& commands, const Operands& operands) const override {
    const std::string options = "-DT=uchar -DCONVERT=convert_uchar_sat";
    const Buffer& x = operands.inputs[0];
    const std::span<const Buffer> y = operands.outputs;
    commands.launch({"quantize.cl", "find_range", options}, rows_, x, y[1], y[2],
                    LocalMemory{rows_.local[0] * sizeof(float)}, count_);
    commands.launch({"quantize.cl", "quantize", options}, work_for(count_), x, y[1], y[2], y[0],
                    count_, Scales{1, 1, 1, 0, 0});
  }

 private:
  cl_int count_;
  WorkSize rows_;
};

/// Integers whose sum with a zero point float32 holds exactly, and int32, of which zero points are
/// zero.
bool is_quantized(DType dtype) {
  return dtype == DType::kInt8 || dtype == DType::kUInt8 || dtype == DType::kInt16 ||
         dtype == DType::kUInt16 || dtype == DType::kInt32;
}

/// One zero point for each scale, or none.
bool zero_points_fit(const Node& node) {
  return node.input(kZero) == nullptr ||
         num_elements(shape_of(node.input(kZero))) == num_elements(shape_of(node.input(kScale)));
}

}  // namespace

std::unique_ptr<Step> lower_quantize(const Node& node, Lowering&) {
  const bool forward = node.is("QuantizeLinear");
  const Value* floats = forward ? node.input(0) : node.output();
  const DType quantized = (forward ? node.output() : node.input(0))->type.dtype;
  if (!is_float(floats) || !is_float(node.input(kScale)) || !is_quantized(quantized) ||
      !zero_points_fit(node) || node.get_int("precision", 0) != 0) {
    return nullptr;
  }
  return std::make_unique<QuantizeStep>(node, *computed_type(quantized));
}

std::unique_ptr<Step> lower_dynamic_quantize(const Node& node, Lowering& lowering) {
  for (std::size_t i = 0; i < 3; ++i) {
    if (node.output(i) == nullptr) return nullptr;
  }
  return std::make_unique<DynamicQuantizeStep>(node, lowering.context.device());
}

}  // namespace headway::opencl
