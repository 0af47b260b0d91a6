#include "ops/elements.h"
#include "ops/families.h"
#include "ops/resize_geometry.h"
#include "ops/rules.h"

namespace headway {
namespace {

/// The operands after X: Resize(X, roi, scales, sizes), Upsample(X, scales).
struct Operands {
  std::vector<double> roi, scales;
  std::vector<std::int64_t> sizes;
};

template <typename Read>
Operands read_operands(const Node& node, Read&& read) {
  Operands operands;
  const auto doubles = [&](std::size_t index) {
    const Tensor tensor = read(index);
    return tensor.defined() ? to_doubles(tensor) : std::vector<double>();
  };
  if (node.is("Upsample")) {
    operands.scales = doubles(1);
    return operands;
  }
  operands.roi = doubles(1);
  operands.scales = doubles(2);
  if (const Tensor sizes = read(3); sizes.defined()) operands.sizes = to_ints(sizes);
  return operands;
}

/// Extents that are not numbers: known only where they are scaled by 1 or given by `sizes`.
SymbolicShape symbolic_result(const InferContext& context, const ResizeAttributes& attributes,
                              const Operands& operands) {
  const SymbolicShape& x = *context.input(0).shape;
  SymbolicShape shape(x.size());
  if (!attributes.axes.empty()) shape = x;
  const std::size_t count = attributes.axes.empty() ? x.size() : attributes.axes.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t axis =
        attributes.axes.empty() ? i : resolve_axis(context.node(), attributes.axes[i], x.size());
    shape[axis] = Dim();
    if (i < operands.scales.size()) {
      if (operands.scales[i] == 1.0) {
        shape[axis] = x[axis];
      } else if (x[axis].is_static()) {
        const double output =
            static_cast<float>(static_cast<double>(x[axis].extent()) * operands.scales[i]);
        if (output >= 0.0 && output < 1e12) shape[axis] = Dim(static_cast<std::int64_t>(output));
      }
    }
    const bool exact = attributes.aspect_ratio == "stretch";
    if (i < operands.sizes.size() && exact && operands.sizes[i] >= 0) {
      shape[axis] = Dim(operands.sizes[i]);
    }
  }
  return shape;
}

void infer_resize(InferContext& context) {
  require_dtype(context, 0, kNumberTypes);
  const ResizeAttributes attributes = resize_attributes(context.node());
  const TensorType& x = context.input(0);
  if (!x.shape) return context.set_output(0, x);
  bool known = true;
  for (std::size_t index = 1; index < context.input_count(); ++index) {
    if (context.has_input(index)) known = known && context.constant_input(index).defined();
  }
  const Operands operands = read_operands(
      context.node(), [&](std::size_t index) { return context.constant_input(index); });
  const std::optional<Shape> shape = x.static_shape();
  if (!known || !shape) {
    SymbolicShape result = symbolic_result(context, attributes, operands);
    const std::optional<SymbolicShape> sizes = context.input_as_shape(3);
    if (sizes && attributes.axes.empty() && sizes->size() == result.size() &&
        attributes.aspect_ratio == "stretch") {
      result = *sizes;
    }
    return context.set_output(0, {x.dtype, std::move(result)});
  }
  SymbolicShape result;
  for (const ResizeAxis& axis : resize_axes(context.node(), attributes, *shape, operands.roi,
                                            operands.scales, operands.sizes)) {
    result.emplace_back(axis.output);
  }
  context.set_output(0, {x.dtype, std::move(result)});
}

/// Resizes one axis of an array seen as [outer, axis.input, inner].
std::vector<double> resize_axis(const std::vector<double>& x, std::int64_t outer,
                                std::int64_t inner, const ResizeAxis& axis,
                                const std::vector<ResizeTaps>& taps, double extrapolation) {
  std::vector<double> y(static_cast<std::size_t>(outer * axis.output * inner), 0.0);
  double* out = y.data();
  for (std::int64_t i = 0; i < outer; ++i) {
    const double* plane = x.data() + i * axis.input * inner;
    for (const ResizeTaps& at : taps) {
      for (std::size_t tap = 0; tap < at.positions.size(); ++tap) {
        const double* row = plane + at.positions[tap] * inner;
        for (std::int64_t j = 0; j < inner; ++j) out[j] += at.weights[tap] * row[j];
      }
      if (at.outside) std::fill_n(out, inner, extrapolation);
      out += inner;
    }
  }
  return y;
}

void run_resize(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const ResizeAttributes attributes = resize_attributes(node);
  const Operands operands = read_operands(
      node, [&](std::size_t index) { return index < inputs.size() ? inputs[index] : Tensor(); });
  const Shape& shape = inputs[0].shape();
  const std::vector<ResizeAxis> axes =
      resize_axes(node, attributes, shape, operands.roi, operands.scales, operands.sizes);
  const bool crops = attributes.coordinates == CoordinateMode::kTfCropAndResize;
  std::vector<double> values = to_doubles(inputs[0]);
  std::int64_t outer = 1;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::int64_t inner = product(std::span(shape).subspan(i + 1));
    if (axes[i].scale != 1.0 || crops) {
      values = resize_axis(values, outer, inner, axes[i], resize_taps(attributes, axes[i]),
                           attributes.extrapolation_value);
    }
    outer *= axes[i].output;
  }
  dispatch_numbers(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    T* y = outputs[0].data<T>();
    for (const double value : values) {
      if constexpr (kIsFloat<T>) {
        *y++ = store<T>(value);
      } else {
        *y++ = saturated<T>(std::trunc(value));
      }
    }
  });
}

std::vector<AttributeSpec> resize_attribute_specs() {
  return {{"antialias", AttributeKind::kInt},
          {"axes", AttributeKind::kInts},
          {"coordinate_transformation_mode", AttributeKind::kString},
          {"cubic_coeff_a", AttributeKind::kFloat},
          {"exclude_outside", AttributeKind::kInt},
          {"extrapolation_value", AttributeKind::kFloat},
          {"keep_aspect_ratio_policy", AttributeKind::kString},
          {"mode", AttributeKind::kString},
          {"nearest_mode", AttributeKind::kString}};
}

}  // namespace

std::vector<Operator> resize_operators() {
  return {
      {"Resize", "", 19, 1, 4, 1, 1, resize_attribute_specs(), infer_resize, run_resize},
      {"Upsample", "", 9, 2, 2, 1, 1, {{"mode", AttributeKind::kString}}, infer_resize, run_resize},
  };
}

}  // namespace headway
