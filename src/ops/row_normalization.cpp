#include <algorithm>

#include "ops/broadcast.h"
#include "ops/elements.h"
#include "ops/families.h"
#include "ops/lines.h"
#include "ops/rules.h"
#include "ops/strided.h"
#include "ops/zip.h"

namespace headway {
namespace {

void infer_lp_normalization(InferContext& context) {
  const std::int64_t p = context.node().get_int("p", 2);
  if (p != 1 && p != 2) context.fail("p is ", p, " but must be 1 or 2");
  const TensorType& x = context.input(0);
  if (x.shape) {
    resolve_axis(context.node(), context.node().get_int("axis", -1), x.shape->size());
  }
  same_as_float_input(context);
}

/// A line of zeros stays one.
void run_lp_normalization(const Node& node, std::span<const Tensor> inputs,
                          std::span<Tensor> outputs) {
  const bool squares = node.get_int("p", 2) == 2;
  const Lines lines(inputs[0].shape(),
                    resolve_axis(node, node.get_int("axis", -1), inputs[0].rank()));
  dispatch_floats(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    for (std::int64_t line = 0; line < lines.count(); ++line) {
      const T* x = inputs[0].data<T>() + lines.first(line, lines.extent);
      T* y = outputs[0].data<T>() + lines.first(line, lines.extent);
      double sum = 0.0;
      for (std::int64_t i = 0; i < lines.extent; ++i) {
        const double value = load(x[i * lines.inner]);
        sum += squares ? value * value : std::abs(value);
      }
      const double norm = squares ? std::sqrt(sum) : sum;
      for (std::int64_t i = 0; i < lines.extent; ++i) {
        const double value = load(x[i * lines.inner]);
        y[i * lines.inner] = store<T>(norm == 0.0 ? 0.0 : value / norm);
      }
    }
  });
}

std::vector<std::size_t> moment_axes(const Node& node, std::size_t rank) {
  return resolve_axes(node, node.get_ints("axes", {0, 2, 3}), rank);
}

void infer_mean_variance_normalization(InferContext& context) {
  const TensorType& x = context.input(0);
  if (x.shape) moment_axes(context.node(), x.shape->size());
  same_as_float_input(context);
}

/// (x - mean) / (deviation + 1e-9), as the operator's definition by ReduceMean, Sqrt and Div says.
void run_mean_variance_normalization(const Node& node, std::span<const Tensor> inputs,
                                     std::span<Tensor> outputs) {
  const Shape& shape = inputs[0].shape();
  Shape kept = shape;
  std::int64_t count = 1;
  for (const std::size_t axis : moment_axes(node, shape.size())) {
    kept[axis] = 1;
    count *= shape[axis];
  }
  const std::array<Shape, 2> strides = {row_major_strides(shape), broadcast_strides(kept, shape)};
  std::vector<double> means(static_cast<std::size_t>(num_elements(kept)), 0.0);
  std::vector<double> variances(means.size(), 0.0);
  dispatch_floats(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* x = inputs[0].data<T>();
    T* y = outputs[0].data<T>();
    const auto visit = [&](auto&& action) {
      for_each_row<2>(shape, strides,
                      [&](const auto& offsets, const auto& steps, std::int64_t length) {
                        for (std::int64_t i = 0; i < length; ++i) {
                          const std::int64_t at = offsets[0] + i * steps[0];
                          action(at, static_cast<std::size_t>(offsets[1] + i * steps[1]));
                        }
                      });
    };
    visit([&](std::int64_t at, std::size_t group) { means[group] += load(x[at]); });
    for (double& mean : means) mean /= static_cast<double>(count);
    visit([&](std::int64_t at, std::size_t group) {
      const double difference = load(x[at]) - means[group];
      variances[group] += difference * difference / static_cast<double>(count);
    });
    visit([&](std::int64_t at, std::size_t group) {
      y[at] = store<T>((load(x[at]) - means[group]) / (std::sqrt(variances[group]) + 1e-9));
    });
  });
}

void infer_rms_normalization(InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  require_dtype(context, 1, kFloatTypes);
  const TensorType& x = context.input(0);
  if (x.shape) {
    resolve_axis(context.node(), context.node().get_int("axis", -1), x.shape->size());
  }
  require_broadcast_to(context, 1, x);
  context.set_output(0, {context.input(1).dtype, x.shape});
}

void run_rms_normalization(const Node& node, std::span<const Tensor> inputs,
                           std::span<Tensor> outputs) {
  const Shape& shape = inputs[0].shape();
  const std::size_t axis = resolve_axis(node, node.get_int("axis", -1), shape.size());
  const std::int64_t rows = product(std::span(shape).first(axis));
  const std::int64_t count = product(std::span(shape).subspan(axis));
  const double epsilon = node.get_float("epsilon", 1e-5f);
  std::vector<double> normalized = to_doubles(inputs[0]);
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::span<double> x =
        std::span(normalized)
            .subspan(static_cast<std::size_t>(row * count), static_cast<std::size_t>(count));
    double squares = 0.0;
    for (const double value : x) squares += value * value;
    const double rms = std::sqrt(squares / static_cast<double>(count) + epsilon);
    for (double& value : x) value /= rms;
  }
  dispatch_floats(outputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* scale = inputs[1].data<T>();
    T* y = outputs[0].data<T>();
    const double* x = normalized.data();
    for_each_row<1>(shape, {broadcast_strides(inputs[1].shape(), shape)},
                    [&](const auto& offsets, const auto& steps, std::int64_t length) {
                      for (std::int64_t i = 0; i < length; ++i) {
                        *y++ = store<T>(*x++ * load(scale[offsets[0] + i * steps[0]]));
                      }
                    });
  });
}

}  // namespace

std::vector<Operator> row_normalization_operators() {
  return {
      {"LpNormalization",
       "",
       1,
       1,
       1,
       1,
       1,
       {{"axis", AttributeKind::kInt}, {"p", AttributeKind::kInt}},
       infer_lp_normalization,
       run_lp_normalization},
      {"MeanVarianceNormalization",
       "",
       13,
       1,
       1,
       1,
       1,
       {{"axes", AttributeKind::kInts}},
       infer_mean_variance_normalization,
       run_mean_variance_normalization},
      {"RMSNormalization",
       "",
       23,
       2,
       2,
       1,
       1,
       {{"axis", AttributeKind::kInt},
        {"epsilon", AttributeKind::kFloat},
        {"stash_type", AttributeKind::kInt}},
       infer_rms_normalization,
       run_rms_normalization},
  };
}

}  // namespace headway
