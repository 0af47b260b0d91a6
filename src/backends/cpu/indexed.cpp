#include "kernels/movement/indexed.h"

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "base/error.h"
#include "kernels/movement/movement.h"
#include "kernels/strided.h"
#include "ops/rules.h"

namespace headway::cpu {
namespace {

/// Throws if the kernel found an index outside of its axis.
void check_inside(const std::string& described, std::optional<std::int64_t> index,
                  std::int64_t extent) {
  if (!index) return;
  fail(ErrorCode::kInvalidArgument, described, ": index ", *index,
       " is out of range for an axis of extent ", extent);
}

/// Calls function with the indices as int32 or int64.
template <typename Function>
void with_indices(DType dtype, const void* indices, const Function& function) {
  if (dtype == DType::kInt32) return function(static_cast<const std::int32_t*>(indices));
  function(static_cast<const std::int64_t*>(indices));
}

/// What GatherElements and ScatterElements know about their tensor and its indices.
struct ElementAxis {
  explicit ElementAxis(const Node& node)
      : extents(shape_of(node.input(0))),
        shape(shape_of(node.input(1))),
        axis(resolve_axis(node, node.get_int("axis", 0), extents.size())),
        index_type(node.input(1)->type.dtype) {}

  Shape extents, shape;
  std::size_t axis;
  DType index_type;

  bool fits() const {
    bool inside = extents.size() == shape.size() && extents.size() <= kMaxRank;
    for (std::size_t i = 0; inside && i < shape.size(); ++i)
      inside = i == axis || shape[i] <= extents[i];
    return inside;
  }
  ElementIndices indices() const { return {extents, shape, axis}; }
  std::int64_t extent() const { return extents[axis]; }
};

class GatherElementsStep final : public Step {
 public:
  GatherElementsStep(const Node& node, const Lowering& lowering)
      : described_(node.described()),
        elements_(node),
        element_size_(size_of(node.output()->type.dtype)),
        loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    with_indices(elements_.index_type, operands.inputs[1], [&](const auto* indices) {
      const auto outside = gather_elements({pool, loops_}, elements_.indices(), element_size_,
                                           operands.inputs[0], indices, operands.outputs[0]);
      if (outside) check_inside(described_, indices[*outside], elements_.extent());
    });
  }

 private:
  std::string described_;
  ElementAxis elements_;
  std::size_t element_size_;
  const InnerLoops& loops_;
};

std::optional<Combine> combine_of(const Node& node) {
  constexpr std::pair<std::string_view, Combine> kNames[] = {{"none", Combine::kReplace},
                                                             {"add", Combine::kAdd},
                                                             {"mul", Combine::kMul},
                                                             {"max", Combine::kMax},
                                                             {"min", Combine::kMin}};
  const std::string reduction = node.get_string("reduction", "none");
  for (const auto& [name, combine] : kNames) {
    if (reduction == name) return combine;
  }
  return std::nullopt;
}

/// Only numbers can be combined; what replaces is any number of the same size.
DType scattered_as(DType dtype, Combine combine) {
  if (combine != Combine::kReplace) return dtype;
  constexpr DType kOfSize[] = {DType::kUInt8, DType::kUInt16, DType::kUInt32, DType::kUInt64};
  for (const DType candidate : kOfSize) {
    if (size_of(candidate) == size_of(dtype)) return candidate;
  }
  return dtype;
}

/// A copy of input 0 over which `scatter(operands, type)` scatters.
template <typename Scatter>
class ScatterStep final : public Step {
 public:
  ScatterStep(Scatter scatter, DType dtype, const Node& node, const Lowering& lowering)
      : scatter_(std::move(scatter)),
        dtype_(dtype),
        bytes_(num_elements(shape_of(node.output())) *
               static_cast<std::int64_t>(size_of(node.output()->type.dtype))),
        loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    if (operands.inputs[0] != operands.outputs[0])
      copy_rows({pool, loops_}, 1, bytes_, operands.inputs[0], 0, operands.outputs[0], 0);
    dispatch_native(dtype_, [&](auto type) { scatter_(operands, type); });
  }
  bool may_overwrite(std::size_t input) const override { return input == 0; }

 private:
  Scatter scatter_;
  DType dtype_;
  std::int64_t bytes_;
  const InnerLoops& loops_;
};

/// What GatherND and ScatterND know.
struct BlockAxes {
  BlockAxes(const Node& node, std::size_t batch_dims) {
    const Shape shape = shape_of(node.input(0)), indices = shape_of(node.input(1));
    const auto depth = static_cast<std::size_t>(indices.back());
    const std::span all(shape);
    extents.assign(shape.begin() + static_cast<std::ptrdiff_t>(batch_dims),
                   shape.begin() + static_cast<std::ptrdiff_t>(batch_dims + depth));
    batches = product(all.first(batch_dims));
    block_size = product(all.subspan(batch_dims + depth));
    blocks = product(std::span(indices).first(indices.size() - 1));
  }

  Shape extents;
  std::int64_t batches, blocks, block_size;

  BlockIndices indices() const { return {extents, batches, blocks, block_size}; }
  void check(const std::string& described, std::optional<std::int64_t> outside,
             const std::int64_t* indices) const {
    if (!outside) return;
    const auto axis = static_cast<std::size_t>(*outside) % extents.size();
    check_inside(described, indices[*outside], extents[axis]);
  }
};

class GatherBlocksStep final : public Step {
 public:
  GatherBlocksStep(const Node& node, std::size_t batch_dims, const Lowering& lowering)
      : described_(node.described()),
        axes_(node, batch_dims),
        element_size_(size_of(node.output()->type.dtype)),
        loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    const auto* indices = static_cast<const std::int64_t*>(operands.inputs[1]);
    axes_.check(described_,
                gather_blocks({pool, loops_}, axes_.indices(), element_size_, operands.inputs[0],
                              indices, operands.outputs[0]),
                indices);
  }

 private:
  std::string described_;
  BlockAxes axes_;
  std::size_t element_size_;
  const InnerLoops& loops_;
};

/// The dtype that elements are scattered as; nullopt if they have to be by the reference kernel.
std::optional<DType> scatter_type(const Node& node, std::int64_t updates) {
  const auto combine = combine_of(node);
  if (!combine || num_elements(shape_of(node.input(2))) != updates) return std::nullopt;
  const DType dtype = scattered_as(node.output()->type.dtype, *combine);
  return is_native_number(dtype) ? std::optional(dtype) : std::nullopt;
}

}  // namespace

std::unique_ptr<Step> lower_gather_elements(const Node& node, Lowering& lowering) {
  if (!ElementAxis(node).fits()) return nullptr;
  return std::make_unique<GatherElementsStep>(node, lowering);
}

std::unique_ptr<Step> lower_scatter_elements(const Node& node, Lowering& lowering) {
  const ElementAxis elements(node);
  const auto dtype = scatter_type(node, num_elements(elements.shape));
  if (!dtype || !elements.fits()) return nullptr;
  auto scatter = [elements, combine = *combine_of(node), described = node.described()]<typename T>(
                     const Operands& operands, std::type_identity<T>) {
    with_indices(elements.index_type, operands.inputs[1], [&](const auto* indices) {
      const auto outside = scatter_elements(elements.indices(), combine, indices,
                                            static_cast<const T*>(operands.inputs[2]),
                                            static_cast<T*>(operands.outputs[0]));
      if (outside) check_inside(described, indices[*outside], elements.extent());
    });
  };
  return std::make_unique<ScatterStep<decltype(scatter)>>(std::move(scatter), *dtype, node,
                                                          lowering);
}

std::unique_ptr<Step> lower_gather_nd(const Node& node, Lowering& lowering) {
  const auto batch_dims = static_cast<std::size_t>(node.get_int("batch_dims", 0));
  return std::make_unique<GatherBlocksStep>(node, batch_dims, lowering);
}

std::unique_ptr<Step> lower_scatter_nd(const Node& node, Lowering& lowering) {
  const BlockAxes axes(node, 0);
  const auto dtype = scatter_type(node, axes.blocks * axes.block_size);
  if (!dtype) return nullptr;
  auto scatter = [axes, combine = *combine_of(node), described = node.described()]<typename T>(
                     const Operands& operands, std::type_identity<T>) {
    const auto* indices = static_cast<const std::int64_t*>(operands.inputs[1]);
    axes.check(
        described,
        scatter_blocks(axes.indices(), combine, indices, static_cast<const T*>(operands.inputs[2]),
                       static_cast<T*>(operands.outputs[0])),
        indices);
  };
  return std::make_unique<ScatterStep<decltype(scatter)>>(std::move(scatter), *dtype, node,
                                                          lowering);
}

}  // namespace headway::cpu
