#include "ops/resize_geometry.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>

#include "base/error.h"
#include "ops/rules.h"

namespace headway {
namespace {

template <typename Enum>
struct Name {
  std::string_view text;
  Enum value;
};

constexpr Name<ResizeMode> kModes[] = {{"nearest", ResizeMode::kNearest},
                                       {"linear", ResizeMode::kLinear},
                                       {"cubic", ResizeMode::kCubic}};
constexpr Name<CoordinateMode> kCoordinateModes[] = {
    {"half_pixel", CoordinateMode::kHalfPixel},
    {"half_pixel_symmetric", CoordinateMode::kHalfPixelSymmetric},
    {"pytorch_half_pixel", CoordinateMode::kPytorchHalfPixel},
    {"tf_half_pixel_for_nn", CoordinateMode::kTfHalfPixelForNn},
    {"align_corners", CoordinateMode::kAlignCorners},
    {"asymmetric", CoordinateMode::kAsymmetric},
    {"tf_crop_and_resize", CoordinateMode::kTfCropAndResize}};
constexpr Name<NearestMode> kNearestModes[] = {
    {"round_prefer_floor", NearestMode::kRoundPreferFloor},
    {"round_prefer_ceil", NearestMode::kRoundPreferCeil},
    {"floor", NearestMode::kFloor},
    {"ceil", NearestMode::kCeil}};

template <typename Enum, std::size_t N>
Enum parse(const Node& node, const char* attribute, const Name<Enum> (&names)[N],
           const std::string& otherwise) {
  const std::string text = node.get_string(attribute, otherwise);
  for (const Name<Enum>& name : names) {
    if (name.text == text) return name.value;
  }
  fail(ErrorCode::kUnsupported, node.described(), ": ", attribute, " '", text,
       "' is not supported");
}

/// Where an output position lies among the input positions.
double original_position(const ResizeAttributes& attributes, const ResizeAxis& axis,
                         std::int64_t position) {
  const auto x = static_cast<double>(position);
  const auto input = static_cast<double>(axis.input);
  const double length = axis.scale * input;
  const double half_pixel = (x + 0.5) / axis.scale - 0.5;
  switch (attributes.coordinates) {
    case CoordinateMode::kHalfPixel:
      return half_pixel;
    case CoordinateMode::kHalfPixelSymmetric: {
      const double adjustment = static_cast<double>(axis.output) / length;
      return input / 2.0 * (1.0 - adjustment) + half_pixel;
    }
    case CoordinateMode::kTfHalfPixelForNn:
      return (x + 0.5) / axis.scale;
    case CoordinateMode::kPytorchHalfPixel:
      return axis.output > 1 ? half_pixel : 0.0;
    case CoordinateMode::kAlignCorners:
      return axis.output > 1 ? x * (input - 1.0) / (length - 1.0) : 0.0;
    case CoordinateMode::kAsymmetric:
      return x / axis.scale;
    case CoordinateMode::kTfCropAndResize:
      if (axis.output == 1) return 0.5 * (axis.start + axis.end) * (input - 1.0);
      return axis.start * (input - 1.0) +
             x * (axis.end - axis.start) * (input - 1.0) / (length - 1.0);
  }
  return half_pixel;
}

std::int64_t nearest_position(NearestMode mode, double x) {
  switch (mode) {
    case NearestMode::kRoundPreferFloor:
      return static_cast<std::int64_t>(std::ceil(x - 0.5));
    case NearestMode::kRoundPreferCeil:
      return static_cast<std::int64_t>(std::floor(x + 0.5));
    case NearestMode::kFloor:
      return static_cast<std::int64_t>(std::floor(x));
    case NearestMode::kCeil:
      return static_cast<std::int64_t>(std::ceil(x));
  }
  return 0;
}

double linear_weight(double distance) {
  return std::max(0.0, 1.0 - distance);
}

/// Keys, "Cubic Convolution Interpolation for Digital Image Processing" (1981).
double cubic_weight(double d, double a) {
  if (d <= 1.0) return ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0;
  if (d < 2.0) return ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a;
  return 0.0;
}

/// Taps of the linear or cubic filter around x; widened by 1/scale when antialiasing.
ResizeTaps filter_taps(const ResizeAttributes& attributes, const ResizeAxis& axis, double x) {
  const bool cubic = attributes.mode == ResizeMode::kCubic;
  const double shrink = attributes.antialias ? std::min(axis.scale, 1.0) : 1.0;
  const double support = (cubic ? 2.0 : 1.0) / shrink;
  ResizeTaps taps;
  const auto first = static_cast<std::int64_t>(std::floor(x - support)) + 1;
  const auto last = static_cast<std::int64_t>(std::ceil(x + support)) - 1;
  double sum = 0.0;
  for (std::int64_t position = first; position <= last; ++position) {
    const double distance = std::abs(static_cast<double>(position) - x) * shrink;
    double weight = cubic ? cubic_weight(distance, attributes.cubic_a) : linear_weight(distance);
    if (attributes.exclude_outside && (position < 0 || position >= axis.input)) weight = 0.0;
    if (weight == 0.0) continue;
    taps.positions.push_back(std::clamp<std::int64_t>(position, 0, axis.input - 1));
    taps.weights.push_back(weight);
    sum += weight;
  }
  for (double& weight : taps.weights) weight /= sum;
  return taps;
}

void apply_aspect_ratio(const ResizeAttributes& attributes, std::span<const std::size_t> axes,
                        std::vector<ResizeAxis>& result) {
  if (attributes.aspect_ratio == "stretch" || axes.empty()) return;
  const bool smallest = attributes.aspect_ratio == "not_larger";
  double scale = result[axes.front()].scale;
  for (const std::size_t axis : axes) {
    scale = smallest ? std::min(scale, result[axis].scale) : std::max(scale, result[axis].scale);
  }
  for (const std::size_t axis : axes) {
    result[axis].scale = scale;
    result[axis].output = static_cast<std::int64_t>(
        std::floor(scale * static_cast<double>(result[axis].input) + 0.5));
  }
}

void check_extent(const Node& node, std::size_t axis, const ResizeAxis& resized) {
  constexpr std::int64_t kLimit = std::int64_t{1} << 40;
  const bool impossible = resized.output < 0 || resized.output > kLimit || !(resized.scale > 0.0) ||
                          !std::isfinite(resized.scale) ||
                          (resized.input == 0 && resized.output > 0);
  if (impossible) {
    fail(ErrorCode::kInvalidModel, node.described(), ": axis ", axis, " of extent ", resized.input,
         " cannot be resized to ", resized.output);
  }
}

}  // namespace

ResizeAttributes resize_attributes(const Node& node) {
  ResizeAttributes result;
  const bool upsample = node.is("Upsample");
  result.mode = parse(node, "mode", kModes, "nearest");
  result.coordinates = parse(node, "coordinate_transformation_mode", kCoordinateModes,
                             upsample ? "asymmetric" : "half_pixel");
  result.nearest =
      parse(node, "nearest_mode", kNearestModes, upsample ? "floor" : "round_prefer_floor");
  result.cubic_a = node.get_float("cubic_coeff_a", -0.75f);
  result.exclude_outside = node.get_int("exclude_outside", 0) != 0;
  result.antialias = node.get_int("antialias", 0) != 0;
  result.extrapolation_value = node.get_float("extrapolation_value", 0.0f);
  result.aspect_ratio = node.get_string("keep_aspect_ratio_policy", "stretch");
  result.axes = node.get_ints("axes", {});
  if (result.aspect_ratio != "stretch" && result.aspect_ratio != "not_larger" &&
      result.aspect_ratio != "not_smaller") {
    fail(ErrorCode::kInvalidModel, node.described(), ": keep_aspect_ratio_policy is '",
         result.aspect_ratio, "' but must be stretch, not_larger or not_smaller");
  }
  return result;
}

std::vector<ResizeAxis> resize_axes(const Node& node, const ResizeAttributes& attributes,
                                    const Shape& input, std::span<const double> roi,
                                    std::span<const double> scales,
                                    std::span<const std::int64_t> sizes) {
  std::vector<std::int64_t> all(input.size());
  std::iota(all.begin(), all.end(), 0);
  const std::vector<std::int64_t>& chosen = attributes.axes.empty() ? all : attributes.axes;
  resolve_axes(node, chosen, input.size());
  const std::size_t count = scales.empty() ? sizes.size() : scales.size();
  if (scales.empty() == sizes.empty() || count != chosen.size()) {
    fail(ErrorCode::kInvalidModel, node.described(),
         ": needs either scales or sizes, with one entry for each of ", chosen.size(), " axes");
  }
  const bool crops = attributes.coordinates == CoordinateMode::kTfCropAndResize;
  if (crops && roi.size() != 2 * count) {
    fail(ErrorCode::kInvalidModel, node.described(), ": roi needs ", 2 * count, " entries");
  }
  std::vector<ResizeAxis> result;
  for (const std::int64_t extent : input) result.push_back({extent, extent});
  std::vector<std::size_t> axes;
  for (std::size_t i = 0; i < count; ++i) {
    axes.push_back(resolve_axis(node, chosen[i], input.size()));
    ResizeAxis& axis = result[axes.back()];
    const auto extent = static_cast<double>(axis.input);
    axis.scale = scales.empty() ? static_cast<double>(sizes[i]) / std::max(extent, 1.0) : scales[i];
    const double output = scales.empty() ? static_cast<double>(sizes[i])
                                         : std::floor(static_cast<float>(extent * axis.scale));
    axis.output = output >= 0.0 && output < 1e15 ? static_cast<std::int64_t>(output) : -1;
    if (crops) {
      axis.start = roi[i];
      axis.end = roi[i + count];
    }
    check_extent(node, axes.back(), axis);
  }
  if (!sizes.empty()) apply_aspect_ratio(attributes, axes, result);
  return result;
}

std::vector<ResizeTaps> resize_taps(const ResizeAttributes& attributes, const ResizeAxis& axis) {
  std::vector<ResizeTaps> result;
  for (std::int64_t position = 0; position < axis.output; ++position) {
    const double x = original_position(attributes, axis, position);
    if (attributes.mode == ResizeMode::kNearest) {
      const std::int64_t nearest = nearest_position(attributes.nearest, x);
      result.push_back({{std::clamp<std::int64_t>(nearest, 0, axis.input - 1)}, {1.0}, false});
    } else {
      result.push_back(filter_taps(attributes, axis, x));
    }
    const bool crops = attributes.coordinates == CoordinateMode::kTfCropAndResize;
    result.back().outside = crops && (x < 0.0 || x > static_cast<double>(axis.input - 1));
  }
  return result;
}

}  // namespace headway
