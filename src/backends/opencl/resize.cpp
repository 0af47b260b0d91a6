#include <algorithm>
#include <optional>
#include <vector>

#include "backends/opencl/element_types.h"
#include "backends/opencl/lowering.h"
#include "backends/opencl/operands.h"
#include "base/error.h"
#include "ops/constant_ints.h"
#include "ops/elements.h"
#include "ops/resize_geometry.h"

namespace headway::opencl {
namespace {

constexpr std::size_t kAxes = 3;

/// resize.cl has the same structure.
struct Resampling {
  cl_int input[kAxes], output[kAxes], taps[kAxes], first_tap[kAxes];
};

/// Which inputs, with which weights, each place of the last axes is made of.
struct Taps {
  Resampling axes{};
  std::vector<cl_int> positions;
  std::vector<cl_float> weights;
  bool is_choice = true;  ///< One input each, as it is.

  /// False if an output element shows no input.
  bool add(std::size_t index, const std::vector<ResizeTaps>& elements, const ResizeAxis& axis) {
    std::size_t most = 1;
    for (const ResizeTaps& element : elements) {
      if (element.outside || element.positions.empty()) return false;
      most = std::max(most, element.positions.size());
      is_choice = is_choice && element.positions.size() == 1 && element.weights[0] == 1;
    }
    axes.input[index] = static_cast<cl_int>(axis.input);
    axes.output[index] = static_cast<cl_int>(axis.output);
    axes.taps[index] = static_cast<cl_int>(most);
    axes.first_tap[index] = static_cast<cl_int>(positions.size());
    for (const ResizeTaps& element : elements) {
      for (std::size_t tap = 0; tap < most; ++tap) {
        const bool is_there = tap < element.positions.size();
        positions.push_back(static_cast<cl_int>(element.positions[is_there ? tap : 0]));
        weights.push_back(is_there ? static_cast<cl_float>(element.weights[tap]) : 0.0F);
      }
    }
    return true;
  }
};

class ResizeStep final : public Step {
 public:
  ResizeStep(const Node& node, const Taps& taps, const Context& context)
      : options_(taps.is_choice ? concat("-DT=", moved_type(size_of(node.output()->type.dtype)))
                                : ""),
        count_(elements_of(node.output())),
        axes_(taps.axes),
        positions_(context.upload(taps.positions.data(), taps.positions.size() * sizeof(cl_int))) {
    elements_of(node.input(0));
    if (taps.is_choice) return;
    weights_ = context.upload(taps.weights.data(), taps.weights.size() * sizeof(cl_float));
  }

  void record(Commands& commands, const Operands& operands) const override {
    const Buffer &x = operands.inputs[0], &y = operands.outputs[0];
    if (weights_ == nullptr) {
      commands.launch({"resize.cl", "resize_nearest", options_}, work_for(count_), x, y, positions_,
                      count_, axes_);
    } else {
      commands.launch({"resize.cl", "resize"}, work_for(count_), x, y, positions_, weights_, count_,
                      axes_);
    }
  }
  bool reads(std::size_t input) const override { return input == 0; }

 private:
  std::string options_;
  cl_int count_;
  Resampling axes_;
  Buffer positions_, weights_;
};

std::vector<double> constant_doubles(const Value* value) {
  return value == nullptr ? std::vector<double>() : to_doubles(aligned(value->constant()));
}

std::vector<ResizeAxis> axes_of(const Node& node, const ResizeAttributes& attributes) {
  const bool is_upsample = node.is("Upsample");
  const auto sizes = is_upsample ? std::nullopt : constant_ints(node.input(3));
  return resize_axes(node, attributes, shape_of(node.input(0)),
                     is_upsample ? std::vector<double>() : constant_doubles(node.input(1)),
                     constant_doubles(node.input(is_upsample ? 1 : 2)),
                     sizes.value_or(std::vector<std::int64_t>()));
}

/// nullopt if axes before the last ones are resized, or an output element shows no input.
std::optional<Taps> taps_of(const ResizeAttributes& attributes, std::vector<ResizeAxis> axes) {
  while (axes.size() < kAxes) axes.insert(axes.begin(), {1, 1, 1.0, 0.0, 1.0});
  Taps taps;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const ResizeAxis& axis = axes[i];
    const bool is_kept = axis.input == axis.output && axis.scale == 1 &&
                         attributes.coordinates != CoordinateMode::kTfCropAndResize;
    if (i + kAxes < axes.size()) {
      if (!is_kept) return std::nullopt;
    } else if (!taps.add(i + kAxes - axes.size(), resize_taps(attributes, axis), axis)) {
      return std::nullopt;
    }
  }
  return taps;
}

}  // namespace

std::unique_ptr<Step> lower_resize(const Node& node, Lowering& lowering) {
  for (std::size_t i = 1; i < node.inputs().size(); ++i) {
    if (node.input(i) != nullptr && !node.input(i)->is_constant()) return nullptr;
  }
  const ResizeAttributes attributes = resize_attributes(node);
  const auto taps = taps_of(attributes, axes_of(node, attributes));
  if (!taps || (!taps->is_choice && !is_float(node.input(0)))) return nullptr;
  return std::make_unique<ResizeStep>(node, *taps, lowering.context);
}

}  // namespace headway::opencl
