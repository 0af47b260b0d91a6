#include <cmath>
#include <utility>

#include "base/error.h"
#include "models/builder.h"

namespace headway::models {
namespace {

using Ints = std::vector<std::int64_t>;

/// Of what has mean 0 and variance 1 over the channels of a token afterwards.
Spread normalized(const Spread& x, std::span<const float> weight, std::span<const float> bias) {
  const auto count = static_cast<double>(x.channels());
  double mean = 0, square = 0;
  for (std::size_t c = 0; c < x.channels(); ++c) {
    mean += x.mean(c) / count;
    square += (x.variance(c) + x.mean(c) * x.mean(c)) / count;
  }
  const double deviation = std::sqrt(square - mean * mean);
  std::vector<double> scales, shifts;
  for (std::size_t c = 0; c < x.channels(); ++c) {
    scales.push_back(weight[c] / deviation);
    shifts.push_back(bias[c] - mean * scales[c]);
  }
  return x.affine(scales, shifts);
}

}  // namespace

Value* ModelBuilder::dense(std::string_view name, Value* x, const DenseOptions& options) {
  const std::string prefix = full_name(name) + options.joint;
  Tensor weight =
      seeded_uniform({options.features, channels(x)}, 0, 1, options_.seed, prefix + "weight");
  Spread y = scale_weights(weight, spread(x), {{1, 0}, {1, 0}, 1, 1, 1, 1}, options.variance);
  Value* constant = graph_.add_constant(prefix + "weight", weight);
  const auto scope = enter(name);
  Value* transposed =
      graph_.add_node("Transpose", {constant}, {node_path("Transpose")}, {{"perm", Ints{1, 0}}})
          ->output();
  Value* product = node("MatMul", "MatMul", {x, transposed}, {}, {y, size(x)});
  if (!options.bias) return product;
  Value* bias = bias_around_zero(prefix + "bias", y, 0.1);
  return node("Add", "Add", {product, bias}, {}, {std::move(y), size(x)});
}

Value* ModelBuilder::layer_norm(std::string_view name, Value* x, const LayerNormOptions& options) {
  Value *weight, *bias;
  {
    const auto scope = enter(name);
    weight = parameter("weight", {channels(x)}, options.deviation, 0.1 * options.deviation);
    bias = parameter("bias", {channels(x)}, 0, 0.1 * options.deviation);
  }
  Spread y =
      normalized(spread(x), weight->constant().values<float>(), bias->constant().values<float>());
  return node("LayerNormalization", name, {x, weight, bias},
              {{"axis", std::int64_t{-1}}, {"epsilon", options.epsilon}}, {std::move(y), size(x)});
}

std::array<Value*, 3> ModelBuilder::thirds(std::string_view name, Value* x) {
  const std::string path = node_path(name);
  Node* split = graph_.add_node("Split", {x}, {path + "_0", path + "_1", path + "_2"},
                                {{"axis", std::int64_t{-1}}});
  const std::size_t count = spread(x).channels() / 3;
  for (std::size_t i = 0; i < 3; ++i)
    facts_.emplace(split->output(i), Facts{spread(x).part(i * count, count), size(x)});
  return {split->output(0), split->output(1), split->output(2)};
}

Value* ModelBuilder::layer_norm_2d(std::string_view name, Value* x,
                                   const LayerNormOptions& options) {
  x = permute(headway::concat(name, "/Transpose"), x, {0, 2, 3, 1});
  x = layer_norm(name, x, options);
  return permute(headway::concat(name, "/Transpose_1"), x, {0, 3, 1, 2});
}

Value* ModelBuilder::gelu(std::string_view name, Value* x) {
  const auto scope = enter(name);
  const auto scalar = [&](std::string_view which, float value) {
    return constant(which, Tensor::from<float>({}, {value}));
  };
  const auto f = [](double v) { return v * (1 + std::erf(v / std::sqrt(2.0))) / 2; };
  Value* gate = apply("Div", "Div", {x, scalar("Div/root", std::sqrt(2.0f))});
  gate = apply("Add", "Add", {apply("Erf", "Erf", {gate}), scalar("Add/one", 1)});
  Value* product = apply("Mul", "Mul", {x, gate});
  return node("Mul", "Mul_1", {product, scalar("Mul_1/half", 0.5f)}, {},
              {spread(x).mapped(f), size(x)});
}

Value* ModelBuilder::tanh(std::string_view name, Value* x) {
  const auto f = [](double v) { return std::tanh(v); };
  return node("Tanh", name, {x}, {}, {spread(x).mapped(f), size(x)});
}

Value* ModelBuilder::permute(std::string_view name, Value* x, std::vector<std::int64_t> order) {
  return apply("Transpose", name, {x}, {{"perm", std::move(order)}});
}

Value* ModelBuilder::reshape(std::string_view name, Value* x,
                             const std::vector<std::int64_t>& shape) {
  const auto rank = static_cast<std::int64_t>(shape.size());
  Value* extents =
      constant(headway::concat(name, "/shape"), Tensor::from<std::int64_t>({rank}, shape));
  return apply("Reshape", name, {x, extents});
}

Value* ModelBuilder::apply(std::string_view op_type, std::string_view name,
                           std::vector<Value*> inputs, Attributes attributes) {
  Facts facts = facts_[inputs.front()];
  return node(op_type, name, std::move(inputs), std::move(attributes), std::move(facts));
}

Value* ModelBuilder::input(std::string_view name, TensorType type) {
  return graph_.add_input(std::string(name), std::move(type));
}

Value* ModelBuilder::parameter(std::string_view name, Shape shape, double mean, double deviation) {
  const std::string full = full_name(name);
  return graph_.add_constant(
      full, seeded_uniform(std::move(shape), mean, deviation, options_.seed, full));
}

Value* ModelBuilder::buffer(std::string_view name, Tensor tensor) {
  return graph_.add_constant(full_name(name), std::move(tensor));
}

Value* ModelBuilder::constant(std::string_view name, Tensor tensor) {
  return graph_.add_constant(node_path(name), std::move(tensor));
}

}  // namespace headway::models
