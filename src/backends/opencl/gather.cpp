#include <span>

#include "backends/opencl/element_types.h"
#include "backends/opencl/lowering.h"
#include "backends/opencl/operands.h"
#include "backends/opencl/walk.h"
#include "base/error.h"
#include "ops/lines.h"
#include "ops/rules.h"
#include "ops/strided.h"

namespace headway::opencl {
namespace {

constexpr std::size_t kWidest = 16;

/// Rows of elements, moved as fewer, wider ones where they fit.
struct Row {
  std::int64_t size;
  std::size_t element_size;

  void widen() {
    for (; size % 2 == 0 && element_size < kWidest; size /= 2) element_size *= 2;
  }
};

std::string options_for(std::size_t element_size) {
  return concat("-DT=", moved_type(element_size));
}

cl_int has_long_indices(const Node& node) {
  return node.input(1)->type.dtype == DType::kInt64 ? 1 : 0;
}

std::size_t element_size(const Node& node) {
  return size_of(node.output()->type.dtype);
}

std::size_t byte_size(const Node& node) {
  return static_cast<std::size_t>(elements_of(node.output())) * element_size(node);
}

class GatherStep final : public Step {
 public:
  GatherStep(const Node& node, const Lines& lines, const Row& row)
      : options_(options_for(row.element_size)),
        is_long_(has_long_indices(node)),
        extent_(static_cast<cl_int>(lines.extent)),
        indices_(elements_of(node.input(1))),
        inner_(static_cast<cl_int>(row.size)),
        count_(static_cast<cl_int>(lines.outer) * indices_ * inner_) {
    elements_of(node.input(0));
    elements_of(node.output());
  }

  void record(Commands& commands, const Operands& operands) const override {
    commands.launch({"gather.cl", "gather", options_}, work_for(count_), operands.inputs[0],
                    operands.inputs[1], is_long_, operands.outputs[0], count_, extent_, indices_,
                    inner_);
  }

 private:
  std::string options_;
  cl_int is_long_, extent_, indices_, inner_, count_;
};

/// GatherElements and ScatterElements.
class ElementsStep final : public Step {
 public:
  ElementsStep(const Node& node, const Lines& lines, const Walk& walk)
      : options_(options_for(element_size(node))),
        is_long_(has_long_indices(node)),
        scatters_(node.is("ScatterElements")),
        bytes_(byte_size(node)),
        count_(elements_of(node.input(1))),
        extent_(static_cast<cl_int>(lines.extent)),
        stride_(static_cast<cl_int>(lines.inner)),
        walk_(walk) {
    elements_of(node.input(0));
  }

  void record(Commands& commands, const Operands& operands) const override {
    const auto inputs = operands.inputs;
    const Buffer& output = operands.outputs[0];
    if (!scatters_) {
      commands.launch({"gather.cl", "gather_elements", options_}, work_for(count_), inputs[0],
                      inputs[1], is_long_, output, count_, extent_, stride_, walk_);
      return;
    }
    commands.copy(inputs[0], 0, output, 0, bytes_);
    commands.launch({"gather.cl", "scatter_elements", options_}, work_for(count_), inputs[1],
                    is_long_, inputs[2], output, count_, extent_, stride_, walk_);
  }

 private:
  std::string options_;
  cl_int is_long_;
  bool scatters_;
  std::size_t bytes_;
  cl_int count_, extent_, stride_;
  Walk walk_;
};

/// What GatherND and ScatterND know.
struct BlockAxes {
  Walk axes;  ///< Those that tuples of indices name.
  Row block;
  std::int64_t blocks, batches, batch_size;

  BlockAxes(const Node& node, std::size_t batch_dims) : block{0, element_size(node)} {
    const Shape shape = shape_of(node.input(0)), indices = shape_of(node.input(1));
    const std::size_t end = batch_dims + static_cast<std::size_t>(indices.back());
    const std::span extents(shape);
    block.size = product(extents.subspan(end));
    block.widen();
    const auto wider = static_cast<std::int64_t>(block.element_size / element_size(node));
    const Shape strides = row_major_strides(shape);
    for (std::size_t axis = end; axis-- > batch_dims; ++axes.rank) {
      axes.extents[axes.rank] = static_cast<cl_int>(shape[axis]);
      axes.strides[0][axes.rank] = static_cast<cl_int>(strides[axis] / wider);
    }
    blocks = product(std::span(indices).first(indices.size() - 1));
    batches = product(extents.first(batch_dims));
    batch_size = product(extents.subspan(batch_dims)) / wider;
  }
};

class BlocksStep final : public Step {
 public:
  BlocksStep(const Node& node, const BlockAxes& blocks)
      : options_(options_for(blocks.block.element_size)),
        is_long_(has_long_indices(node)),
        scatters_(node.is("ScatterND")),
        bytes_(byte_size(node)),
        count_(static_cast<cl_int>(blocks.blocks * blocks.block.size)),
        block_size_(static_cast<cl_int>(blocks.block.size)),
        blocks_per_batch_(static_cast<cl_int>(blocks.blocks / blocks.batches)),
        batch_size_(static_cast<cl_int>(blocks.batch_size)),
        axes_(blocks.axes) {
    elements_of(node.input(0));
    elements_of(node.input(1));
  }

  void record(Commands& commands, const Operands& operands) const override {
    const auto inputs = operands.inputs;
    const Buffer& output = operands.outputs[0];
    if (!scatters_) {
      commands.launch({"gather.cl", "gather_blocks", options_}, work_for(count_), inputs[0],
                      inputs[1], is_long_, output, count_, block_size_, blocks_per_batch_,
                      batch_size_, axes_);
      return;
    }
    commands.copy(inputs[0], 0, output, 0, bytes_);
    commands.launch({"gather.cl", "scatter_blocks", options_}, work_for(count_), inputs[1],
                    is_long_, inputs[2], output, count_, block_size_, axes_);
  }

 private:
  std::string options_;
  cl_int is_long_;
  bool scatters_;
  std::size_t bytes_;
  cl_int count_, block_size_, blocks_per_batch_, batch_size_;
  Walk axes_;
};

/// Work-items run in no order, so updates are not combined.
bool replaces(const Node& node) {
  return node.get_string("reduction", "none") == "none";
}

Lines lines_of(const Node& node) {
  const Shape shape = shape_of(node.input(0));
  return {shape, resolve_axis(node, node.get_int("axis", 0), shape.size())};
}

}  // namespace

std::unique_ptr<Step> lower_gather(const Node& node, Lowering&) {
  const Lines lines = lines_of(node);
  Row row{lines.inner, element_size(node)};
  row.widen();
  return std::make_unique<GatherStep>(node, lines, row);
}

std::unique_ptr<Step> lower_elements(const Node& node, Lowering&) {
  const Shape shape = shape_of(node.input(0)), indices = shape_of(node.input(1));
  const std::size_t axis = resolve_axis(node, node.get_int("axis", 0), shape.size());
  Shape strides = row_major_strides(shape);
  strides[axis] = 0;
  const auto walk = walk_over(indices, {strides});
  if (!walk || !replaces(node)) return nullptr;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i != axis && indices[i] > shape[i]) return nullptr;
  }
  return std::make_unique<ElementsStep>(node, lines_of(node), *walk);
}

std::unique_ptr<Step> lower_blocks(const Node& node, Lowering&) {
  const auto batch_dims = static_cast<std::size_t>(node.get_int("batch_dims", 0));
  const Shape indices = shape_of(node.input(1));
  if (indices.back() > static_cast<std::int64_t>(Walk::kMostAxes) || !replaces(node))
    return nullptr;
  return std::make_unique<BlocksStep>(node, BlockAxes(node, batch_dims));
}

}  // namespace headway::opencl
