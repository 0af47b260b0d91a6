#include <numeric>

#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"
#include "ops/strided.h"

namespace headway {
namespace {

using Ints = std::vector<std::int64_t>;

enum class PadMode { kConstant, kReflect, kEdge, kWrap };

PadMode pad_mode(const Node& node) {
  const std::string mode = node.get_string("mode", "constant");
  if (mode == "constant") return PadMode::kConstant;
  if (mode == "reflect") return PadMode::kReflect;
  if (mode == "edge") return PadMode::kEdge;
  if (mode == "wrap") return PadMode::kWrap;
  fail(ErrorCode::kInvalidModel, node.described(), ": mode is '", mode,
       "' but must be constant, reflect, edge or wrap");
}

/// Elements added (or cut, if negative) before and after each axis.
struct Padding {
  Ints begin, end;
};

Padding padding_of(const Node& node, const Ints& pads, const std::optional<Ints>& axes,
                   std::size_t rank) {
  Ints all(rank);
  std::iota(all.begin(), all.end(), 0);
  const Ints& chosen = axes ? *axes : all;
  resolve_axes(node, chosen, rank);
  if (pads.size() != 2 * chosen.size()) {
    fail(ErrorCode::kInvalidModel, node.described(), ": pads has ", pads.size(),
         " elements but needs ", 2 * chosen.size());
  }
  Padding result{Ints(rank, 0), Ints(rank, 0)};
  constexpr std::int64_t kLimit = std::int64_t{1} << 40;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const std::int64_t begin = pads[i], end = pads[i + chosen.size()];
    if (std::max(begin, end) > kLimit || std::min(begin, end) < -kLimit) {
      fail(ErrorCode::kInvalidModel, node.described(), ": a pad of ", begin, " or ", end,
           " is impossible");
    }
    const std::size_t axis = resolve_axis(node, chosen[i], rank);
    result.begin[axis] = begin;
    result.end[axis] = end;
  }
  return result;
}

void infer_pad(InferContext& context) {
  const PadMode mode = pad_mode(context.node());
  const TensorType& x = context.input(0);
  if (context.has_input(2) && context.input(2).dtype != x.dtype) {
    context.fail("the constant value is ", name_of(context.input(2).dtype), " but the data are ",
                 name_of(x.dtype));
  }
  const std::optional<Ints> pads = known_ints(context, 1);
  std::optional<Ints> axes;
  if (context.has_input(3)) axes = known_ints(context, 3);
  if (!x.shape) return context.set_output(0, x);
  if (!pads || (context.has_input(3) && !axes)) {
    return context.set_output(0, {x.dtype, SymbolicShape(x.shape->size())});
  }
  SymbolicShape shape = *x.shape;
  const Padding padding = padding_of(context.node(), *pads, axes, shape.size());
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const std::int64_t begin = padding.begin[axis], end = padding.end[axis];
    if (begin == 0 && end == 0) continue;
    if (!shape[axis].is_static()) {
      shape[axis] = Dim();
      continue;
    }
    const std::int64_t extent = shape[axis].extent();
    if (extent + begin + end < 0) {
      context.fail("pads of ", begin, " and ", end, " leave less than nothing of axis ", axis,
                   " of extent ", extent);
    }
    if (extent == 0 && mode != PadMode::kConstant && begin + end > 0) {
      context.fail("axis ", axis, " is empty and has nothing to be repeated");
    }
    shape[axis] = Dim(extent + begin + end);
  }
  context.set_output(0, {x.dtype, std::move(shape)});
}

/// The input position that an output position shows; -1 for the constant.
std::int64_t source_position(PadMode mode, std::int64_t position, std::int64_t extent) {
  if (position >= 0 && position < extent) return position;
  const auto modulo = [](std::int64_t a, std::int64_t b) { return (a % b + b) % b; };
  switch (mode) {
    case PadMode::kConstant:
      return -1;
    case PadMode::kEdge:
      return position < 0 ? 0 : extent - 1;
    case PadMode::kWrap:
      return modulo(position, extent);
    case PadMode::kReflect: {
      if (extent == 1) return 0;
      const std::int64_t phase = modulo(position, 2 * (extent - 1));
      return phase < extent ? phase : 2 * (extent - 1) - phase;
    }
  }
  return -1;
}

template <typename T>
void pad(const T* x, const Shape& from, const std::vector<Ints>& sources, const Shape& to, T fill,
         T* y) {
  const Shape strides = row_major_strides(from), steps = row_major_strides(to);
  const std::int64_t size = num_elements(to);
  for (std::int64_t index = 0; index < size; ++index) {
    std::int64_t offset = 0;
    bool inside = true;
    for (std::size_t axis = 0; axis < to.size(); ++axis) {
      const std::int64_t source =
          sources[axis][static_cast<std::size_t>(index / steps[axis] % to[axis])];
      inside = inside && source >= 0;
      offset += source * strides[axis];
    }
    y[index] = inside ? x[offset] : fill;
  }
}

void run_pad(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  std::optional<Ints> axes;
  if (inputs.size() > 3 && inputs[3].defined()) axes = to_ints(inputs[3]);
  const Shape& shape = outputs[0].shape();
  const Padding padding = padding_of(node, to_ints(inputs[1]), axes, shape.size());
  std::vector<Ints> sources(shape.size());
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    for (std::int64_t i = 0; i < shape[axis]; ++i) {
      sources[axis].push_back(
          source_position(pad_mode(node), i - padding.begin[axis], inputs[0].dim(axis)));
    }
  }
  const bool has_value = inputs.size() > 2 && inputs[2].defined() && inputs[2].size() > 0;
  dispatch_size(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T fill = has_value ? *static_cast<const T*>(inputs[2].raw()) : T{0};
    pad(static_cast<const T*>(inputs[0].raw()), inputs[0].shape(), sources, shape, fill,
        static_cast<T*>(outputs[0].raw()));
  });
}

}  // namespace

std::vector<Operator> pad_operators() {
  return {{"Pad", "", 19, 2, 4, 1, 1, {{"mode", AttributeKind::kString}}, infer_pad, run_pad}};
}

}  // namespace headway
