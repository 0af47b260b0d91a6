#include "kernels/resize/resize.h"

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "ops/elements.h"
#include "ops/resize_geometry.h"

namespace headway::cpu {
namespace {

class ResizeStep final : public Step {
 public:
  ResizeStep(ResizeShape shape, const Lowering& lowering)
      : shape_(std::move(shape)),
        loops_(lowering.loops),
        scratch_bytes_(resize_scratch_bytes(shape_, lowering.threads)) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    resize({pool, loops_}, shape_, float_input(operands, 0), float_output(operands),
           operands.scratch);
  }
  std::size_t scratch_bytes() const override { return scratch_bytes_; }
  bool reads(std::size_t input) const override { return input == 0; }

 private:
  ResizeShape shape_;
  const InnerLoops& loops_;
  std::size_t scratch_bytes_;
};

class NearestStep final : public Step {
 public:
  NearestStep(ResizeShape shape, const Node& node, const Lowering& lowering)
      : shape_(std::move(shape)),
        element_size_(size_of(node.input(0)->type.dtype)),
        loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    resize_nearest({pool, loops_}, shape_, element_size_, operands.inputs[0], operands.outputs[0]);
  }
  bool reads(std::size_t input) const override { return input == 0; }

 private:
  ResizeShape shape_;
  std::size_t element_size_;
  const InnerLoops& loops_;
};

/// nullopt if an output element shows no input.
std::optional<ResampledAxis> resampled(const ResizeAttributes& attributes, const ResizeAxis& axis) {
  const std::vector<ResizeTaps> elements = resize_taps(attributes, axis);
  ResampledAxis result{axis.input, axis.output, 1, {}, {}};
  bool is_choice = true;
  for (const ResizeTaps& element : elements) {
    if (element.outside || element.positions.empty()) return std::nullopt;
    result.taps = std::max(result.taps, static_cast<int>(element.positions.size()));
    is_choice = is_choice && element.positions.size() == 1 && element.weights[0] == 1;
  }
  for (std::size_t tap = 0; tap < static_cast<std::size_t>(result.taps); ++tap) {
    for (const ResizeTaps& element : elements) {
      const bool is_there = tap < element.positions.size();
      result.positions.push_back(static_cast<std::int32_t>(element.positions[is_there ? tap : 0]));
      if (is_choice) continue;
      result.weights.push_back(is_there ? static_cast<float>(element.weights[tap]) : 0.0F);
    }
  }
  return result;
}

std::vector<double> constant_doubles(const Value* value) {
  return value == nullptr ? std::vector<double>() : to_doubles(aligned(value->constant()));
}

bool is_kept(const ResizeAxis& axis) {
  return axis.input == axis.output && axis.scale == 1;
}

}  // namespace

std::unique_ptr<Step> lower_resize(const Node& node, Lowering& lowering) {
  if (shape_of(node.input(0)).size() < 2) return nullptr;
  for (std::size_t i = 1; i < node.inputs().size(); ++i) {
    if (node.input(i) != nullptr && !node.input(i)->is_constant()) return nullptr;
  }
  const ResizeAttributes attributes = resize_attributes(node);
  const bool is_upsample = node.is("Upsample");
  const auto sizes = is_upsample ? std::nullopt : constant_ints(node.input(3));
  const std::vector<ResizeAxis> axes =
      resize_axes(node, attributes, shape_of(node.input(0)),
                  is_upsample ? std::vector<double>() : constant_doubles(node.input(1)),
                  constant_doubles(node.input(is_upsample ? 1 : 2)),
                  sizes.value_or(std::vector<std::int64_t>()));
  ResizeShape shape{1, {}, {}};
  for (std::size_t i = 0; i + 2 < axes.size(); ++i) {
    if (!is_kept(axes[i]) || attributes.coordinates == CoordinateMode::kTfCropAndResize) {
      return nullptr;
    }
    shape.planes *= axes[i].input;
  }
  auto height = resampled(attributes, axes[axes.size() - 2]);
  auto width = resampled(attributes, axes.back());
  if (!height || !width) return nullptr;
  shape.height = std::move(*height);
  shape.width = std::move(*width);
  if (shape.height.weights.empty() && shape.width.weights.empty())
    return std::make_unique<NearestStep>(std::move(shape), node, lowering);
  if (!is_float(node.input(0))) return nullptr;
  return std::make_unique<ResizeStep>(std::move(shape), lowering);
}

}  // namespace headway::cpu
