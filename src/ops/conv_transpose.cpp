#include "ops/conv_geometry.h"
#include "ops/conv_rules.h"
#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"

namespace headway {
namespace {

/// Extents that are not numbers are replaced by this while the rule checks those that are.
constexpr std::int64_t kPlaceholder = 1 << 20;

void infer_conv_transpose(InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  require_same_dtypes(context);
  const TensorType& x = context.input(0);
  if (!x.shape) return context.set_output(0, x);
  require_min_rank(context, 0, 3);
  require_rank(context, 1, x.shape->size());
  const std::optional<Shape> weights = context.static_input(1);
  if (!weights) return context.set_output(0, {x.dtype, SymbolicShape(x.shape->size())});
  Shape stand_in;
  for (const Dim& dim : *x.shape) stand_in.push_back(dim.is_static() ? dim.extent() : kPlaceholder);
  if (!(*x.shape)[1].is_static()) stand_in[1] = weights->front();
  const ConvGeometry geometry = conv_transpose_geometry(context.node(), stand_in, *weights);
  require_vector(context, 2, Dim(geometry.out_channels));
  SymbolicShape shape = to_symbolic(geometry.output_shape());
  shape[0] = (*x.shape)[0];
  const bool fixed = context.node().has("output_shape");
  for (std::size_t axis = 2; axis < shape.size(); ++axis) {
    if (!(*x.shape)[axis].is_static() && !fixed) shape[axis] = Dim();
  }
  context.set_output(0, {x.dtype, std::move(shape)});
}

/// Adds weight · x to the output points that one kernel tap reaches from every input point.
template <typename T>
void scatter_tap(const ConvGeometry& geometry, std::int64_t tap, double weight, const T* x,
                 double* y) {
  const std::vector<WindowAxis>& axes = geometry.axes;
  const std::int64_t points = geometry.input_points();
  for (std::int64_t point = 0; point < points; ++point) {
    std::int64_t rest = point, tap_rest = tap, offset = 0, stride = 1;
    bool inside = true;
    for (std::size_t axis = axes.size(); axis-- > 0;) {
      const WindowAxis& a = axes[axis];
      const std::int64_t position =
          rest % a.input * a.stride + tap_rest % a.kernel * a.dilation - a.pad_begin;
      inside = inside && position >= 0 && position < a.output;
      offset += position * stride;
      stride *= a.output;
      rest /= a.input;
      tap_rest /= a.kernel;
    }
    if (inside) y[offset] += weight * load(x[point]);
  }
}

void run_conv_transpose(const Node& node, std::span<const Tensor> inputs,
                        std::span<Tensor> outputs) {
  const ConvGeometry g = conv_transpose_geometry(node, inputs[0].shape(), inputs[1].shape());
  std::vector<double> bias(static_cast<std::size_t>(g.out_channels), 0.0);
  if (inputs.size() > 2 && inputs[2].defined()) bias = to_doubles(inputs[2]);
  const std::int64_t taps = g.kernel_points();
  dispatch_floats(outputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* w = inputs[1].data<T>();
    T* y = outputs[0].data<T>();
    std::vector<double> plane(static_cast<std::size_t>(g.output_points()));
    for (std::int64_t channel = 0; channel < g.batch * g.out_channels; ++channel) {
      const std::int64_t out = channel % g.out_channels, group = out / g.group_out();
      plane.assign(plane.size(), bias[static_cast<std::size_t>(out)]);
      for (std::int64_t i = 0; i < g.group_in(); ++i) {
        const std::int64_t in = group * g.group_in() + i;
        const T* x = inputs[0].data<T>() +
                     (channel / g.out_channels * g.in_channels + in) * g.input_points();
        for (std::int64_t tap = 0; tap < taps; ++tap) {
          const T weight = w[(in * g.group_out() + out % g.group_out()) * taps + tap];
          scatter_tap(g, tap, load(weight), x, plane.data());
        }
      }
      for (const double value : plane) *y++ = store<T>(value);
    }
  });
}

}  // namespace

std::vector<Operator> conv_transpose_operators() {
  std::vector<AttributeSpec> attributes = conv_attributes();
  attributes.push_back({"output_padding", AttributeKind::kInts});
  attributes.push_back({"output_shape", AttributeKind::kInts});
  return {
      {"ConvTranspose", "", 11, 2, 3, 1, 1, attributes, infer_conv_transpose, run_conv_transpose}};
}

}  // namespace headway
