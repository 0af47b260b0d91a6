#include <algorithm>
#include <limits>
#include <numeric>

#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"
#include "ops/slice_ranges.h"
#include "ops/strided.h"
#include "tensor/copy.h"

namespace headway {
namespace {

using Ints = std::vector<std::int64_t>;

/// The operands of a Slice: axis i of `axes` is cut to starts[i] : ends[i] : steps[i].
struct SliceRequest {
  std::vector<std::size_t> axes;
  Ints starts, ends, steps;
};

SliceRequest slice_request(const Node& node, Ints starts, Ints ends, std::optional<Ints> axes,
                           std::optional<Ints> steps, std::size_t rank) {
  SliceRequest request;
  if (!axes) {
    axes.emplace(starts.size());
    std::iota(axes->begin(), axes->end(), 0);
  }
  if (!steps) steps.emplace(starts.size(), 1);
  if (ends.size() != starts.size() || axes->size() != starts.size() ||
      steps->size() != starts.size()) {
    fail(ErrorCode::kInvalidModel, node.described(),
         ": starts, ends, axes and steps must have equally many elements");
  }
  if (std::ranges::count(*steps, 0) != 0) {
    fail(ErrorCode::kInvalidModel, node.described(), ": a step is 0");
  }
  resolve_axes(node, *axes, rank);
  for (const std::int64_t axis : *axes) request.axes.push_back(resolve_axis(node, axis, rank));
  request.starts = std::move(starts);
  request.ends = std::move(ends);
  request.steps = std::move(*steps);
  return request;
}

/// Of an axis whose extent is not a number, only "everything" is known.
Dim slice_dim(const Dim& dim, std::int64_t start, std::int64_t end, std::int64_t step) {
  if (dim.is_static()) return Dim(resolve_slice(start, end, step, dim.extent()).count);
  const bool everything =
      start == 0 && step == 1 && end >= std::numeric_limits<std::int32_t>::max();
  return everything ? dim : Dim();
}

void infer_slice(InferContext& context) {
  const TensorType& x = context.input(0);
  for (std::size_t index = 1; index < context.input_count(); ++index) {
    if (!context.has_input(index)) continue;
    require_dtype(context, index, kIndexTypes);
    require_rank(context, index, 1);
  }
  if (!x.shape) return context.set_output(0, x);
  const std::optional<Ints> starts = known_ints(context, 1), ends = known_ints(context, 2);
  std::optional<Ints> axes, steps;
  if (context.has_input(3)) axes = known_ints(context, 3);
  if (context.has_input(4)) steps = known_ints(context, 4);
  SymbolicShape shape = *x.shape;
  if (context.has_input(3) && !axes) {
    return context.set_output(0, {x.dtype, SymbolicShape(shape.size())});
  }
  if (!starts || !ends || (context.has_input(4) && !steps)) {
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      if (!axes) shape[axis] = Dim();
    }
    for (const std::int64_t axis : axes.value_or(Ints())) {
      shape[resolve_axis(context.node(), axis, shape.size())] = Dim();
    }
    return context.set_output(0, {x.dtype, std::move(shape)});
  }
  const SliceRequest request =
      slice_request(context.node(), *starts, *ends, axes, steps, shape.size());
  for (std::size_t i = 0; i < request.axes.size(); ++i) {
    Dim& dim = shape[request.axes[i]];
    dim = slice_dim(dim, request.starts[i], request.ends[i], request.steps[i]);
  }
  context.set_output(0, {x.dtype, std::move(shape)});

  const std::optional<SymbolicShape> elements = context.input_as_shape(0);
  if (!elements || request.axes.size() != 1) return;
  const SliceRange range = resolve_slice(request.starts[0], request.ends[0], request.steps[0],
                                         static_cast<std::int64_t>(elements->size()));
  SymbolicShape taken;
  for (std::int64_t i = 0; i < range.count; ++i) {
    taken.push_back((*elements)[static_cast<std::size_t>(range.start + i * range.step)]);
  }
  context.set_output_as_shape(0, std::move(taken));
}

void run_slice(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const auto optional_ints = [&](std::size_t index) {
    const bool given = index < inputs.size() && inputs[index].defined();
    return given ? std::optional(to_ints(inputs[index])) : std::nullopt;
  };
  const SliceRequest request = slice_request(node, to_ints(inputs[1]), to_ints(inputs[2]),
                                             optional_ints(3), optional_ints(4), inputs[0].rank());
  Shape strides = row_major_strides(inputs[0].shape());
  std::int64_t first = 0;
  for (std::size_t i = 0; i < request.axes.size(); ++i) {
    const std::size_t axis = request.axes[i];
    const SliceRange range =
        resolve_slice(request.starts[i], request.ends[i], request.steps[i], inputs[0].dim(axis));
    first += range.start * strides[axis];
    strides[axis] *= range.step;
  }
  if (outputs[0].size() == 0) return;
  dispatch_size(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    copy_strided(static_cast<const T*>(inputs[0].raw()) + first, strides, outputs[0].shape(),
                 static_cast<T*>(outputs[0].raw()));
  });
}

void infer_split(InferContext& context) {
  const TensorType& x = context.input(0);
  const std::size_t count = context.node().outputs().size();
  const std::int64_t wanted =
      context.node().get_int("num_outputs", static_cast<std::int64_t>(count));
  if (wanted != static_cast<std::int64_t>(count)) {
    context.fail("num_outputs is ", wanted, " but the node has ", count, " outputs");
  }
  std::optional<Ints> given;
  if (context.has_input(1)) given = known_ints(context, 1);
  const bool sizes_known = !context.has_input(1) || given;
  if (!x.shape) {
    for (std::size_t index = 0; index < count; ++index) context.set_output(index, x);
    return;
  }
  const std::size_t axis =
      resolve_axis(context.node(), context.node().get_int("axis", 0), x.shape->size());
  const Dim extent = (*x.shape)[axis];
  std::optional<Ints> sizes;
  if (sizes_known && extent.is_static()) {
    sizes = split_sizes(context.node(), extent.extent(), count, given);
  } else if (given && given->size() == count) {
    sizes = given;
  }
  for (std::size_t index = 0; index < count; ++index) {
    SymbolicShape shape = *x.shape;
    shape[axis] = sizes ? Dim((*sizes)[index]) : Dim();
    context.set_output(index, {x.dtype, std::move(shape)});
  }
}

void run_split(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const std::size_t axis = resolve_axis(node, node.get_int("axis", 0), inputs[0].rank());
  const std::int64_t outer = product(std::span(inputs[0].shape()).first(axis));
  const std::int64_t inner = product(std::span(inputs[0].shape()).subspan(axis + 1));
  std::optional<Ints> given;
  if (inputs.size() > 1 && inputs[1].defined()) given = to_ints(inputs[1]);
  const Ints sizes = split_sizes(node, inputs[0].dim(axis), outputs.size(), given);
  std::int64_t source = 0;
  for (std::int64_t row = 0; row < outer; ++row) {
    for (std::size_t index = 0; index < outputs.size(); ++index) {
      const std::int64_t count = sizes[index] * inner;
      if (outputs[index].defined())
        copy_elements(inputs[0], source, outputs[index], row * count, count);
      source += count;
    }
  }
}

}  // namespace

SliceRange resolve_slice(std::int64_t start, std::int64_t end, std::int64_t step,
                         std::int64_t extent) noexcept {
  const auto place = [&](std::int64_t position, std::int64_t low, std::int64_t high) {
    return std::clamp(position < 0 ? position + extent : position, low, std::max(low, high));
  };
  step = std::max(step, -std::numeric_limits<std::int64_t>::max());
  if (step > 0) {
    const std::int64_t first = place(start, 0, extent), last = place(end, 0, extent);
    return {first, step, last > first ? (last - first - 1) / step + 1 : 0};
  }
  const std::int64_t first = place(start, 0, extent - 1);
  const std::int64_t last = place(end, -1, extent - 1);
  const bool some = extent > 0 && first > last;
  return {first, step, some ? (first - last - 1) / -step + 1 : 0};
}

std::vector<std::int64_t> split_sizes(const Node& node, std::int64_t extent, std::size_t count,
                                      const std::optional<Ints>& given) {
  if (given) {
    std::int64_t rest = extent;
    for (const std::int64_t size : *given) {
      if (size < 0 || size > rest) rest = -1;
      if (rest >= 0) rest -= size;
    }
    if (given->size() != count || rest != 0) {
      fail(ErrorCode::kInvalidModel, node.described(), ": the sizes in split do not add up to ",
           count, " parts of ", extent, " elements");
    }
    return *given;
  }
  const auto parts = static_cast<std::int64_t>(count);
  const std::int64_t size = (extent + parts - 1) / parts;
  Ints sizes;
  for (std::int64_t part = 0; part < parts; ++part) {
    sizes.push_back(std::clamp<std::int64_t>(extent - part * size, 0, size));
  }
  return sizes;
}

std::vector<Operator> slice_operators() {
  return {
      {"Slice", "", 13, 3, 5, 1, 1, {}, infer_slice, run_slice},
      {"Split",
       "",
       18,
       1,
       2,
       1,
       Operator::kVariadic,
       {{"axis", AttributeKind::kInt}, {"num_outputs", AttributeKind::kInt}},
       infer_split,
       run_split},
  };
}

}  // namespace headway
