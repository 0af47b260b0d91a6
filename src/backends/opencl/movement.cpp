#include <algorithm>
#include <optional>
#include <vector>

#include "backends/opencl/copy.h"
#include "backends/opencl/element_types.h"
#include "backends/opencl/lowering.h"
#include "backends/opencl/operands.h"
#include "base/error.h"
#include "ops/broadcast.h"
#include "ops/constant_ints.h"
#include "ops/lines.h"
#include "ops/rules.h"
#include "ops/strided.h"
#include "ops/transpose.h"

namespace headway::opencl {
namespace {

/// Copies from inputs to outputs.
class CopiesStep final : public Step {
 public:
  /// `home`: bytes into the output at which the input may lie already, as a whole.
  void add(std::size_t input, std::size_t output, Copier copier,
           std::optional<std::size_t> home = std::nullopt) {
    parts_.push_back({input, output, std::move(copier), home});
  }

  void record(Commands& commands, const Operands& operands) const override {
    for (const auto& [input, output, copier, home] : parts_) {
      const Buffer &from = operands.inputs[input], &to = operands.outputs[output];
      const bool is_there = home && from != nullptr && commands.context().lies_at(from, to, *home);
      if (!is_there) copier.record(commands, from, to);
    }
  }
  bool reads(std::size_t input) const override {
    return std::ranges::any_of(parts_, [=](const Part& part) { return part.input == input; });
  }

 private:
  struct Part {
    std::size_t input, output;
    Copier copier;
    std::optional<std::size_t> home;
  };
  std::vector<Part> parts_;
};

std::size_t element_size(const Node& node) {
  return size_of(node.input(0)->type.dtype);
}

/// Output 0 as a strided view of input 0.
std::unique_ptr<Step> copy_view(const Node& node, const Lowering& lowering, Shape extents,
                                Shape strides, std::int64_t offset = 0) {
  elements_of(node.input(0));
  elements_of(node.output());
  Shape dense = row_major_strides(extents);
  auto copier = Copier::of(
      {std::move(extents), std::move(strides), std::move(dense), element_size(node), offset, 0},
      lowering.context.device());
  if (!copier) return nullptr;
  auto step = std::make_unique<CopiesStep>();
  step->add(0, 0, std::move(*copier));
  return step;
}

/// The input seen with these extents, its axes in this order.
std::unique_ptr<Step> copy_permuted(const Node& node, const Lowering& lowering,
                                    const Shape& extents, const std::vector<std::size_t>& order) {
  const Shape strides = row_major_strides(extents);
  Shape permuted, steps;
  for (const std::size_t axis : order) {
    permuted.push_back(extents[axis]);
    steps.push_back(strides[axis]);
  }
  return copy_view(node, lowering, std::move(permuted), std::move(steps));
}

/// Elements of one row, which spans `axis` and all axes after it.
std::int64_t row_of(const Value* value, std::size_t axis) {
  elements_of(value);
  const Shape shape = shape_of(value);
  return product(std::span(shape).subspan(axis));
}

class TriluStep final : public Step {
 public:
  TriluStep(const Node& node, const Shape& shape)
      : options_(concat("-DT=", moved_type(element_size(node)))),
        count_(elements_of(node.output())),
        rows_(static_cast<cl_int>(shape[shape.size() - 2])),
        columns_(static_cast<cl_int>(shape.back())),
        upper_(node.get_int("upper", 1) != 0 ? 1 : 0) {}

  void record(Commands& commands, const Operands& operands) const override {
    const Buffer diagonal = operands.inputs.size() > 1 ? operands.inputs[1] : nullptr;
    commands.launch({"copy.cl", "trilu", options_}, work_for(count_), operands.inputs[0],
                    operands.outputs[0], diagonal, count_, rows_, columns_, upper_);
  }
  bool may_overwrite(std::size_t input) const override { return input == 0; }

 private:
  std::string options_;
  cl_int count_, rows_, columns_, upper_;
};

}  // namespace

std::unique_ptr<Step> lower_transpose(const Node& node, Lowering& lowering) {
  const Shape shape = shape_of(node.input(0));
  return copy_permuted(node, lowering, shape, transpose_permutation(node, shape.size()));
}

std::unique_ptr<Step> lower_expand(const Node& node, Lowering& lowering) {
  const Shape output = shape_of(node.output());
  return copy_view(node, lowering, output, broadcast_strides(shape_of(node.input(0)), output));
}

std::unique_ptr<Step> lower_concat(const Node& node, Lowering& lowering) {
  const Shape shape = shape_of(node.output());
  const std::size_t axis = resolve_axis(node, node.get_int("axis", 0), shape.size());
  const std::int64_t rows = product(std::span(shape).first(axis));
  const std::int64_t target = row_of(node.output(), axis);
  auto step = std::make_unique<CopiesStep>();
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < node.inputs().size(); ++i) {
    const std::int64_t row = row_of(node.input(i), axis);
    auto copier = Copier::of({{rows, row}, {row, 1}, {target, 1}, element_size(node), 0, offset},
                             lowering.context.device());
    if (!copier) return nullptr;
    const auto begin = static_cast<std::size_t>(offset) * element_size(node);
    step->add(i, 0, std::move(*copier), rows == 1 ? std::optional(begin) : std::nullopt);
    offset += row;
  }
  return step;
}

std::unique_ptr<Step> lower_split(const Node& node, Lowering& lowering) {
  const Shape shape = shape_of(node.input(0));
  const std::size_t axis = resolve_axis(node, node.get_int("axis", 0), shape.size());
  const std::int64_t rows = product(std::span(shape).first(axis));
  const std::int64_t source = row_of(node.input(0), axis);
  auto step = std::make_unique<CopiesStep>();
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < node.outputs().size(); ++i) {
    if (node.output(i) == nullptr) return nullptr;
    const std::int64_t row = row_of(node.output(i), axis);
    auto copier = Copier::of({{rows, row}, {source, 1}, {row, 1}, element_size(node), offset, 0},
                             lowering.context.device());
    if (!copier) return nullptr;
    step->add(0, i, std::move(*copier));
    offset += row;
  }
  return step;
}

/// Every axis is an axis of repetitions and one of elements.
std::unique_ptr<Step> lower_tile(const Node& node, Lowering& lowering) {
  const Shape from = shape_of(node.input(0)), to = shape_of(node.output());
  const Shape dense = row_major_strides(from);
  Shape extents, strides;
  for (std::size_t axis = 0; axis < from.size(); ++axis) {
    extents.insert(extents.end(), {to[axis] / from[axis], from[axis]});
    strides.insert(strides.end(), {0, dense[axis]});
  }
  return copy_view(node, lowering, std::move(extents), std::move(strides));
}

std::unique_ptr<Step> lower_depth_to_space(const Node& node, Lowering& lowering) {
  const std::int64_t b = node.get_int("blocksize", 1);
  const Shape s = shape_of(node.input(0));
  const std::int64_t depth = s[1] / (b * b);
  if (node.get_string("mode", "DCR") == "DCR")
    return copy_permuted(node, lowering, {s[0], b, b, depth, s[2], s[3]}, {0, 3, 4, 1, 5, 2});
  return copy_permuted(node, lowering, {s[0], depth, b, b, s[2], s[3]}, {0, 1, 4, 2, 5, 3});
}

std::unique_ptr<Step> lower_space_to_depth(const Node& node, Lowering& lowering) {
  const std::int64_t b = node.get_int("blocksize", 1);
  const Shape s = shape_of(node.input(0));
  const Shape blocks = {s[0], s[1], s[2] / b, b, s[3] / b, b};
  if (node.get_string("mode", "DCR") == "DCR")
    return copy_permuted(node, lowering, blocks, {0, 3, 5, 1, 2, 4});
  return copy_permuted(node, lowering, blocks, {0, 1, 3, 5, 2, 4});
}

/// Bounds and steps must be constant; the extents are those the shape rule found.
std::unique_ptr<Step> lower_slice(const Node& node, Lowering& lowering) {
  const auto starts = constant_ints(node.input(1)), given_axes = constant_ints(node.input(3));
  const auto given_steps = constant_ints(node.input(4));
  if (!starts || (node.input(3) && !given_axes) || (node.input(4) && !given_steps)) return nullptr;
  const Shape shape = shape_of(node.input(0)), output = shape_of(node.output());
  Shape strides = row_major_strides(shape);
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < starts->size(); ++i) {
    const std::size_t axis = given_axes ? resolve_axis(node, (*given_axes)[i], shape.size()) : i;
    const std::int64_t step = given_steps ? (*given_steps)[i] : 1;
    std::int64_t start = (*starts)[i];
    if (start < 0) start += shape[axis];
    start = std::clamp<std::int64_t>(start, 0, step < 0 ? shape[axis] - 1 : shape[axis]);
    offset += start * strides[axis];
    strides[axis] = output[axis] == 1 ? 0 : strides[axis] * step;
  }
  return copy_view(node, lowering, output, std::move(strides), offset);
}

std::unique_ptr<Step> lower_trilu(const Node& node, Lowering&) {
  const Value* diagonal = node.input(1);
  if (diagonal != nullptr && num_elements(shape_of(diagonal)) != 1) return nullptr;
  elements_of(node.input(0));
  return std::make_unique<TriluStep>(node, shape_of(node.input(0)));
}

}  // namespace headway::opencl
