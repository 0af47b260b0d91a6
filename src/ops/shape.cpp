#include "ops/broadcast.h"
#include "ops/dims.h"
#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"
#include "ops/strided.h"
#include "tensor/copy.h"

namespace headway {
namespace {

/// For operators that only change the shape (or nothing).
void run_copy(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  copy_elements(inputs[0], outputs[0]);
}

/// The elements stay the same: what is known of them is passed on.
void forward_elements(InferContext& context) {
  if (auto elements = context.input_as_shape(0)) {
    context.set_output_as_shape(0, std::move(*elements));
  }
}

void infer_identity(InferContext& context) {
  same_as_input(context);
  forward_elements(context);
}

/// Sequences and optionals too.
std::vector<Datum> evaluate_identity(const Node&, std::span<const Datum> inputs, EvaluateContext&) {
  return {inputs[0]};
}

void infer_dropout(InferContext& context) {
  infer_identity(context);
  context.set_output(1, {DType::kBool, context.input(0).shape});
}

/// Training with nothing to drop is inference.
bool drops(std::span<const Tensor> inputs) {
  const bool trains = inputs.size() > 2 && scalar_or(inputs[2], 0.0) != 0.0;
  return trains && scalar_or(inputs[1], 0.5) != 0.0;
}

void run_dropout(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  if (drops(inputs)) {
    fail(ErrorCode::kUnsupported, node.described(),
         ": its input 2, training_mode, is set; export the model for inference");
  }
  run_copy(node, inputs, outputs);
  if (outputs.size() > 1 && outputs[1].defined()) {
    std::fill_n(outputs[1].data<bool>(), outputs[1].size(), true);
  }
}

/// The range [start, end) of Shape, clamped to the rank.
std::pair<std::size_t, std::size_t> shape_range(const Node& node, std::size_t rank) {
  const auto clamp = [&](std::int64_t index) {
    const auto r = static_cast<std::int64_t>(rank);
    return static_cast<std::size_t>(std::clamp<std::int64_t>(index < 0 ? index + r : index, 0, r));
  };
  const std::size_t start = clamp(node.get_int("start", 0));
  const std::size_t end = clamp(node.get_int("end", static_cast<std::int64_t>(rank)));
  return {start, std::max(start, end)};
}

void infer_shape(InferContext& context) {
  const TensorType& x = context.input(0);
  if (!x.shape) return context.set_output(0, {DType::kInt64, SymbolicShape(1)});
  const auto [start, end] = shape_range(context.node(), x.shape->size());
  context.set_output(0,
                     {DType::kInt64, SymbolicShape{Dim(static_cast<std::int64_t>(end - start))}});
  context.set_output_as_shape(0,
                              SymbolicShape(x.shape->begin() + static_cast<std::ptrdiff_t>(start),
                                            x.shape->begin() + static_cast<std::ptrdiff_t>(end)));
}

void run_shape(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const auto [start, end] = shape_range(node, inputs[0].rank());
  std::copy_n(inputs[0].shape().begin() + static_cast<std::ptrdiff_t>(start), end - start,
              outputs[0].data<std::int64_t>());
}

void infer_size(InferContext& context) {
  context.set_output(0, {DType::kInt64, SymbolicShape()});
  if (const auto& shape = context.input(0).shape) {
    context.set_output_as_shape(0, {product_of(*shape)});
  }
}

void run_size(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  *outputs[0].data<std::int64_t>() = inputs[0].size();
}

/// The target of Reshape with 0 replaced; -1 and unknown extents are unknown.
SymbolicShape reshape_target(const InferContext& context, const SymbolicShape& wanted) {
  const bool allow_zero = context.node().get_int("allowzero", 0) != 0;
  const std::optional<SymbolicShape>& from = context.input(0).shape;
  SymbolicShape result = wanted;
  for (std::size_t axis = 0; axis < result.size(); ++axis) {
    if (allow_zero || result[axis] != Dim(0)) continue;
    if (from && axis >= from->size()) {
      context.fail("the target shape ", to_string(wanted), " copies axis ", axis,
                   " of an input of rank ", from->size());
    }
    result[axis] = from ? (*from)[axis] : Dim();
  }
  return result;
}

void check_target(const InferContext& context) {
  if (!context.constant_input(1).defined()) return;
  std::size_t wildcards = 0;
  for (const std::int64_t extent : to_ints(context.constant_input(1))) {
    if (extent < -1) context.fail("the target shape contains the extent ", extent);
    if (extent == -1) ++wildcards;
  }
  if (wildcards > 1) context.fail("the target shape contains more than one -1");
}

void infer_reshape(InferContext& context) {
  require_dtype(context, 1, {DType::kInt64});
  require_rank(context, 1, 1);
  check_target(context);
  const TensorType& x = context.input(0);
  const std::optional<SymbolicShape> wanted = context.input_as_shape(1);
  if (!wanted) {
    const std::optional<Shape> length = context.static_input(1);
    if (!length || length->front() > 64) return context.set_output(0, {x.dtype, std::nullopt});
    return context.set_output(0,
                              {x.dtype, SymbolicShape(static_cast<std::size_t>(length->front()))});
  }
  SymbolicShape target = reshape_target(context, *wanted);
  const auto refuse = [&] {
    context.fail("an input of shape ", to_string(*x.shape), " cannot be reshaped to ",
                 to_string(*wanted));
  };
  const auto open = std::ranges::find_if(target, &Dim::is_unknown);
  const bool copies = context.node().get_int("allowzero", 0) == 0;
  // A copied extent that is unknown stays so.
  const bool is_copied = copies && open != target.end() &&
                         (*wanted)[static_cast<std::size_t>(open - target.begin())] == Dim(0);
  if (x.shape && open != target.end() && !is_copied &&
      std::find_if(open + 1, target.end(), [](const Dim& dim) { return dim.is_unknown(); }) ==
          target.end()) {
    // Copied extents cancel even if they are zero.
    SymbolicShape all = *x.shape, others = target;
    others.erase(others.begin() + (open - target.begin()));
    for (std::size_t axis = wanted->size(); axis-- > 0;) {
      if (!copies || (*wanted)[axis] != Dim(0)) continue;
      all.erase(all.begin() + static_cast<std::ptrdiff_t>(axis));
      others.erase(std::ranges::find(others, target[axis]));
    }
    const std::optional<Dim> dim = quotient_of(all, others);
    if (!dim) refuse();
    *open = *dim;
  }
  const std::optional<Shape> to = to_static(target), from = x.static_shape();
  if (to && from && num_elements(*to) != num_elements(*from)) refuse();
  if (target.size() <= 1) forward_elements(context);
  context.set_output(0, {x.dtype, std::move(target)});
}

void infer_flatten(InferContext& context) {
  const TensorType& x = context.input(0);
  if (!x.shape) return context.set_output(0, {x.dtype, SymbolicShape(2)});
  const auto rank = static_cast<std::int64_t>(x.shape->size());
  std::int64_t axis = context.node().get_int("axis", 1);
  if (axis < -rank || axis > rank) {
    context.fail("axis ", axis, " is out of range for a tensor of rank ", rank);
  }
  if (axis < 0) axis += rank;
  const std::span<const Dim> dims(*x.shape);
  const auto split = static_cast<std::size_t>(axis);
  context.set_output(
      0, {x.dtype, SymbolicShape{product_of(dims.first(split)), product_of(dims.subspan(split))}});
}

void infer_squeeze(InferContext& context) {
  const TensorType& x = context.input(0);
  forward_elements(context);
  std::optional<std::vector<std::int64_t>> axes;
  if (context.has_input(1)) axes = known_ints(context, 1);
  if (!x.shape || (context.has_input(1) && !axes)) {
    return context.set_output(0, {x.dtype, std::nullopt});
  }
  SymbolicShape shape;
  std::vector<bool> removed(x.shape->size(), false);
  if (axes) {
    for (const std::size_t axis : resolve_axes(context.node(), *axes, x.shape->size())) {
      const Dim& dim = (*x.shape)[axis];
      if (dim.is_static() && dim.extent() != 1) {
        context.fail("axis ", axis, " of ", x.to_string(), " does not have extent 1");
      }
      removed[axis] = true;
    }
  } else {
    for (std::size_t axis = 0; axis < removed.size(); ++axis) {
      if (!(*x.shape)[axis].is_static()) return context.set_output(0, {x.dtype, std::nullopt});
      removed[axis] = (*x.shape)[axis].extent() == 1;
    }
  }
  for (std::size_t axis = 0; axis < removed.size(); ++axis) {
    if (!removed[axis]) shape.push_back((*x.shape)[axis]);
  }
  context.set_output(0, {x.dtype, std::move(shape)});
}

void infer_unsqueeze(InferContext& context) {
  const TensorType& x = context.input(0);
  forward_elements(context);
  const std::optional<std::vector<std::int64_t>> axes = known_ints(context, 1);
  if (!x.shape || !axes) return context.set_output(0, {x.dtype, std::nullopt});
  SymbolicShape shape = *x.shape;
  for (const std::size_t axis : resolve_axes(context.node(), *axes, shape.size() + axes->size())) {
    shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), Dim(1));
  }
  context.set_output(0, {x.dtype, std::move(shape)});
}

void infer_expand(InferContext& context) {
  require_dtype(context, 1, {DType::kInt64});
  require_rank(context, 1, 1);
  const TensorType& x = context.input(0);
  if (context.constant_input(1).defined()) {
    for (const std::int64_t extent : to_ints(context.constant_input(1))) {
      if (extent < 0) context.fail("the target shape contains the extent ", extent);
    }
  }
  const std::optional<SymbolicShape> wanted = context.input_as_shape(1);
  if (!x.shape || !wanted) return context.set_output(0, {x.dtype, std::nullopt});
  context.set_output(0, {x.dtype, broadcast(context, *x.shape, *wanted)});
}

void run_expand(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const Shape& shape = outputs[0].shape();
  const Shape strides = broadcast_strides(inputs[0].shape(), shape);
  dispatch_size(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    copy_strided(static_cast<const T*>(inputs[0].raw()), strides, shape,
                 static_cast<T*>(outputs[0].raw()));
  });
}

}  // namespace

std::vector<Operator> shape_operators() {
  return {
      {"Dropout", "", 13, 1, 3, 1, 2, {{"seed", AttributeKind::kInt}}, infer_dropout, run_dropout},
      {"Expand", "", 13, 2, 2, 1, 1, {}, infer_expand, run_expand},
      {"Flatten", "", 13, 1, 1, 1, 1, {{"axis", AttributeKind::kInt}}, infer_flatten, run_copy},
      {"Identity", "", 16, 1, 1, 1, 1, {}, infer_identity, run_copy, evaluate_identity},
      {"Reshape",
       "",
       14,
       2,
       2,
       1,
       1,
       {{"allowzero", AttributeKind::kInt}},
       infer_reshape,
       run_copy},
      {"Shape",
       "",
       15,
       1,
       1,
       1,
       1,
       {{"end", AttributeKind::kInt}, {"start", AttributeKind::kInt}},
       infer_shape,
       run_shape},
      {"Size", "", 13, 1, 1, 1, 1, {}, infer_size, run_size},
      {"Squeeze", "", 13, 1, 2, 1, 1, {}, infer_squeeze, run_copy},
      {"Unsqueeze", "", 13, 2, 2, 1, 1, {}, infer_unsqueeze, run_copy},
  };
}

}  // namespace headway
