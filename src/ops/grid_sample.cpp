#include "ops/grid_sample.h"

#include <algorithm>

#include "ops/dims.h"
#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"
#include "ops/sampling.h"

namespace headway {

using enum Sampler::Mode;
using enum Sampler::Outside;

Sampler sampler_of(const Node& node) {
  const std::string mode = node.get_string("mode", "bilinear");
  const std::string padding = node.get_string("padding_mode", "zeros");
  Sampler sampler{kNearest, kZeros, node.get_int("align_corners", 0) != 0};
  if (mode == "linear" || mode == "bilinear") {
    sampler.mode = kLinear;
  } else if (mode == "cubic" || mode == "bicubic") {
    sampler.mode = kCubic;
  } else if (mode != "nearest") {
    fail(ErrorCode::kInvalidModel, node.described(), ": mode is '", mode,
         "' but must be nearest, linear (bilinear) or cubic (bicubic)");
  }
  if (padding == "border") {
    sampler.outside = kBorder;
  } else if (padding == "reflection") {
    sampler.outside = kReflection;
  } else if (padding != "zeros") {
    fail(ErrorCode::kInvalidModel, node.described(), ": padding_mode is '", padding,
         "' but must be zeros, border or reflection");
  }
  return sampler;
}

/// Folds a coordinate back at the borders until it is inside.
double Sampler::reflected(double x, std::int64_t extent) const {
  const double low = align_corners ? 0.0 : -0.5;
  const double range = static_cast<double>(extent) - (align_corners ? 1.0 : 0.0);
  if (range <= 0.0) return 0.0;
  const double phase = std::fmod(std::abs(x - low), 2.0 * range);
  return low + (phase <= range ? phase : 2.0 * range - phase);
}

/// Element coordinate of a normalized one in [-1, 1].
double Sampler::position(double normalized, std::int64_t extent) const {
  const auto size = static_cast<double>(extent);
  double x = align_corners ? (normalized + 1.0) / 2.0 * (size - 1.0)
                           : ((normalized + 1.0) * size - 1.0) / 2.0;
  x = bounded_coordinate(x);
  if (mode == kNearest) x = std::nearbyint(x);
  if (outside == kBorder && mode != kCubic) x = std::clamp(x, 0.0, size - 1.0);
  const double low = align_corners ? 0.0 : -0.5, high = size - 1.0 - low;
  if (outside == kReflection && (x < low || x > high)) x = reflected(x, extent);
  return x;
}

std::int64_t Sampler::element(std::int64_t at, std::int64_t extent) const {
  if (at >= 0 && at < extent) return at;
  if (outside == kZeros) return -1;
  if (outside == kReflection) {
    at = static_cast<std::int64_t>(reflected(static_cast<double>(at), extent));
  }
  return std::clamp<std::int64_t>(at, 0, extent - 1);
}

namespace {

/// Cubic convolution, R. Keys, "Cubic Convolution Interpolation for Digital Image Processing",
/// 1981.
std::array<double, 4> cubic_weights(double t) {
  constexpr double a = -0.75;
  const auto near = [](double x) { return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0; };
  const auto far = [](double x) { return ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a; };
  return {far(1.0 + t), near(t), near(1.0 - t), far(2.0 - t)};
}

}  // namespace

AxisTaps Sampler::taps(double normalized, std::int64_t extent) const {
  const double x = position(normalized, extent);
  const double low = std::floor(x);
  const auto first = static_cast<std::int64_t>(low);
  AxisTaps taps;
  if (mode == kNearest) {
    taps.add(element(static_cast<std::int64_t>(x), extent), 1.0);
  } else if (mode == kLinear) {
    taps.add(element(first, extent), 1.0 - (x - low));
    taps.add(element(first + 1, extent), x - low);
  } else {
    const std::array<double, 4> weights = cubic_weights(x - low);
    for (int i = 0; i < 4; ++i) taps.add(element(first - 1 + i, extent), weights[i]);
  }
  return taps;
}

namespace {

void infer_grid_sample(InferContext& context) {
  sampler_of(context.node());
  require_dtype(context, 0, kNumberTypes);
  require_dtype(context, 1, kFloatTypes);
  require_min_rank(context, 0, 3);
  const TensorType& x = context.input(0);
  const TensorType& grid = context.input(1);
  if (x.shape) require_rank(context, 1, x.shape->size());
  if (!x.shape || !grid.shape) return context.set_output(0, {x.dtype, std::nullopt});
  const Dim &axes = grid.shape->back(), spatial(static_cast<std::int64_t>(x.shape->size()) - 2);
  if (axes.is_static() && axes != spatial) {
    context.fail("the grid ", grid.to_string(), " must hold ", spatial.to_string(),
                 " coordinates per point");
  }
  const std::optional<Dim> batch = unify(x.shape->front(), grid.shape->front());
  if (!batch) context.fail("its input and its grid have different batch extents");
  SymbolicShape shape = {*batch, (*x.shape)[1]};
  shape.insert(shape.end(), grid.shape->begin() + 1, grid.shape->end() - 1);
  context.set_output(0, {x.dtype, std::move(shape)});
}

/// Coordinates of a point count innermost first.
void run_grid_sample(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const Sampler sampler = sampler_of(node);
  const std::span extents = std::span(inputs[0].shape()).subspan(2);
  const std::vector<double> grid = to_doubles(inputs[1]);
  const std::int64_t channels = inputs[0].dim(1), volume = product(extents);
  if (outputs[0].size() == 0) return;
  const std::int64_t points = product(std::span(outputs[0].shape()).subspan(2));
  std::vector<AxisTaps> axes(extents.size());
  std::vector<WeightedElement> elements;
  const double* coordinate = grid.data();
  dispatch_numbers(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    for (std::int64_t point = 0; point < outputs[0].dim(0) * points; ++point) {
      for (std::size_t axis = extents.size(); axis-- > 0;) {
        axes[axis] = sampler.taps(*coordinate++, extents[axis]);
      }
      combine_taps(axes, extents, elements);
      const std::int64_t image = point / points;
      for (std::int64_t c = 0; c < channels; ++c) {
        const T* x = inputs[0].data<T>() + (image * channels + c) * volume;
        double sum = 0.0;
        for (const auto& [offset, weight] : elements) {
          sum += weight * static_cast<double>(load(x[offset]));
        }
        outputs[0].data<T>()[(image * channels + c) * points + point % points] = store<T>(sum);
      }
    }
  });
}

}  // namespace

std::vector<Operator> grid_sample_operators() {
  return {{"GridSample",
           "",
           16,
           2,
           2,
           1,
           1,
           {{"align_corners", AttributeKind::kInt},
            {"mode", AttributeKind::kString},
            {"padding_mode", AttributeKind::kString}},
           infer_grid_sample,
           run_grid_sample}};
}

}  // namespace headway
