#pragma once

#include <optional>
#include <span>

#include "graph/graph.h"

namespace headway {

enum class ResizeMode { kNearest, kLinear, kCubic };
enum class CoordinateMode {
  kHalfPixel,
  kHalfPixelSymmetric,
  kPytorchHalfPixel,
  kTfHalfPixelForNn,  ///< Of opsets 11 and 12.
  kAlignCorners,
  kAsymmetric,
  kTfCropAndResize,
};
enum class NearestMode { kRoundPreferFloor, kRoundPreferCeil, kFloor, kCeil };

/// The attributes of a Resize, checked.
struct ResizeAttributes {
  ResizeMode mode = ResizeMode::kNearest;
  CoordinateMode coordinates = CoordinateMode::kHalfPixel;
  NearestMode nearest = NearestMode::kRoundPreferFloor;
  double cubic_a = -0.75;
  bool exclude_outside = false;
  bool antialias = false;
  double extrapolation_value = 0.0;
  std::string aspect_ratio = "stretch";  ///< Or "not_larger", "not_smaller".
  std::vector<std::int64_t> axes;        ///< That scales, sizes and roi speak of; empty: all.
};

/// Throws Error(kInvalidModel) naming the node. Also for the older Upsample.
ResizeAttributes resize_attributes(const Node& node);

/// One axis of a Resize.
struct ResizeAxis {
  std::int64_t input = 0, output = 0;
  double scale = 1.0;             ///< output / input, not rounded.
  double start = 0.0, end = 1.0;  ///< Region of interest, normalized; of kTfCropAndResize.
};

/// One ResizeAxis per axis of the input. Exactly one of scales and sizes must be non-empty.
/// Throws Error(kInvalidModel) naming the node.
std::vector<ResizeAxis> resize_axes(const Node& node, const ResizeAttributes& attributes,
                                    const Shape& input, std::span<const double> roi,
                                    std::span<const double> scales,
                                    std::span<const std::int64_t> sizes);

/// The weighted input positions that one output position is made of.
struct ResizeTaps {
  std::vector<std::int64_t> positions;
  std::vector<double> weights;
  bool outside = false;  ///< kTfCropAndResize: shows the extrapolation value.
};

/// One entry per output position of the axis.
std::vector<ResizeTaps> resize_taps(const ResizeAttributes& attributes, const ResizeAxis& axis);

}  // namespace headway
