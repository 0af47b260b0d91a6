#include <algorithm>

#include "ops/broadcast.h"
#include "ops/elements.h"
#include "ops/families.h"
#include "ops/fused.h"
#include "ops/normalization_rules.h"
#include "ops/rules.h"
#include "ops/strided.h"

namespace headway {
namespace {

Dim channels_of(const InferContext& context) {
  const TensorType& x = context.input(0);
  return x.shape && x.shape->size() > 1 ? (*x.shape)[1] : Dim();
}

struct Moments {
  double mean, variance;
};

/// Two passes over the elements: no cancellation.
template <typename T>
Moments moments(const T* x, std::int64_t count) {
  double sum = 0.0, squares = 0.0;
  for (std::int64_t i = 0; i < count; ++i) sum += load(x[i]);
  const double mean = sum / static_cast<double>(count);
  for (std::int64_t i = 0; i < count; ++i) {
    const double difference = load(x[i]) - mean;
    squares += difference * difference;
  }
  return {mean, squares / static_cast<double>(count)};
}

void infer_layer_normalization(InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  require_same_dtypes(context);
  const TensorType& x = context.input(0);
  TensorType statistics{DType::kFloat32, std::nullopt};
  if (x.shape) {
    const std::size_t axis =
        resolve_axis(context.node(), context.node().get_int("axis", -1), x.shape->size());
    for (std::size_t index = 1; index < context.input_count(); ++index)
      require_broadcast_to(context, index, x);
    statistics.shape = x.shape;
    std::fill(statistics.shape->begin() + static_cast<std::ptrdiff_t>(axis),
              statistics.shape->end(), Dim(1));
  }
  same_as_input(context);
  context.set_output(1, statistics);
  context.set_output(2, statistics);
}

/// Scale or bias of LayerNormalization for every element of an input of that shape; neutral if it
/// is omitted.
std::vector<double> spread(std::span<const Tensor> inputs, std::size_t index, double neutral,
                           const Shape& shape) {
  std::vector<double> values(static_cast<std::size_t>(num_elements(shape)), neutral);
  if (index >= inputs.size() || !inputs[index].defined()) return values;
  const std::vector<double> given = to_doubles(inputs[index]);
  double* value = values.data();
  for_each_row<1>(shape, {broadcast_strides(inputs[index].shape(), shape)},
                  [&](const auto& offsets, const auto& steps, std::int64_t length) {
                    for (std::int64_t i = 0; i < length; ++i)
                      *value++ = given[static_cast<std::size_t>(offsets[0] + i * steps[0])];
                  });
  return values;
}

void run_layer_normalization(const Node& node, std::span<const Tensor> inputs,
                             std::span<Tensor> outputs) {
  const std::size_t axis = resolve_axis(node, node.get_int("axis", -1), inputs[0].rank());
  const std::int64_t count = product(std::span(inputs[0].shape()).subspan(axis));
  const std::int64_t rows = product(std::span(inputs[0].shape()).first(axis));
  const double epsilon = node.get_float("epsilon", 1e-5f);
  const std::vector<double> scale = spread(inputs, 1, 1.0, inputs[0].shape());
  const std::vector<double> bias = spread(inputs, 2, 0.0, inputs[0].shape());
  float* means = outputs.size() > 1 && outputs[1].defined() ? outputs[1].data<float>() : nullptr;
  float* inverses = outputs.size() > 2 && outputs[2].defined() ? outputs[2].data<float>() : nullptr;
  dispatch_floats(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* x = inputs[0].data<T>();
    T* y = outputs[0].data<T>();
    for (std::int64_t row = 0; row < rows; ++row, x += count, y += count) {
      const Moments m = moments(x, count);
      const double inverse = 1.0 / std::sqrt(m.variance + epsilon);
      for (std::int64_t i = 0; i < count; ++i) {
        const auto at = static_cast<std::size_t>(row * count + i);
        y[i] = store<T>((load(x[i]) - m.mean) * inverse * scale[at] + bias[at]);
      }
      if (means != nullptr) means[row] = static_cast<float>(m.mean);
      if (inverses != nullptr) inverses[row] = static_cast<float>(inverse);
    }
  });
}

void infer_instance_normalization(InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  require_same_dtypes(context);
  require_min_rank(context, 0, 3);
  require_vector(context, 1, channels_of(context));
  require_vector(context, 2, channels_of(context));
  same_as_input(context);
}

void infer_group_normalization(InferContext& context) {
  infer_instance_normalization(context);
  const std::int64_t groups = context.node().get_int("num_groups", 1);
  const Dim channels = channels_of(context);
  if (groups < 1 || (channels.is_static() && channels.extent() % groups != 0)) {
    context.fail("num_groups is ", groups, ", which does not divide the ", channels.to_string(),
                 " channels");
  }
}

/// InstanceNormalization is GroupNormalization with one channel per group.
void normalize_groups(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs,
                      std::int64_t channels_per_group) {
  const double epsilon = node.get_float("epsilon", 1e-5f);
  const std::vector<double> scale = to_doubles(inputs[1]), bias = to_doubles(inputs[2]);
  const std::int64_t points = product(std::span(inputs[0].shape()).subspan(2));
  const std::int64_t count = points * channels_per_group;
  if (inputs[0].size() == 0) return;
  dispatch_floats(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* x = inputs[0].data<T>();
    T* y = outputs[0].data<T>();
    for (std::int64_t first = 0; first < inputs[0].size(); first += count) {
      const Moments m = moments(x + first, count);
      const double inverse = 1.0 / std::sqrt(m.variance + epsilon);
      for (std::int64_t i = first; i < first + count; ++i) {
        const auto channel = static_cast<std::size_t>(i / points % inputs[0].dim(1));
        y[i] = store<T>((load(x[i]) - m.mean) * inverse * scale[channel] + bias[channel]);
      }
    }
  });
}

void run_instance_normalization(const Node& node, std::span<const Tensor> inputs,
                                std::span<Tensor> outputs) {
  normalize_groups(node, inputs, outputs, 1);
}

void run_group_normalization(const Node& node, std::span<const Tensor> inputs,
                             std::span<Tensor> outputs) {
  normalize_groups(node, inputs, outputs, inputs[0].dim(1) / node.get_int("num_groups", 1));
}

void infer_lrn(InferContext& context) {
  require_min_rank(context, 0, 2);
  if (context.node().get_int("size", 1) < 1) context.fail("attribute size must be positive");
  same_as_float_input(context);
}

void run_lrn(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const std::int64_t size = node.get_int("size", 1), channels = inputs[0].dim(1);
  const double alpha = node.get_float("alpha", 1e-4f), beta = node.get_float("beta", 0.75f);
  const double bias = node.get_float("bias", 1.0f);
  const std::int64_t points = product(std::span(inputs[0].shape()).subspan(2));
  dispatch_floats(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* x = inputs[0].data<T>();
    T* y = outputs[0].data<T>();
    for (std::int64_t i = 0; i < inputs[0].size(); ++i) {
      const std::int64_t channel = i / points % channels;
      const std::int64_t low = std::max<std::int64_t>(channel - (size - 1) / 2, 0);
      const std::int64_t high = std::min(channel + size / 2, channels - 1);
      double squares = 0.0;
      for (std::int64_t c = low; c <= high; ++c) {
        const double value = load(x[i + (c - channel) * points]);
        squares += value * value;
      }
      const double divisor = std::pow(bias + alpha / static_cast<double>(size) * squares, beta);
      y[i] = store<T>(load(x[i]) / divisor);
    }
  });
}

}  // namespace

std::vector<AttributeSpec> batch_normalization_attributes() {
  return {{"epsilon", AttributeKind::kFloat},
          {"momentum", AttributeKind::kFloat},
          {"training_mode", AttributeKind::kInt}};
}

void infer_batch_normalization(InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  require_min_rank(context, 0, 2);
  if (context.node().get_int("training_mode", 0) != 0) {
    fail(ErrorCode::kUnsupported, context.node().described(),
         ": training_mode is set; export the model for inference");
  }
  for (std::size_t index = 1; index < 5; ++index) {
    require_dtype(context, index, kFloatTypes);
    require_vector(context, index, channels_of(context));
  }
  same_as_input(context);
}

void run_batch_normalization(const Node& node, std::span<const Tensor> inputs,
                             std::span<Tensor> outputs) {
  const std::vector<double> scale = to_doubles(inputs[1]), bias = to_doubles(inputs[2]);
  const std::vector<double> mean = to_doubles(inputs[3]), variance = to_doubles(inputs[4]);
  const double epsilon = node.get_float("epsilon", 1e-5f);
  const Activation activation = fused_activation(node);
  const auto channels = static_cast<std::size_t>(inputs[0].dim(1));
  const std::int64_t points = product(std::span(inputs[0].shape()).subspan(2));
  dispatch_floats(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* x = inputs[0].data<T>();
    T* y = outputs[0].data<T>();
    for (std::int64_t image = 0; image < inputs[0].dim(0); ++image) {
      for (std::size_t c = 0; c < channels; ++c) {
        const double factor = scale[c] / std::sqrt(variance[c] + epsilon);
        for (std::int64_t i = 0; i < points; ++i) {
          *y++ = store<T>(activation((load(*x++) - mean[c]) * factor + bias[c]));
        }
      }
    }
  });
}

std::vector<Operator> normalization_operators() {
  const AttributeSpec epsilon{"epsilon", AttributeKind::kFloat};
  return {
      {"BatchNormalization", "", 15, 5, 5, 1, 1, batch_normalization_attributes(),
       infer_batch_normalization, run_batch_normalization},
      {"GroupNormalization",
       "",
       21,
       3,
       3,
       1,
       1,
       {epsilon, {"num_groups", AttributeKind::kInt, true}, {"stash_type", AttributeKind::kInt}},
       infer_group_normalization,
       run_group_normalization},
      {"InstanceNormalization",
       "",
       6,
       3,
       3,
       1,
       1,
       {epsilon},
       infer_instance_normalization,
       run_instance_normalization},
      {"LRN",
       "",
       13,
       1,
       1,
       1,
       1,
       {{"alpha", AttributeKind::kFloat},
        {"beta", AttributeKind::kFloat},
        {"bias", AttributeKind::kFloat},
        {"size", AttributeKind::kInt, true}},
       infer_lrn,
       run_lrn},
      {"LayerNormalization",
       "",
       17,
       2,
       3,
       1,
       3,
       {epsilon, {"axis", AttributeKind::kInt}, {"stash_type", AttributeKind::kInt}},
       infer_layer_normalization,
       run_layer_normalization},
  };
}

}  // namespace headway
