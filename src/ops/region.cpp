#include "ops/region.h"

#include <algorithm>

#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"

namespace headway {
namespace {

TensorType regions_type(const InferContext& context, std::int64_t height, std::int64_t width) {
  const TensorType& x = context.input(0);
  const TensorType& regions = context.input(1);
  SymbolicShape shape = {Dim(), Dim(), height, width};
  if (regions.shape) shape[0] = regions.shape->front();
  if (x.shape) shape[1] = (*x.shape)[1];
  return {x.dtype, shape};
}

void require_regions(const InferContext& context, std::int64_t numbers) {
  require_dtype(context, 0, kFloatTypes);
  require_rank(context, 0, 4);
  require_rank(context, 1, 2);
  const TensorType& regions = context.input(1);
  if (regions.dtype != context.input(0).dtype) context.fail("its inputs have different dtypes");
  if (regions.shape && regions.shape->back().is_static() && regions.shape->back() != numbers) {
    context.fail("a region has ", regions.shape->back().to_string(), " numbers but needs ",
                 numbers);
  }
}

}  // namespace

std::int64_t checked_image(const std::string& described, std::int64_t image, std::int64_t batch) {
  if (image < 0 || image >= batch) {
    fail(ErrorCode::kInvalidArgument, described, ": a region is of image ", image,
         " in a batch of ", batch);
  }
  return image;
}

RoiAlign roi_align_of(const Node& node) {
  constexpr std::int64_t kMostSamples = 4096;
  const std::string mode = node.get_string("mode", "avg");
  const std::string transform = node.get_string("coordinate_transformation_mode", "half_pixel");
  const RoiAlign result{mode == "max",
                        transform == "half_pixel",
                        node.get_int("output_height", 1),
                        node.get_int("output_width", 1),
                        node.get_int("sampling_ratio", 0),
                        node.get_float("spatial_scale", 1.0f)};
  if ((mode != "avg" && mode != "max") ||
      (transform != "half_pixel" && transform != "output_half_pixel") || result.height < 1 ||
      result.width < 1 || result.sampling_ratio < 0 || result.sampling_ratio > kMostSamples) {
    fail(ErrorCode::kInvalidModel, node.described(),
         ": mode must be avg or max, coordinate_transformation_mode half_pixel or "
         "output_half_pixel, output_height and output_width positive and sampling_ratio 0 to ",
         kMostSamples);
  }
  return result;
}

namespace {

void infer_roi_align(InferContext& context) {
  const RoiAlign align = roi_align_of(context.node());
  require_regions(context, 4);
  require_dtype(context, 2, {DType::kInt64});
  const TensorType& regions = context.input(1);
  require_vector(context, 2, regions.shape ? regions.shape->front() : Dim());
  context.set_output(0, regions_type(context, align.height, align.width));
}

/// The mean of all samples of one cell, or the largest of all weighted neighbours.
template <typename T>
double pooled(const RoiAlign& align, const T* plane, const Shape& shape, const Cells& rows,
              const Cells& columns, std::int64_t row, std::int64_t column) {
  double sum = 0.0, largest = 0.0;
  bool first = true;
  for (std::int64_t i = 0; i < rows.samples; ++i) {
    const Neighbours y(rows.point(row, i), shape[2]);
    for (std::int64_t j = 0; j < columns.samples; ++j) {
      const Neighbours x(columns.point(column, j), shape[3]);
      double parts[4] = {};
      if (y.inside && x.inside) {
        const auto at = [&](std::int64_t r, std::int64_t c) {
          return static_cast<double>(load(plane[r * shape[3] + c]));
        };
        parts[0] = (1.0 - y.fraction) * (1.0 - x.fraction) * at(y.low, x.low);
        parts[1] = (1.0 - y.fraction) * x.fraction * at(y.low, x.high);
        parts[2] = y.fraction * (1.0 - x.fraction) * at(y.high, x.low);
        parts[3] = y.fraction * x.fraction * at(y.high, x.high);
      }
      const double most = *std::max_element(parts, parts + 4);
      largest = first ? most : std::max(largest, most);
      first = false;
      sum += parts[0] + parts[1] + parts[2] + parts[3];
    }
  }
  const auto samples =
      static_cast<double>(std::max<std::int64_t>(rows.samples * columns.samples, 1));
  return align.maximum ? largest : sum / samples;
}

void run_roi_align(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const RoiAlign align = roi_align_of(node);
  const Shape& shape = inputs[0].shape();
  const std::vector<double> regions = to_doubles(inputs[1]);
  const std::vector<std::int64_t> images = to_ints(inputs[2]);
  dispatch_floats(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    T* y = outputs[0].data<T>();
    for (std::size_t r = 0; r < images.size(); ++r) {
      const std::int64_t image = checked_image(node.described(), images[r], shape[0]);
      const double* region = regions.data() + 4 * r;
      const Cells columns(align, region[0], region[2], align.width);
      const Cells rows(align, region[1], region[3], align.height);
      for (std::int64_t c = 0; c < shape[1]; ++c) {
        const T* plane = inputs[0].data<T>() + (image * shape[1] + c) * shape[2] * shape[3];
        for (std::int64_t cell = 0; cell < align.height * align.width; ++cell) {
          *y++ = store<T>(
              pooled(align, plane, shape, rows, columns, cell / align.width, cell % align.width));
        }
      }
    }
  });
}

std::vector<std::int64_t> pooled_shape(const Node& node) {
  const std::vector<std::int64_t> shape = node.get_ints("pooled_shape", {});
  if (shape.size() != 2 || std::ranges::min(shape) < 1) {
    fail(ErrorCode::kInvalidModel, node.described(),
         ": pooled_shape must have two positive elements");
  }
  return shape;
}

void infer_max_roi_pool(InferContext& context) {
  require_regions(context, 5);
  const std::vector<std::int64_t> shape = pooled_shape(context.node());
  context.set_output(0, regions_type(context, shape[0], shape[1]));
}

/// Whole elements [begin, end) of one cell; a region covers both of its borders.
struct Span {
  std::int64_t begin, end;

  Span(double low, double high, double scale, std::int64_t cell, std::int64_t cells,
       std::int64_t extent) {
    const double first = std::round(low * scale);
    const double size =
        std::max(std::round(high * scale) - first + 1.0, 1.0) / static_cast<double>(cells);
    const auto clipped = [&](double x) {
      return static_cast<std::int64_t>(std::clamp(x, 0.0, static_cast<double>(extent)));
    };
    begin = clipped(std::floor(static_cast<double>(cell) * size) + first);
    end = clipped(std::ceil(static_cast<double>(cell + 1) * size) + first);
  }
};

/// R. Girshick, "Fast R-CNN", 2015, section 2.1. An empty cell gives zero.
void run_max_roi_pool(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const std::vector<std::int64_t> cells = pooled_shape(node);
  const double scale = node.get_float("spatial_scale", 1.0f);
  const Shape& shape = inputs[0].shape();
  const std::vector<double> regions = to_doubles(inputs[1]);
  dispatch_floats(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    T* y = outputs[0].data<T>();
    for (std::size_t r = 0; r < static_cast<std::size_t>(outputs[0].dim(0)); ++r) {
      const double* region = regions.data() + 5 * r;
      const std::int64_t image =
          checked_image(node.described(), saturated<std::int64_t>(region[0]), shape[0]);
      for (std::int64_t c = 0; c < shape[1]; ++c) {
        const T* plane = inputs[0].data<T>() + (image * shape[1] + c) * shape[2] * shape[3];
        for (std::int64_t cell = 0; cell < cells[0] * cells[1]; ++cell) {
          const Span rows(region[2], region[4], scale, cell / cells[1], cells[0], shape[2]);
          const Span columns(region[1], region[3], scale, cell % cells[1], cells[1], shape[3]);
          const bool empty = rows.begin >= rows.end || columns.begin >= columns.end;
          double best = empty ? 0.0 : -std::numeric_limits<double>::infinity();
          for (std::int64_t i = rows.begin; i < rows.end; ++i) {
            for (std::int64_t j = columns.begin; j < columns.end; ++j) {
              best = std::max<double>(best, load(plane[i * shape[3] + j]));
            }
          }
          *y++ = store<T>(best);
        }
      }
    }
  });
}

}  // namespace

std::vector<Operator> region_operators() {
  return {
      {"MaxRoiPool",
       "",
       1,
       2,
       2,
       1,
       1,
       {{"pooled_shape", AttributeKind::kInts, true}, {"spatial_scale", AttributeKind::kFloat}},
       infer_max_roi_pool,
       run_max_roi_pool},
      {"RoiAlign",
       "",
       16,
       3,
       3,
       1,
       1,
       {{"coordinate_transformation_mode", AttributeKind::kString},
        {"mode", AttributeKind::kString},
        {"output_height", AttributeKind::kInt},
        {"output_width", AttributeKind::kInt},
        {"sampling_ratio", AttributeKind::kInt},
        {"spatial_scale", AttributeKind::kFloat}},
       infer_roi_align,
       run_roi_align},
  };
}

}  // namespace headway
