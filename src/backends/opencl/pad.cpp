#include <optional>

#include "backends/opencl/element_types.h"
#include "backends/opencl/lowering.h"
#include "backends/opencl/operands.h"
#include "backends/opencl/walk.h"
#include "base/error.h"
#include "ops/constant_ints.h"
#include "ops/rules.h"

namespace headway::opencl {
namespace {

/// pad.cl has the same structure; axes from the innermost on.
struct Padding {
  cl_int rank = 0;
  cl_int input[Walk::kMostAxes] = {}, output[Walk::kMostAxes] = {}, begin[Walk::kMostAxes] = {};
};

/// Neighbouring axes without padding become one; nullopt if too many are left.
std::optional<Padding> padding_of(const Shape& input, const Shape& output, const Shape& begin) {
  Padding padding;
  bool was_kept = false;
  for (std::size_t axis = input.size(); axis-- > 0;) {
    const bool is_kept = begin[axis] == 0 && input[axis] == output[axis];
    if (is_kept && was_kept) {
      padding.input[padding.rank - 1] *= static_cast<cl_int>(input[axis]);
      padding.output[padding.rank - 1] *= static_cast<cl_int>(output[axis]);
      continue;
    }
    was_kept = is_kept;
    if (padding.rank == Walk::kMostAxes) return std::nullopt;
    padding.input[padding.rank] = static_cast<cl_int>(input[axis]);
    padding.output[padding.rank] = static_cast<cl_int>(output[axis]);
    padding.begin[padding.rank++] = static_cast<cl_int>(begin[axis]);
  }
  return padding;
}

cl_int mode_of(const Node& node) {
  const std::string mode = node.get_string("mode", "constant");
  return mode == "reflect" ? 1 : mode == "edge" ? 2 : mode == "wrap" ? 3 : 0;
}

class PadStep final : public Step {
 public:
  PadStep(const Node& node, const Padding& padding)
      : options_(concat("-DT=", moved_type(size_of(node.output()->type.dtype)))),
        count_(elements_of(node.output())),
        mode_(mode_of(node)),
        padding_(padding) {
    elements_of(node.input(0));
  }

  void record(Commands& commands, const Operands& operands) const override {
    const Buffer value = operands.inputs.size() > 2 ? operands.inputs[2] : nullptr;
    commands.launch({"pad.cl", "pad", options_}, work_for(count_), operands.inputs[0], value,
                    operands.outputs[0], count_, mode_, padding_);
  }
  bool reads(std::size_t input) const override { return input == 0 || input == 2; }

 private:
  std::string options_;
  cl_int count_, mode_;
  Padding padding_;
};

}  // namespace

std::unique_ptr<Step> lower_pad(const Node& node, Lowering&) {
  const auto pads = constant_ints(node.input(1)), axes = constant_ints(node.input(3));
  if (!pads || (node.input(3) != nullptr && !axes)) return nullptr;
  const Shape input = shape_of(node.input(0));
  Shape begin(input.size(), 0);
  for (std::size_t i = 0; i < pads->size() / 2; ++i)
    begin[axes ? resolve_axis(node, (*axes)[i], input.size()) : i] = (*pads)[i];
  const auto padding = padding_of(input, shape_of(node.output()), begin);
  return padding ? std::make_unique<PadStep>(node, *padding) : nullptr;
}

}  // namespace headway::opencl
