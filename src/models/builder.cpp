#include "models/builder.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>
#include <utility>

#include "base/error.h"
#include "models/weights.h"

namespace headway::models {
namespace {

using Ints = std::vector<std::int64_t>;

Tensor to_tensor(const std::vector<double>& values) {
  const std::vector<float> floats(values.begin(), values.end());
  return Tensor::from<float>({static_cast<std::int64_t>(floats.size())}, floats);
}

double logistic(double x) {
  return 1 / (1 + std::exp(-x));
}

bool is_index(std::string_view name) {
  return std::ranges::all_of(name, [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace

ModelBuilder::ModelBuilder(std::string_view name, const ModelOptions& options, float norm_epsilon)
    : graph_(std::string(name)), options_(options), norm_epsilon_(norm_epsilon) {}

ModelBuilder::Scope ModelBuilder::enter(std::string_view module) {
  path_.emplace_back(module);
  return Scope(*this);
}

std::string ModelBuilder::full_name(std::string_view name) const {
  std::string full;
  for (const std::string& module : path_) full += module + ".";
  return headway::concat(full, name);
}

std::string ModelBuilder::parameter_name(std::string_view name, std::string_view parameter) const {
  return headway::concat(full_name(name), ".", parameter);
}

// As PyTorch's ONNX exporter writes it: an index is shown together with the container it is in.
std::string ModelBuilder::node_path(std::string_view name) const {
  std::string full, container;
  const auto append = [&](std::string_view module) {
    container = is_index(module) ? headway::concat(container, ".", module) : std::string(module);
    full += "/" + container;
  };
  for (const std::string& module : path_) append(module);
  append(name);
  return full;
}

Value* ModelBuilder::node(std::string_view op_type, std::string_view name,
                          std::vector<Value*> inputs, Attributes attributes, Facts facts) {
  Value* output =
      graph_.add_node(op_type, std::move(inputs), {node_path(name)}, std::move(attributes))
          ->output();
  facts_.emplace(output, std::move(facts));
  return output;
}

std::int64_t ModelBuilder::channels(const Value* x) const {
  return static_cast<std::int64_t>(facts_.at(x).spread.channels());
}

Value* ModelBuilder::image() {
  const std::int64_t size = options_.image_size;
  Value* x = graph_.add_input(
      "input", {DType::kFloat32, SymbolicShape{Dim(std::string("N")), 3, size, size}});
  facts_.emplace(x, Facts{Spread::normal({0, 0, 0}, {1, 1, 1}), size});
  return x;
}

std::int64_t ModelBuilder::pooled_size(std::string_view name, const Value* x, std::int64_t window,
                                       std::int64_t stride, std::int64_t padding,
                                       bool ceil_mode) const {
  const std::int64_t span = size(x) + 2 * padding - window;
  if (span < 0)
    fail(ErrorCode::kInvalidArgument, "image size ", options_.image_size, " is too small for ",
         graph_.name(), ": layer ", node_path(name), " has a window of ", window, " but only ",
         size(x) + 2 * padding, " pixels are left");
  std::int64_t pooled = (span + (ceil_mode ? stride - 1 : 0)) / stride + 1;
  // PyTorch drops a window that would start in the padding beyond the image.
  if (ceil_mode && (pooled - 1) * stride >= size(x) + padding) --pooled;
  return pooled;
}

/// A bias that leaves the channels' means scattered around zero, as training does.
Value* ModelBuilder::bias_around_zero(const std::string& full_name, Spread& y, double deviation) {
  Tensor bias = seeded_uniform({static_cast<std::int64_t>(y.channels())}, 0, deviation,
                               options_.seed, full_name);
  const std::span<float> values = bias.values<float>();
  for (std::size_t c = 0; c < y.channels(); ++c) values[c] -= static_cast<float>(y.mean(c));
  y = y.affine(std::vector(y.channels(), 1.0), {values.begin(), values.end()});
  return graph_.add_constant(full_name, bias);
}

Value* ModelBuilder::conv(std::string_view name, Value* x, const ConvOptions& options) {
  const ConvAxis height = {options.kernel, options.padding};
  const ConvAxis width = options.width.value_or(height);
  const std::int64_t out_size = pooled_size(name, x, height.kernel, options.stride, height.padding);
  const std::string full = parameter_name(name, "weight");
  Tensor weight = seeded_uniform(
      {options.out_channels, channels(x) / options.groups, height.kernel, width.kernel}, 0, 1,
      options_.seed, full);
  const ConvGeometry geometry = {height, width, options.stride, options.groups, size(x), out_size};
  Spread spread = scale_weights(weight, facts_.at(x).spread, geometry, options.variance);

  std::vector<Value*> inputs = {x, graph_.add_constant(full, weight)};
  if (options.bias)
    inputs.push_back(
        bias_around_zero(parameter_name(name, "bias"), spread, options.bias_deviation));
  return node("Conv", name, std::move(inputs),
              {{"dilations", Ints{1, 1}},
               {"group", options.groups},
               {"kernel_shape", Ints{height.kernel, width.kernel}},
               {"pads", Ints{height.padding, width.padding, height.padding, width.padding}},
               {"strides", Ints{options.stride, options.stride}}},
              {std::move(spread), out_size});
}

Value* ModelBuilder::batch_norm(std::string_view name, Value* x, const NormOptions& options) {
  const Shape shape = {channels(x)};
  const auto parameter = [&](std::string_view which, double mean, double deviation) {
    const std::string full = parameter_name(name, which);
    return graph_.add_constant(full, seeded_uniform(shape, mean, deviation, options_.seed, full));
  };
  Value* weight = parameter("weight", options.deviation, 0.1 * options.deviation);
  Value* bias = parameter("bias", options.mean, 0.1 * options.deviation);

  const Spread& input = facts_.at(x).spread;
  std::vector<double> means, variances, scales, shifts;
  for (std::size_t c = 0; c < input.channels(); ++c) {
    means.push_back(input.mean(c));
    variances.push_back(input.variance(c));
    scales.push_back(weight->constant().values<float>()[c] / std::sqrt(variances[c]));
    shifts.push_back(bias->constant().values<float>()[c] - means[c] * scales[c]);
  }
  Value* mean = graph_.add_constant(parameter_name(name, "running_mean"), to_tensor(means));
  Value* variance = graph_.add_constant(parameter_name(name, "running_var"), to_tensor(variances));
  return node("BatchNormalization", name, {x, weight, bias, mean, variance},
              {{"epsilon", norm_epsilon_}}, {input.affine(scales, shifts), size(x)});
}

Value* ModelBuilder::relu(std::string_view name, Value* x) {
  const auto f = [](double v) { return std::max(v, 0.0); };
  return node("Relu", name, {x}, {}, {facts_.at(x).spread.mapped(f), size(x)});
}

Value* ModelBuilder::relu6(std::string_view name, Value* x) {
  Value* low = graph_.add_constant(node_path(name) + "/min", Tensor::from<float>({}, {0.0f}));
  Value* high = graph_.add_constant(node_path(name) + "/max", Tensor::from<float>({}, {6.0f}));
  const auto f = [](double v) { return std::clamp(v, 0.0, 6.0); };
  return node("Clip", name, {x, low, high}, {}, {facts_.at(x).spread.mapped(f), size(x)});
}

Value* ModelBuilder::sigmoid(std::string_view name, Value* x) {
  return node("Sigmoid", name, {x}, {}, {facts_.at(x).spread.mapped(logistic), size(x)});
}

Value* ModelBuilder::silu(std::string_view name, Value* x) {
  const auto scope = enter(name);
  Value* gate = sigmoid("Sigmoid", x);
  const auto f = [](double v) { return v * logistic(v); };
  return node("Mul", "Mul", {x, gate}, {}, {facts_.at(x).spread.mapped(f), size(x)});
}

Value* ModelBuilder::hard_sigmoid(std::string_view name, Value* x) {
  const auto f = [](double v) { return std::clamp(v / 6 + 0.5, 0.0, 1.0); };
  return node("HardSigmoid", name, {x}, {{"alpha", 1.0f / 6}, {"beta", 0.5f}},
              {facts_.at(x).spread.mapped(f), size(x)});
}

Value* ModelBuilder::hard_swish(std::string_view name, Value* x) {
  const auto f = [](double v) { return v * std::clamp(v / 6 + 0.5, 0.0, 1.0); };
  return node("HardSwish", name, {x}, {}, {facts_.at(x).spread.mapped(f), size(x)});
}

Value* ModelBuilder::max_pool(std::string_view name, Value* x, std::int64_t window,
                              std::int64_t stride, std::int64_t padding, bool ceil_mode) {
  const std::int64_t out_size = pooled_size(name, x, window, stride, padding, ceil_mode);
  return node("MaxPool", name, {x},
              {{"ceil_mode", std::int64_t{ceil_mode}},
               {"kernel_shape", Ints{window, window}},
               {"pads", Ints{padding, padding, padding, padding}},
               {"strides", Ints{stride, stride}}},
              {facts_.at(x).spread.largest_of(window * window), out_size});
}

Value* ModelBuilder::average_pool(std::string_view name, Value* x, std::int64_t window,
                                  std::int64_t stride, std::int64_t padding) {
  const std::int64_t out_size = pooled_size(name, x, window, stride, padding);
  return node("AveragePool", name, {x},
              {{"count_include_pad", std::int64_t{1}},
               {"kernel_shape", Ints{window, window}},
               {"pads", Ints{padding, padding, padding, padding}},
               {"strides", Ints{stride, stride}}},
              {facts_.at(x).spread.averaged_over(window * window), out_size});
}

Value* ModelBuilder::global_average_pool(std::string_view name, Value* x) {
  return node("GlobalAveragePool", name, {x}, {},
              {facts_.at(x).spread.averaged_over(size(x) * size(x)), 1});
}

Value* ModelBuilder::add(std::string_view name, Value* a, Value* b) {
  return node("Add", name, {a, b}, {},
              {facts_.at(a).spread.combined(facts_.at(b).spread, std::plus()), size(a)});
}

Value* ModelBuilder::multiply(std::string_view name, Value* x, Value* gate) {
  return node("Mul", name, {gate, x}, {},
              {facts_.at(x).spread.combined(facts_.at(gate).spread, std::multiplies()), size(x)});
}

Value* ModelBuilder::concat(std::string_view name, std::vector<Value*> parts) {
  std::vector<Spread> spreads;
  for (const Value* part : parts) spreads.push_back(facts_.at(part).spread);
  const std::int64_t out_size = size(parts.front());
  return node("Concat", name, std::move(parts), {{"axis", std::int64_t{1}}},
              {Spread::concatenated(spreads), out_size});
}

std::array<Value*, 2> ModelBuilder::halves(std::string_view name, Value* x) {
  const std::string path = node_path(name);
  Node* split =
      graph_.add_node("Split", {x}, {path + "_0", path + "_1"}, {{"axis", std::int64_t{1}}});
  const std::size_t count = spread(x).channels() / 2;
  facts_.emplace(split->output(0), Facts{spread(x).part(0, count), size(x)});
  facts_.emplace(split->output(1), Facts{spread(x).part(count, count), size(x)});
  return {split->output(0), split->output(1)};
}

Value* ModelBuilder::shuffle_channels(std::string_view name, Value* x, std::int64_t groups) {
  const auto scope = enter(name);
  const std::int64_t all = channels(x), extent = size(x);
  Spread shuffled = facts_.at(x).spread.transposed(static_cast<std::size_t>(groups));
  x = reshape("Reshape", x, {0, groups, all / groups, extent, extent});
  x = permute("Transpose", x, {0, 2, 1, 3, 4});
  x = reshape("Reshape_1", x, {0, all, extent, extent});
  expect(x, std::move(shuffled));
  return x;
}

Value* ModelBuilder::flatten(std::string_view name, Value* x) {
  const std::int64_t area = size(x) * size(x);
  return node("Flatten", name, {x}, {{"axis", std::int64_t{1}}},
              {facts_.at(x).spread.repeated(area), 1});
}

Value* ModelBuilder::linear(std::string_view name, Value* x, std::int64_t features,
                            double variance) {
  const std::string full = parameter_name(name, "weight");
  Tensor weight = seeded_uniform({features, channels(x)}, 0, 1, options_.seed, full);
  Spread spread =
      scale_weights(weight, facts_.at(x).spread, {{1, 0}, {1, 0}, 1, 1, 1, 1}, variance);
  Value* constant = graph_.add_constant(full, weight);
  Value* bias = bias_around_zero(parameter_name(name, "bias"), spread, 0.1);
  return node("Gemm", name, {x, constant, bias}, {{"transB", std::int64_t{1}}},
              {std::move(spread), 1});
}

Graph ModelBuilder::finish(Value* logits) {
  return finish({{logits, "output"}});
}

Graph ModelBuilder::finish(std::initializer_list<std::pair<Value*, std::string>> outputs) {
  for (const auto& [value, name] : outputs) {
    graph_.rename(value, name);
    graph_.add_output(value);
  }
  return std::move(graph_);
}

}  // namespace headway::models
