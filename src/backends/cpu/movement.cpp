#include "kernels/movement/movement.h"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "base/error.h"
#include "ops/broadcast.h"
#include "ops/rules.h"
#include "ops/strided.h"
#include "ops/transpose.h"

namespace headway::cpu {
namespace {

constexpr std::size_t kMaxMovementRank = 8;

/// One strided copy: where the elements lie in the input, and how the output is walked.
struct View {
  Shape extents, strides;
  std::int64_t offset = 0;  ///< Of the first element in the input, in elements.
};

/// Output 0 as a strided view of input 0: Transpose, Expand, Slice.
class CopyViewStep final : public Step {
 public:
  CopyViewStep(View view, std::size_t element_size, const Lowering& lowering)
      : view_(std::move(view)),
        output_strides_(row_major_strides(view_.extents)),
        element_size_(element_size),
        loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    const auto* first = static_cast<const std::byte*>(operands.inputs[0]) +
                        view_.offset * static_cast<std::int64_t>(element_size_);
    copy_strided({pool, loops_}, element_size_, view_.extents, first, view_.strides,
                 operands.outputs[0], output_strides_);
  }

 private:
  View view_;
  Shape output_strides_;
  std::size_t element_size_;
  const InnerLoops& loops_;
};

std::unique_ptr<Step> copy_view(View view, const Node& node, const Lowering& lowering) {
  if (view.extents.size() > kMaxMovementRank) return nullptr;
  return std::make_unique<CopyViewStep>(std::move(view), size_of(node.output()->type.dtype),
                                        lowering);
}

/// Bytes from one row to the next, where a row spans `axis` and all axes after it.
std::int64_t row_bytes(const Value* value, std::size_t axis) {
  const Shape shape = shape_of(value);
  return product(std::span(shape).subspan(axis)) *
         static_cast<std::int64_t>(size_of(value->type.dtype));
}

class ConcatStep final : public Step {
 public:
  ConcatStep(const Node& node, std::size_t axis, const Lowering& lowering)
      : rows_(around(shape_of(node.output()), 0, axis).axis),
        output_bytes_(row_bytes(node.output(), axis)),
        loops_(lowering.loops) {
    for (const Value* input : node.inputs()) input_bytes_.push_back(row_bytes(input, axis));
  }

  void run(const Operands& operands, ThreadPool& pool) const override {
    auto* output = static_cast<std::byte*>(operands.outputs[0]);
    for (std::size_t i = 0; i < input_bytes_.size(); ++i) {
      const bool is_in_place = operands.inputs[i] == output;
      if (!is_in_place) {
        copy_rows({pool, loops_}, rows_, input_bytes_[i], operands.inputs[i], input_bytes_[i],
                  output, output_bytes_);
      }
      output += input_bytes_[i];
    }
  }

 private:
  std::int64_t rows_, output_bytes_;
  std::vector<std::int64_t> input_bytes_;
  const InnerLoops& loops_;
};

class SplitStep final : public Step {
 public:
  SplitStep(const Node& node, std::size_t axis, const Lowering& lowering)
      : rows_(around(shape_of(node.input(0)), 0, axis).axis),
        input_bytes_(row_bytes(node.input(0), axis)),
        loops_(lowering.loops) {
    for (const Value* output : node.outputs()) output_bytes_.push_back(row_bytes(output, axis));
  }

  void run(const Operands& operands, ThreadPool& pool) const override {
    const auto* input = static_cast<const std::byte*>(operands.inputs[0]);
    for (std::size_t i = 0; i < output_bytes_.size(); ++i) {
      copy_rows({pool, loops_}, rows_, output_bytes_[i], input, input_bytes_, operands.outputs[i],
                output_bytes_[i]);
      input += output_bytes_[i];
    }
  }

 private:
  std::int64_t rows_, input_bytes_;
  std::vector<std::int64_t> output_bytes_;
  const InnerLoops& loops_;
};

class GatherStep final : public Step {
 public:
  GatherStep(const Node& node, std::size_t axis, const Lowering& lowering)
      : described_(node.described()),
        outer_(around(shape_of(node.input(0)), 0, axis).axis),
        extent_(shape_of(node.input(0))[axis]),
        row_bytes_(row_bytes(node.input(0), axis + 1)),
        index_type_(node.input(1)->type.dtype),
        index_count_(static_cast<std::size_t>(product(shape_of(node.input(1))))),
        loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    if (index_type_ == DType::kInt32) return run<std::int32_t>(operands, pool);
    run<std::int64_t>(operands, pool);
  }

  bool needs_alignment(std::size_t input) const override { return input != 0; }

 private:
  template <typename Index>
  void run(const Operands& operands, ThreadPool& pool) const {
    const std::span indices(static_cast<const Index*>(operands.inputs[1]), index_count_);
    const auto outside = gather({pool, loops_}, outer_, extent_, row_bytes_, operands.inputs[0],
                                indices, operands.outputs[0]);
    if (!outside) return;
    fail(ErrorCode::kInvalidArgument, described_, ": index ", indices[*outside],
         " is out of range for an axis of extent ", extent_);
  }

  std::string described_;
  std::int64_t outer_, extent_, row_bytes_;
  DType index_type_;
  std::size_t index_count_;
  const InnerLoops& loops_;
};

class TriluStep final : public Step {
 public:
  TriluStep(const Node& node, const Lowering& lowering)
      : element_size_(size_of(node.output()->type.dtype)),
        has_diagonal_(node.input(1) != nullptr),
        loops_(lowering.loops) {
    const Shape shape = shape_of(node.input(0));
    const std::size_t rank = shape.size();
    shape_ = {around(shape, 0, rank - 2).axis, shape[rank - 2], shape[rank - 1], 0,
              node.get_int("upper", 1) != 0};
  }

  void run(const Operands& operands, ThreadPool& pool) const override {
    TriangleShape shape = shape_;
    if (has_diagonal_) shape.diagonal = *static_cast<const std::int64_t*>(operands.inputs[1]);
    trilu({pool, loops_}, shape, element_size_, operands.inputs[0], operands.outputs[0]);
  }
  bool may_overwrite(std::size_t input) const override { return input == 0; }

 private:
  TriangleShape shape_;
  std::size_t element_size_;
  bool has_diagonal_;
  const InnerLoops& loops_;
};

class EyeStep final : public Step {
 public:
  EyeStep(const Node& node, const Lowering& lowering)
      : shape_(shape_of(node.output())),
        diagonal_(node.get_int("k", 0)),
        one_(Tensor::from<float>({}, {1.0F}).to(node.output()->type.dtype)),
        loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    eye({pool, loops_}, shape_[0], shape_[1], diagonal_, size_of(one_.dtype()), one_.raw(),
        operands.outputs[0]);
  }
  bool reads(std::size_t /*input*/) const override { return false; }

 private:
  Shape shape_;
  std::int64_t diagonal_;
  Tensor one_;
  const InnerLoops& loops_;
};

/// The input seen with these extents, its axes in this order.
std::unique_ptr<Step> copy_permuted(const Shape& extents, const std::vector<std::size_t>& order,
                                    const Node& node, const Lowering& lowering) {
  const Shape strides = row_major_strides(extents);
  View view;
  for (const std::size_t axis : order) {
    view.extents.push_back(extents[axis]);
    view.strides.push_back(strides[axis]);
  }
  return copy_view(std::move(view), node, lowering);
}

bool all_present(std::span<Value* const> values) {
  for (const Value* value : values) {
    if (value == nullptr) return false;
  }
  return true;
}

class RangeStep final : public Step {
 public:
  explicit RangeStep(const Node& node)
      : dtype_(node.output()->type.dtype), size_(num_elements(shape_of(node.output()))) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    dispatch_native(dtype_, [&]<typename T>(std::type_identity<T>) {
      using Sum = std::conditional_t<std::is_integral_v<T>, std::int64_t, double>;
      const auto start = static_cast<Sum>(*static_cast<const T*>(operands.inputs[0]));
      const auto delta = static_cast<Sum>(*static_cast<const T*>(operands.inputs[2]));
      T* output = static_cast<T*>(operands.outputs[0]);
      pool.parallel_for(size_, [&](std::int64_t first, std::int64_t last, int) {
        for (; first < last; ++first)
          output[first] = static_cast<T>(start + static_cast<Sum>(first) * delta);
      });
    });
  }

 private:
  DType dtype_;
  std::int64_t size_;
};

}  // namespace

std::unique_ptr<Step> lower_range(const Node& node, Lowering&) {
  return is_native_number(node.output()->type.dtype) ? std::make_unique<RangeStep>(node) : nullptr;
}

std::unique_ptr<Step> lower_transpose(const Node& node, Lowering& lowering) {
  const Shape strides = row_major_strides(shape_of(node.input(0)));
  View view{shape_of(node.output()), {}};
  for (const std::size_t axis : transpose_permutation(node, strides.size())) {
    view.strides.push_back(strides[axis]);
  }
  return copy_view(std::move(view), node, lowering);
}

std::unique_ptr<Step> lower_expand(const Node& node, Lowering& lowering) {
  const Shape output = shape_of(node.output());
  return copy_view({output, broadcast_strides(shape_of(node.input(0)), output)}, node, lowering);
}

std::unique_ptr<Step> lower_concat(const Node& node, Lowering& lowering) {
  const std::size_t rank = shape_of(node.output()).size();
  return std::make_unique<ConcatStep>(node, resolve_axis(node, node.get_int("axis", 0), rank),
                                      lowering);
}

std::unique_ptr<Step> lower_gather(const Node& node, Lowering& lowering) {
  const std::size_t rank = shape_of(node.input(0)).size();
  return std::make_unique<GatherStep>(node, resolve_axis(node, node.get_int("axis", 0), rank),
                                      lowering);
}

std::unique_ptr<Step> lower_split(const Node& node, Lowering& lowering) {
  if (!all_present(node.outputs())) return nullptr;
  const std::size_t rank = shape_of(node.input(0)).size();
  return std::make_unique<SplitStep>(node, resolve_axis(node, node.get_int("axis", 0), rank),
                                     lowering);
}

/// Every axis is an axis of repetitions and one of elements.
std::unique_ptr<Step> lower_tile(const Node& node, Lowering& lowering) {
  const Shape from = shape_of(node.input(0)), to = shape_of(node.output());
  const Shape strides = row_major_strides(from);
  View view;
  for (std::size_t axis = 0; axis < from.size(); ++axis) {
    const std::int64_t repeats = to[axis] / from[axis];
    if (repeats > 1) view.extents.push_back(repeats), view.strides.push_back(0);
    view.extents.push_back(from[axis]);
    view.strides.push_back(strides[axis]);
  }
  return copy_view(std::move(view), node, lowering);
}

std::unique_ptr<Step> lower_depth_to_space(const Node& node, Lowering& lowering) {
  const std::int64_t b = node.get_int("blocksize", 1);
  const Shape s = shape_of(node.input(0));
  const std::int64_t depth = s[1] / (b * b);
  if (node.get_string("mode", "DCR") == "DCR")
    return copy_permuted({s[0], b, b, depth, s[2], s[3]}, {0, 3, 4, 1, 5, 2}, node, lowering);
  return copy_permuted({s[0], depth, b, b, s[2], s[3]}, {0, 1, 4, 2, 5, 3}, node, lowering);
}

std::unique_ptr<Step> lower_space_to_depth(const Node& node, Lowering& lowering) {
  const std::int64_t b = node.get_int("blocksize", 1);
  const Shape s = shape_of(node.input(0));
  const Shape blocks = {s[0], s[1], s[2] / b, b, s[3] / b, b};
  if (node.get_string("mode", "DCR") == "DCR")
    return copy_permuted(blocks, {0, 3, 5, 1, 2, 4}, node, lowering);
  return copy_permuted(blocks, {0, 1, 3, 5, 2, 4}, node, lowering);
}

std::unique_ptr<Step> lower_eye_like(const Node& node, Lowering& lowering) {
  return std::make_unique<EyeStep>(node, lowering);
}

std::unique_ptr<Step> lower_trilu(const Node& node, Lowering& lowering) {
  const Value* diagonal = node.input(1);
  if (diagonal != nullptr && num_elements(shape_of(diagonal)) != 1) return nullptr;
  return std::make_unique<TriluStep>(node, lowering);
}

/// Bounds and steps must be constant; the extents are those the shape rule found.
std::unique_ptr<Step> lower_slice(const Node& node, Lowering& lowering) {
  const auto starts = constant_ints(node.input(1)), given_axes = constant_ints(node.input(3));
  const auto given_steps = constant_ints(node.input(4));
  if (!starts || (node.input(3) && !given_axes) || (node.input(4) && !given_steps)) return nullptr;
  const Shape shape = shape_of(node.input(0));
  View view{shape_of(node.output()), row_major_strides(shape)};
  for (std::size_t i = 0; i < starts->size(); ++i) {
    const std::size_t axis = given_axes ? resolve_axis(node, (*given_axes)[i], shape.size()) : i;
    const std::int64_t step = given_steps ? (*given_steps)[i] : 1;
    std::int64_t start = (*starts)[i];
    if (start < 0) start += shape[axis];
    start = std::clamp<std::int64_t>(start, 0, step < 0 ? shape[axis] - 1 : shape[axis]);
    view.offset += start * view.strides[axis];
    view.strides[axis] *= step;
  }
  return copy_view(std::move(view), node, lowering);
}

}  // namespace headway::cpu
