#include <numeric>

#include "ops/broadcast.h"
#include "ops/dims.h"
#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"
#include "ops/strided.h"
#include "ops/transpose.h"
#include "tensor/copy.h"

namespace headway {
namespace {

void infer_transpose(InferContext& context) {
  const TensorType& x = context.input(0);
  if (!x.shape) return context.set_output(0, x);
  SymbolicShape shape;
  for (const std::size_t axis : transpose_permutation(context.node(), x.shape->size())) {
    shape.push_back((*x.shape)[axis]);
  }
  context.set_output(0, {x.dtype, std::move(shape)});
}

void permute(const Tensor& input, const std::vector<std::size_t>& permutation, Tensor& output) {
  const Shape strides = row_major_strides(input.shape());
  Shape shape, permuted;
  for (const std::size_t axis : permutation) {
    shape.push_back(input.dim(axis));
    permuted.push_back(strides[axis]);
  }
  dispatch_size(input.dtype(), [&]<typename T>(std::type_identity<T>) {
    copy_strided(static_cast<const T*>(input.raw()), permuted, shape,
                 static_cast<T*>(output.raw()));
  });
}

void run_transpose(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  permute(inputs[0], transpose_permutation(node, inputs[0].rank()), outputs[0]);
}

void infer_concat(InferContext& context) {
  require_same_dtypes(context);
  const TensorType& first = context.input(0);
  std::optional<SymbolicShape> result;
  std::size_t axis = 0;
  bool all_known = true;
  for (std::size_t index = 0; index < context.input_count(); ++index) {
    const std::optional<SymbolicShape>& shape = context.input(index).shape;
    if (!shape) {
      all_known = false;
    } else if (!result) {
      result = *shape;
      axis = resolve_axis(context.node(), context.node().get_int("axis", 0), shape->size());
    } else {
      if (shape->size() != result->size()) {
        context.fail("input ", index, " is ", context.input(index).to_string(),
                     ", whose rank differs from that of the inputs before");
      }
      for (std::size_t i = 0; i < shape->size(); ++i) {
        const std::optional<Dim> dim =
            i == axis ? sum_of((*result)[i], (*shape)[i]) : unify((*result)[i], (*shape)[i]);
        if (!dim) {
          context.fail("input ", index, " is ", context.input(index).to_string(),
                       ", which differs from the inputs before along axis ", i, " (only axis ",
                       axis, " may differ)");
        }
        (*result)[i] = *dim;
      }
    }
  }
  if (result && !all_known) (*result)[axis] = Dim();
  context.set_output(0, {first.dtype, result});

  SymbolicShape elements;
  for (std::size_t index = 0; index < context.input_count(); ++index) {
    const std::optional<SymbolicShape> part = context.input_as_shape(index);
    if (!part) return;
    elements.insert(elements.end(), part->begin(), part->end());
  }
  context.set_output_as_shape(0, std::move(elements));
}

void run_concat(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const std::size_t axis = resolve_axis(node, node.get_int("axis", 0), outputs[0].rank());
  const std::int64_t outer = product(std::span(outputs[0].shape()).first(axis));
  std::int64_t target = 0;
  for (std::int64_t row = 0; row < outer; ++row) {
    for (const Tensor& input : inputs) {
      const std::int64_t count = input.size() / outer;
      copy_elements(input, row * count, outputs[0], target, count);
      target += count;
    }
  }
}

void infer_tile(InferContext& context) {
  const TensorType& x = context.input(0);
  require_rank(context, 1, 1);
  const std::optional<std::vector<std::int64_t>> repeats = known_ints(context, 1);
  if (!x.shape) return context.set_output(0, x);
  require_vector(context, 1, Dim(static_cast<std::int64_t>(x.shape->size())));
  SymbolicShape shape(x.shape->size());
  for (std::size_t axis = 0; repeats && axis < shape.size(); ++axis) {
    if ((*repeats)[axis] < 0)
      context.fail("the number of repeats ", (*repeats)[axis], " is negative");
    const Dim factors[] = {(*x.shape)[axis], Dim((*repeats)[axis])};
    shape[axis] = product_of(factors);
  }
  context.set_output(0, {x.dtype, std::move(shape)});
}

void run_tile(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const Shape& from = inputs[0].shape();
  const Shape dense = row_major_strides(from);
  Shape shape, strides;
  for (std::size_t axis = 0; axis < from.size(); ++axis) {
    shape.push_back(from[axis] == 0 ? 0 : outputs[0].dim(axis) / from[axis]);
    shape.push_back(from[axis]);
    strides.push_back(0);
    strides.push_back(dense[axis]);
  }
  dispatch_size(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    copy_strided(static_cast<const T*>(inputs[0].raw()), strides, shape,
                 static_cast<T*>(outputs[0].raw()));
  });
}

std::int64_t checked_blocksize(const InferContext& context) {
  require_rank(context, 0, 4);
  const std::int64_t block = context.node().get_int("blocksize", 1);
  if (block < 1 || block > 1 << 15) context.fail("blocksize ", block, " is out of range");
  return block;
}

Dim divided(const InferContext& context, const Dim& dim, std::int64_t divisor) {
  if (!dim.is_static()) return Dim();
  if (dim.extent() % divisor != 0) {
    context.fail("extent ", dim.extent(), " is not a multiple of ", divisor);
  }
  return Dim(dim.extent() / divisor);
}

Dim times(const Dim& dim, std::int64_t factor) {
  const Dim factors[] = {dim, Dim(factor)};
  return product_of(factors);
}

/// Whether a block's positions are outside of the channels (DCR) or inside (CRD).
bool blocks_are_outer(const Node& node) {
  const std::string mode = node.get_string("mode", "DCR");
  if (mode != "DCR" && mode != "CRD") {
    fail(ErrorCode::kInvalidModel, node.described(), ": mode is '", mode,
         "' but must be DCR or CRD");
  }
  return mode == "DCR";
}

void infer_depth_to_space(InferContext& context) {
  const std::int64_t block = checked_blocksize(context);
  blocks_are_outer(context.node());
  const TensorType& x = context.input(0);
  if (!x.shape) return context.set_output(0, {x.dtype, SymbolicShape(4)});
  const SymbolicShape& s = *x.shape;
  context.set_output(0, {x.dtype, SymbolicShape{s[0], divided(context, s[1], block * block),
                                                times(s[2], block), times(s[3], block)}});
}

void run_depth_to_space(const Node& node, std::span<const Tensor> inputs,
                        std::span<Tensor> outputs) {
  const std::int64_t b = node.get_int("blocksize", 1);
  const Shape& s = inputs[0].shape();
  const std::int64_t depth = s[1] / (b * b);
  if (blocks_are_outer(node)) {
    permute(inputs[0].reshaped({s[0], b, b, depth, s[2], s[3]}), {0, 3, 4, 1, 5, 2}, outputs[0]);
  } else {
    permute(inputs[0].reshaped({s[0], depth, b, b, s[2], s[3]}), {0, 1, 4, 2, 5, 3}, outputs[0]);
  }
}

void infer_space_to_depth(InferContext& context) {
  const std::int64_t block = checked_blocksize(context);
  blocks_are_outer(context.node());
  const TensorType& x = context.input(0);
  if (!x.shape) return context.set_output(0, {x.dtype, SymbolicShape(4)});
  const SymbolicShape& s = *x.shape;
  context.set_output(
      0, {x.dtype, SymbolicShape{s[0], times(s[1], block * block), divided(context, s[2], block),
                                 divided(context, s[3], block)}});
}

void run_space_to_depth(const Node& node, std::span<const Tensor> inputs,
                        std::span<Tensor> outputs) {
  const std::int64_t b = node.get_int("blocksize", 1);
  const Shape& s = inputs[0].shape();
  const Tensor blocks = inputs[0].reshaped({s[0], s[1], s[2] / b, b, s[3] / b, b});
  if (blocks_are_outer(node)) {
    permute(blocks, {0, 3, 5, 1, 2, 4}, outputs[0]);
  } else {
    permute(blocks, {0, 1, 3, 5, 2, 4}, outputs[0]);
  }
}

}  // namespace

std::vector<std::size_t> transpose_permutation(const Node& node, std::size_t rank) {
  std::vector<std::size_t> reversed(rank);
  std::iota(reversed.rbegin(), reversed.rend(), std::size_t{0});
  const std::vector<std::int64_t> given = node.get_ints("perm", {});
  if (given.empty()) return reversed;
  if (resolve_axes(node, given, rank).size() != rank) {
    fail(ErrorCode::kInvalidModel, node.described(), ": attribute perm has ", given.size(),
         " entries, but the input has rank ", rank);
  }
  std::vector<std::size_t> permutation;
  for (const std::int64_t axis : given) permutation.push_back(resolve_axis(node, axis, rank));
  return permutation;
}

std::vector<Operator> movement_operators() {
  return {
      {"Concat",
       "",
       13,
       1,
       Operator::kVariadic,
       1,
       1,
       {{"axis", AttributeKind::kInt, true}},
       infer_concat,
       run_concat},
      {"DepthToSpace",
       "",
       13,
       1,
       1,
       1,
       1,
       {{"blocksize", AttributeKind::kInt, true}, {"mode", AttributeKind::kString}},
       infer_depth_to_space,
       run_depth_to_space},
      {"SpaceToDepth",
       "",
       13,
       1,
       1,
       1,
       1,
       {{"blocksize", AttributeKind::kInt, true}, {"mode", AttributeKind::kString}},
       infer_space_to_depth,
       run_space_to_depth},
      {"Tile", "", 13, 2, 2, 1, 1, {}, infer_tile, run_tile},
      {"Transpose",
       "",
       13,
       1,
       1,
       1,
       1,
       {{"perm", AttributeKind::kInts}},
       infer_transpose,
       run_transpose},
  };
}

}  // namespace headway
