#include <limits>

#include "ops/elements.h"
#include "ops/families.h"
#include "ops/pool_geometry.h"
#include "ops/rules.h"

namespace headway {
namespace {

constexpr std::int64_t kPlaceholder = std::int64_t{1} << 32;
constexpr DTypes kMaxPoolTypes = {DType::kFloat32,  DType::kFloat64, DType::kFloat16,
                                  DType::kBFloat16, DType::kInt8,    DType::kUInt8};

void infer_pool(InferContext& context) {
  const TensorType& x = context.input(0);
  if (!x.shape) {
    context.set_output(0, x);
    return context.set_output(1, {DType::kInt64, std::nullopt});
  }
  require_min_rank(context, 0, 3);
  Shape stand_in;
  for (const Dim& dim : *x.shape) stand_in.push_back(dim.is_static() ? dim.extent() : kPlaceholder);
  const Shape output = pool_geometry(context.node(), stand_in).output_shape();
  SymbolicShape result = to_symbolic(output);
  for (std::size_t axis = 0; axis < result.size(); ++axis) {
    if (!(*x.shape)[axis].is_static()) {
      result[axis] = stand_in[axis] == output[axis] ? (*x.shape)[axis] : Dim();
    }
  }
  context.set_output(0, {x.dtype, result});
  context.set_output(1, {DType::kInt64, result});
}

void infer_float_pool(InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  infer_pool(context);
}

void infer_max_pool(InferContext& context) {
  require_dtype(context, 0, kMaxPoolTypes);
  infer_pool(context);
}

void infer_global_pool(InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  require_min_rank(context, 0, 2);
  TensorType type = context.input(0);
  if (type.shape) std::fill(type.shape->begin() + 2, type.shape->end(), Dim(1));
  context.set_output(0, type);
}

/// Calls visit(offset of the tap in its channel) for every tap of one window that lies inside the
/// input; returns how many taps lie inside the padded input.
template <typename Visit>
std::int64_t visit_window(std::span<const WindowAxis> axes, std::span<const std::int64_t> position,
                          std::int64_t offset, Visit&& visit) {
  if (axes.empty()) {
    if (offset >= 0) visit(offset);
    return 1;
  }
  const WindowAxis& axis = axes.front();
  const std::int64_t start = position.front() * axis.stride - axis.pad_begin;
  std::int64_t taps = 0;
  for (std::int64_t tap = 0; tap < axis.kernel; ++tap) {
    const std::int64_t at = start + tap * axis.dilation;
    if (at >= axis.input + axis.pad_end) break;
    const bool inside = offset >= 0 && at >= 0 && at < axis.input;
    taps += visit_window(axes.subspan(1), position.subspan(1),
                         inside ? offset * axis.input + at : -1, visit);
  }
  return taps;
}

/// Calls window(channel, position, index of the output element) for every output element.
template <typename Window>
void for_each_window(const PoolGeometry& geometry, Window&& window) {
  const std::int64_t points = geometry.output_points();
  std::vector<std::int64_t> position(geometry.axes.size());
  for (std::int64_t index = 0; index < geometry.batch * geometry.channels * points; ++index) {
    std::int64_t rest = index % points;
    for (std::size_t axis = position.size(); axis-- > 0;) {
      position[axis] = rest % geometry.axes[axis].output;
      rest /= geometry.axes[axis].output;
    }
    window(index / points, position, index);
  }
}

/// The index of an input element if the spatial axes were stored innermost first (storage_order 1).
std::int64_t column_major(const PoolGeometry& geometry, std::int64_t offset) {
  std::int64_t result = 0, stride = geometry.input_points();
  for (std::size_t axis = geometry.axes.size(); axis-- > 0;) {
    stride /= std::max<std::int64_t>(geometry.axes[axis].input, 1);
    result += offset % geometry.axes[axis].input * stride;
    offset /= geometry.axes[axis].input;
  }
  return result;
}

template <typename T>
T lowest() {
  if constexpr (kIsFloat<T>) {
    return store<T>(-std::numeric_limits<double>::infinity());
  } else {
    return std::numeric_limits<T>::lowest();
  }
}

void run_max_pool(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const PoolGeometry geometry = pool_geometry(node, inputs[0].shape());
  const bool by_column = node.get_int("storage_order", 0) != 0;
  std::int64_t* indices =
      outputs.size() > 1 && outputs[1].defined() ? outputs[1].data<std::int64_t>() : nullptr;
  dispatch_numbers(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* x = inputs[0].data<T>();
    T* y = outputs[0].data<T>();
    for_each_window(geometry, [&](std::int64_t channel, const auto& position, std::int64_t index) {
      const std::int64_t first = channel * geometry.input_points();
      T best = lowest<T>();
      std::int64_t best_offset = 0;
      bool found = false;
      visit_window(geometry.axes, position, 0, [&](std::int64_t offset) {
        const auto value = load(x[first + offset]);
        if (found && !(value > load(best)) && value == value) return;
        best = x[first + offset];
        best_offset = offset;
        found = true;
      });
      y[index] = best;
      if (indices != nullptr) {
        indices[index] = first + (by_column ? column_major(geometry, best_offset) : best_offset);
      }
    });
  });
}

void run_average_pool(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const PoolGeometry geometry = pool_geometry(node, inputs[0].shape());
  dispatch_floats(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* x = inputs[0].data<T>();
    T* y = outputs[0].data<T>();
    for_each_window(geometry, [&](std::int64_t channel, const auto& position, std::int64_t index) {
      const T* plane = x + channel * geometry.input_points();
      double sum = 0.0;
      std::int64_t inside = 0;
      const std::int64_t padded = visit_window(geometry.axes, position, 0, [&](std::int64_t at) {
        sum += load(plane[at]);
        ++inside;
      });
      const std::int64_t count = geometry.count_include_pad ? padded : inside;
      y[index] = store<T>(count == 0 ? 0.0 : sum / static_cast<double>(count));
    });
  });
}

void run_lp_pool(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const PoolGeometry geometry = pool_geometry(node, inputs[0].shape());
  const auto p = static_cast<double>(node.get_int("p", 2));
  dispatch_floats(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* x = inputs[0].data<T>();
    T* y = outputs[0].data<T>();
    for_each_window(geometry, [&](std::int64_t channel, const auto& position, std::int64_t index) {
      const T* plane = x + channel * geometry.input_points();
      double sum = 0.0;
      visit_window(geometry.axes, position, 0,
                   [&](std::int64_t at) { sum += std::pow(std::abs(load(plane[at])), p); });
      y[index] = store<T>(std::pow(sum, 1.0 / p));
    });
  });
}

/// Reduces each channel: y = finish(combine over all elements, count).
template <typename Combine, typename Finish>
void pool_globally(const Tensor& input, Tensor& output, double start, Combine combine,
                   Finish finish) {
  dispatch_floats(input.dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* x = input.data<T>();
    T* y = output.data<T>();
    const std::int64_t points = product(std::span(input.shape()).subspan(2));
    for (std::int64_t channel = 0; channel < output.size(); ++channel) {
      double value = start;
      for (std::int64_t i = 0; i < points; ++i) value = combine(value, load(*x++));
      y[channel] = store<T>(finish(value, static_cast<double>(points)));
    }
  });
}

void run_global_average_pool(const Node&, std::span<const Tensor> inputs,
                             std::span<Tensor> outputs) {
  pool_globally(
      inputs[0], outputs[0], 0.0, [](double sum, double x) { return sum + x; },
      [](double sum, double count) { return sum / count; });
}

void run_global_max_pool(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  pool_globally(
      inputs[0], outputs[0], -std::numeric_limits<double>::infinity(),
      [](double best, double x) { return x > best || x != x ? x : best; },
      [](double best, double) { return best; });
}

void run_global_lp_pool(const Node& node, std::span<const Tensor> inputs,
                        std::span<Tensor> outputs) {
  const auto p = static_cast<double>(node.get_int("p", 2));
  pool_globally(
      inputs[0], outputs[0], 0.0,
      [p](double sum, double x) { return sum + std::pow(std::abs(x), p); },
      [p](double sum, double) { return std::pow(sum, 1.0 / p); });
}

std::vector<AttributeSpec> pool_attributes(std::initializer_list<AttributeSpec> more) {
  std::vector<AttributeSpec> specs = {
      {"auto_pad", AttributeKind::kString}, {"ceil_mode", AttributeKind::kInt},
      {"dilations", AttributeKind::kInts},  {"kernel_shape", AttributeKind::kInts, true},
      {"pads", AttributeKind::kInts},       {"strides", AttributeKind::kInts}};
  specs.insert(specs.end(), more);
  return specs;
}

}  // namespace

std::vector<Operator> pool_operators() {
  return {
      {"AveragePool", "", 19, 1, 1, 1, 1,
       pool_attributes({{"count_include_pad", AttributeKind::kInt}}), infer_float_pool,
       run_average_pool},
      {"GlobalAveragePool", "", 1, 1, 1, 1, 1, {}, infer_global_pool, run_global_average_pool},
      {"GlobalLpPool",
       "",
       2,
       1,
       1,
       1,
       1,
       {{"p", AttributeKind::kInt}},
       infer_global_pool,
       run_global_lp_pool},
      {"GlobalMaxPool", "", 1, 1, 1, 1, 1, {}, infer_global_pool, run_global_max_pool},
      {"LpPool", "", 18, 1, 1, 1, 1, pool_attributes({{"p", AttributeKind::kInt}}),
       infer_float_pool, run_lp_pool},
      {"MaxPool", "", 12, 1, 1, 1, 2, pool_attributes({{"storage_order", AttributeKind::kInt}}),
       infer_max_pool, run_max_pool},
  };
}

}  // namespace headway
