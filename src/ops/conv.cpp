#include "ops/conv_rules.h"
#include "ops/convolve.h"
#include "ops/families.h"
#include "ops/rules.h"

namespace headway {
namespace {

/// Extents that are not numbers are replaced by this while the rule checks those that are.
constexpr std::int64_t kPlaceholder = std::int64_t{1} << 32;

void infer_conv(InferContext& context) {
  context.set_output(0, infer_convolution(context));
}

void run_conv(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const ConvGeometry geometry = conv_geometry(node, inputs[0].shape(), inputs[1].shape());
  std::vector<double> bias(static_cast<std::size_t>(geometry.out_channels), 0.0);
  if (inputs.size() > 2 && inputs[2].defined()) bias = to_doubles(inputs[2]);
  dispatch_floats(outputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    convolve(geometry, inputs[0].data<T>(), inputs[1].data<T>(), outputs[0].data<T>(),
             [&](double sum, std::int64_t channel, std::int64_t) {
               return sum + bias[static_cast<std::size_t>(channel)];
             });
  });
}

}  // namespace

std::vector<AttributeSpec> conv_attributes() {
  return {{"auto_pad", AttributeKind::kString}, {"dilations", AttributeKind::kInts},
          {"group", AttributeKind::kInt},       {"kernel_shape", AttributeKind::kInts},
          {"pads", AttributeKind::kInts},       {"strides", AttributeKind::kInts}};
}

TensorType infer_convolution(InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  require_same_dtypes(context);
  const TensorType& w = context.input(1);
  require_vector(context, 2, w.shape && !w.shape->empty() ? w.shape->front() : Dim());
  return {context.input(0).dtype, convolution_shape(context, 0, 1)};
}

std::optional<SymbolicShape> convolution_shape(const InferContext& context, std::size_t input,
                                               std::size_t filter) {
  const TensorType& x = context.input(input);
  if (!x.shape) return std::nullopt;
  require_min_rank(context, input, 3);
  require_rank(context, filter, x.shape->size());
  const std::optional<Shape> weights = context.static_input(filter);
  if (!weights) return SymbolicShape(x.shape->size());

  Shape stand_in;
  for (const Dim& dim : *x.shape) stand_in.push_back(dim.is_static() ? dim.extent() : kPlaceholder);
  if (!(*x.shape)[1].is_static()) {
    stand_in[1] = (*weights)[1] * checked_groups(context.node());
  }
  const Shape output = conv_geometry(context.node(), stand_in, *weights).output_shape();
  SymbolicShape result = to_symbolic(output);
  result[0] = (*x.shape)[0];
  for (std::size_t axis = 2; axis < result.size(); ++axis) {
    if (!(*x.shape)[axis].is_static()) {
      result[axis] = stand_in[axis] == output[axis] ? (*x.shape)[axis] : Dim();
    }
  }
  return result;
}

std::vector<Operator> conv_operators() {
  return {{"Conv", "", 11, 2, 3, 1, 1, conv_attributes(), infer_conv, run_conv}};
}

}  // namespace headway
