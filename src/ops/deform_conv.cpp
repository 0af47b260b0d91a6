#include "ops/conv_geometry.h"
#include "ops/conv_rules.h"
#include "ops/elements.h"
#include "ops/families.h"
#include "ops/multiply.h"
#include "ops/rules.h"
#include "ops/sampling.h"

namespace headway {
namespace {

void check_channels(const InferContext& context, std::size_t input, std::int64_t wanted) {
  const TensorType& type = context.input(input);
  if (type.shape && (*type.shape)[1].is_static() && (*type.shape)[1] != Dim(wanted)) {
    context.fail("input ", input, " is ", type.to_string(), " but must have ", wanted, " channels");
  }
}

void infer_deform_conv(InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  require_same_dtypes(context);
  const TensorType& x = context.input(0);
  const TensorType& w = context.input(1);
  const TensorType& offset = context.input(2);
  const std::int64_t groups = context.node().get_int("offset_group", 1);
  constexpr std::int64_t kMostGroups = 1 << 20;  // Products with extents must not overflow.
  if (groups < 1 || groups > kMostGroups)
    context.fail("offset_group must be from 1 to ", kMostGroups);
  if (!x.shape) return context.set_output(0, x);
  require_min_rank(context, 0, 3);
  for (const std::size_t input : {1, 2}) require_rank(context, input, x.shape->size());
  if (const std::optional<Shape> weights = w.static_shape()) {
    const std::int64_t taps = product(std::span(*weights).subspan(2));
    check_channels(context, 2, groups * taps * (static_cast<std::int64_t>(weights->size()) - 2));
    require_vector(context, 3, weights->front());
    if (context.has_input(4)) {
      require_rank(context, 4, x.shape->size());
      check_channels(context, 4, groups * taps);
    }
  }
  const std::optional<Shape> input = x.static_shape(), weights = w.static_shape();
  SymbolicShape shape(x.shape->size());
  if (input && weights) {
    const ConvGeometry geometry = conv_geometry(context.node(), *input, *weights);
    if (geometry.in_channels % groups != 0) context.fail("offset_group must divide the channels");
    shape = to_symbolic(geometry.output_shape());
  } else {
    if (offset.shape) shape = *offset.shape;
    shape[0] = x.shape->front();
    shape[1] = w.shape ? w.shape->front() : Dim();
  }
  context.set_output(0, {x.dtype, shape});
}

/// Everything that determines which elements the kernel's taps see.
struct Deformation {
  const ConvGeometry& geometry;
  std::vector<double> offsets, mask;
  std::int64_t groups;
  Shape extents;

  /// What one tap of the kernel sees at one output point.
  void sample(std::int64_t image, std::int64_t group, std::int64_t tap, std::int64_t point,
              std::vector<WeightedElement>& elements) const;
};

void Deformation::sample(std::int64_t image, std::int64_t group, std::int64_t tap,
                         std::int64_t point, std::vector<WeightedElement>& elements) const {
  const auto rank = static_cast<std::int64_t>(geometry.axes.size());
  const std::int64_t points = geometry.output_points();
  const std::int64_t row = (image * groups + group) * geometry.kernel_points() + tap;
  std::vector<AxisTaps> axes(geometry.axes.size());
  std::int64_t taps = tap, position = point;
  for (std::size_t axis = axes.size(); axis-- > 0;) {
    const WindowAxis& a = geometry.axes[axis];
    const std::int64_t at =
        position % a.output * a.stride - a.pad_begin + taps % a.kernel * a.dilation;
    const std::int64_t index = (row * rank + static_cast<std::int64_t>(axis)) * points + point;
    axes[axis] =
        linear_taps(static_cast<double>(at) + offsets[static_cast<std::size_t>(index)], a.input);
    position /= a.output;
    taps /= a.kernel;
  }
  combine_taps(axes, extents, elements);
  if (mask.empty()) return;
  for (WeightedElement& element : elements) {
    element.weight *= mask[static_cast<std::size_t>(row * points + point)];
  }
}

/// The columns [channels · taps, points] of one image that the weights are multiplied with.
template <typename T>
void gather(const Deformation& deformation, std::int64_t image, const T* x,
            std::vector<double>& columns) {
  const ConvGeometry& geometry = deformation.geometry;
  const std::int64_t taps = geometry.kernel_points(), points = geometry.output_points();
  const std::int64_t channels = geometry.in_channels / deformation.groups;
  std::vector<WeightedElement> elements;
  for (std::int64_t group = 0; group < deformation.groups; ++group) {
    for (std::int64_t tap = 0; tap < taps; ++tap) {
      for (std::int64_t point = 0; point < points; ++point) {
        deformation.sample(image, group, tap, point, elements);
        for (std::int64_t c = group * channels; c < (group + 1) * channels; ++c) {
          const T* plane = x + c * geometry.input_points();
          double sum = 0.0;
          for (const auto& [offset, weight] : elements) sum += weight * load(plane[offset]);
          columns[static_cast<std::size_t>((c * taps + tap) * points + point)] = sum;
        }
      }
    }
  }
}

void run_deform_conv(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const ConvGeometry geometry = conv_geometry(node, inputs[0].shape(), inputs[1].shape());
  const auto optional_input = [&](std::size_t index) {
    return inputs.size() > index && inputs[index].defined() ? to_doubles(inputs[index])
                                                            : std::vector<double>();
  };
  Deformation deformation{
      geometry, to_doubles(inputs[2]), optional_input(4), node.get_int("offset_group", 1), {}};
  for (const WindowAxis& axis : geometry.axes) deformation.extents.push_back(axis.input);
  const std::vector<double> weights = to_doubles(inputs[1]), bias = optional_input(3);
  const std::int64_t points = geometry.output_points();
  const std::int64_t depth = geometry.group_in() * geometry.kernel_points();
  std::vector<double> columns(static_cast<std::size_t>(geometry.groups * depth * points));
  std::vector<double> sums(static_cast<std::size_t>(geometry.out_channels * points));
  dispatch_floats(outputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    T* y = outputs[0].data<T>();
    for (std::int64_t image = 0; image < geometry.batch; ++image) {
      gather(deformation, image,
             inputs[0].data<T>() + image * geometry.in_channels * geometry.input_points(), columns);
      for (std::size_t i = 0; i < sums.size(); ++i) {
        sums[i] = bias.empty() ? 0.0 : bias[i / static_cast<std::size_t>(points)];
      }
      for (std::int64_t group = 0; group < geometry.groups; ++group) {
        multiply_add<double>(geometry.group_out(), points, depth,
                             weights.data() + group * geometry.group_out() * depth, depth,
                             columns.data() + group * depth * points, points,
                             sums.data() + group * geometry.group_out() * points, points);
      }
      for (const double sum : sums) *y++ = store<T>(sum);
    }
  });
}

}  // namespace

std::vector<Operator> deform_conv_operators() {
  return {{"DeformConv",
           "",
           19,
           3,
           5,
           1,
           1,
           {{"dilations", AttributeKind::kInts},
            {"group", AttributeKind::kInt},
            {"kernel_shape", AttributeKind::kInts},
            {"offset_group", AttributeKind::kInt},
            {"pads", AttributeKind::kInts},
            {"strides", AttributeKind::kInts}},
           infer_deform_conv,
           run_deform_conv}};
}

}  // namespace headway
