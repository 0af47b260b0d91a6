#include "node_testing.h"

namespace headway {
namespace {

constexpr DType kBytes[] = {DType::kInt8, DType::kUInt8};

std::int64_t from_to(Random& random, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(high - low + 1)));
}

DType any_byte(Random& random) {
  return kBytes[random.below(2)];
}

Tensor random_scales(const Shape& shape, Random& random) {
  Tensor scales = Tensor::allocate(DType::kFloat32, shape);
  for (float& scale : scales.values<float>())
    scale = static_cast<float>(std::ldexp(1.0 + random.uniform(), -7));
  return scales;
}

/// Scales for all of `x`, for positions along an axis, or for blocks along it.
struct Scales {
  Shape shape;
  Attributes attributes;
};

Scales any_scales(const Shape& x, Random& random) {
  const auto kind = random.below(3);
  if (kind == 0) return {{}, {}};
  const std::size_t axis = random.below(x.size());
  Attributes attributes = {{"axis", static_cast<std::int64_t>(axis)}};
  if (kind == 1) return {{x[axis]}, attributes};
  const std::int64_t block = from_to(random, 1, x[axis]);
  attributes["block_size"] = block;
  Shape shape = x;
  shape[axis] = (x[axis] + block - 1) / block;
  return {shape, attributes};
}

Shape any_shape(Random& random) {
  Shape shape = {from_to(random, 1, 5), from_to(random, 1, 40), from_to(random, 1, 70)};
  shape.resize(1 + random.below(3));
  return shape;
}

TEST(QuantizedOperators, Quantize) {
  Random random(1);
  for (const DType dtype : {DType::kInt8, DType::kUInt8, DType::kInt16, DType::kUInt16}) {
    for (int i = 0; i < 30; ++i) {
      const Shape shape = any_shape(random);
      const auto [scales, attributes] = any_scales(shape, random);
      const Tensor zero =
          i % 4 == 0 ? Tensor::zeros(dtype, scales) : random_elements(dtype, scales, random);
      expect_same_as_reference(
          {"QuantizeLinear",
           {random_elements(DType::kFloat32, shape, random), random_scales(scales, random), zero},
           attributes});
    }
  }
}

TEST(QuantizedOperators, Dequantize) {
  Random random(2);
  for (const DType dtype :
       {DType::kInt8, DType::kUInt8, DType::kInt16, DType::kUInt16, DType::kInt32}) {
    for (int i = 0; i < 30; ++i) {
      const Shape shape = any_shape(random);
      const auto [scales, attributes] = any_scales(shape, random);
      Tensor zero;
      if (i % 3 != 0) zero = random_elements(dtype, scales, random);
      expect_same_as_reference(
          {"DequantizeLinear",
           {random_elements(dtype, shape, random), random_scales(scales, random), zero},
           attributes});
    }
  }
}

TEST(QuantizedOperators, DynamicQuantize) {
  Random random(3);
  for (const Shape& shape : {Shape{1}, Shape{7}, Shape{3, 100}, Shape{70001}}) {
    Tensor x = Tensor::allocate(DType::kFloat32, shape);
    for (float& element : x.values<float>()) element = random.normal() * 3 - 1;
    expect_same_as_reference({"DynamicQuantizeLinear", {x}, {}, 3});
  }
  expect_same_as_reference({"DynamicQuantizeLinear", {Tensor::zeros(DType::kFloat32, {9})}, {}, 3});
}

TEST(QuantizedOperators, IntegerProducts) {
  Random random(4);
  for (int i = 0; i < 40; ++i) {
    const std::int64_t m = from_to(random, 1, 60), n = from_to(random, 1, 80);
    const std::int64_t k = from_to(random, 1, 100);
    const DType a = any_byte(random), b = any_byte(random);
    Shape left = {m, k}, right = {k, n};
    if (i % 3 == 0) left = {2, m, k};
    if (i % 6 == 0) right = {2, k, n};
    if (i % 7 == 0) left = {k};
    Tensor a_zero, b_zero;
    if (i % 4 != 0)
      a_zero = random_elements(a, i % 8 == 1 && left.size() == 2 ? Shape{m} : Shape{}, random);
    if (i % 5 != 0) b_zero = random_elements(b, i % 5 == 1 ? Shape{n} : Shape{}, random);
    NodeCase c = {
        "MatMulInteger",
        {random_elements(a, left, random), random_elements(b, right, random), a_zero, b_zero}};
    if (i % 2 == 0) c.constants = {1, 3};
    expect_same_as_reference(c);
  }
}

TEST(QuantizedOperators, QuantizedProducts) {
  Random random(5);
  for (int i = 0; i < 30; ++i) {
    const std::int64_t m = from_to(random, 1, 40), n = from_to(random, 1, 80);
    const std::int64_t k = from_to(random, 1, 100);
    const DType a = any_byte(random), b = any_byte(random);
    const Shape columns = i % 2 == 0 ? Shape{} : Shape{n};
    expect_same_as_reference({"QLinearMatMul",
                              {random_elements(a, {m, k}, random), random_scales({}, random),
                               random_elements(a, {}, random), random_elements(b, {k, n}, random),
                               random_scales(columns, random), random_elements(b, columns, random),
                               random_scales({}, random), random_elements(a, {}, random)},
                              {},
                              1,
                              {1, 3, 4, 5, 6, 7}});
  }
}

struct Convolution {
  Shape x, w;
  std::int64_t channels;
  Attributes attributes;
};

Convolution any_convolution(Random& random) {
  const std::size_t rank = 1 + random.below(3);
  const bool depthwise = random.below(3) == 0;
  const std::int64_t groups = depthwise ? from_to(random, 2, 9) : from_to(random, 1, 3);
  const std::int64_t in = depthwise ? 1 : from_to(random, 1, 5);
  const std::int64_t out = depthwise ? 1 : from_to(random, 1, 15);
  Convolution c{{from_to(random, 1, 2), groups * in}, {groups * out, in}, groups * out, {}};
  std::vector<std::int64_t> strides, dilations, pads;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const std::int64_t kernel = from_to(random, 1, 3);
    dilations.push_back(from_to(random, 1, 2));
    c.w.push_back(kernel);
    c.x.push_back((kernel - 1) * dilations.back() + from_to(random, 1, 40 / (1 << (2 * axis))));
    strides.push_back(from_to(random, 1, 3));
  }
  for (std::size_t i = 0; i < 2 * rank; ++i) pads.push_back(from_to(random, 0, 2));
  c.attributes = {
      {"group", groups}, {"strides", strides}, {"dilations", dilations}, {"pads", pads}};
  return c;
}

TEST(QuantizedOperators, IntegerConvolutions) {
  Random random(6);
  for (int i = 0; i < 60; ++i) {
    const Convolution c = any_convolution(random);
    const DType x = any_byte(random), w = any_byte(random);
    const Shape points = i % 2 == 0 ? Shape{} : Shape{c.channels};
    expect_same_as_reference({"ConvInteger",
                              {random_elements(x, c.x, random), random_elements(w, c.w, random),
                               i % 3 == 0 ? Tensor() : random_elements(x, {}, random),
                               random_elements(w, points, random)},
                              c.attributes,
                              1,
                              {1, 3}});
  }
}

TEST(QuantizedOperators, QuantizedConvolutions) {
  Random random(7);
  for (int i = 0; i < 60; ++i) {
    const Convolution c = any_convolution(random);
    const DType x = any_byte(random), w = any_byte(random);
    const Shape points = i % 2 == 0 ? Shape{} : Shape{c.channels};
    Tensor bias;
    if (i % 3 != 0) {
      bias = Tensor::allocate(DType::kInt32, {c.channels});
      for (std::int32_t& b : bias.values<std::int32_t>())
        b = static_cast<std::int32_t>(from_to(random, -9999, 9999));
    }
    expect_same_as_reference({"QLinearConv",
                              {random_elements(x, c.x, random), random_scales({}, random),
                               random_elements(x, {}, random), random_elements(w, c.w, random),
                               random_scales(points, random), random_elements(w, points, random),
                               random_scales({}, random), random_elements(x, {}, random), bias},
                              c.attributes,
                              1,
                              {1, 3, 4, 5, 6, 7, 8}});
  }
}

/// Quantized, and a float again.
Value* through_bytes(Graph& graph, Value* value, Value* scale, Value* zero) {
  value = graph.add_node("QuantizeLinear", {value, scale, zero})->output();
  return graph.add_node("DequantizeLinear", {value, scale, zero})->output();
}

/// A convolution as quantizers of float models write it.
Graph quantized_network(const Convolution& c, Random& random) {
  Graph graph;
  const auto constant = [&](const Tensor& tensor) { return graph.add_constant("", tensor); };
  const DType x_type = any_byte(random), y_type = any_byte(random);
  Value* x = graph.add_input("x", {DType::kFloat32, to_symbolic(c.x)});
  const Tensor x_scale = random_scales({}, random), w_scale = random_scales({c.channels}, random);
  x = through_bytes(graph, x, constant(x_scale), constant(random_elements(x_type, {}, random)));
  Value* w = constant(random_elements(DType::kInt8, c.w, random));
  w = graph.add_node("DequantizeLinear", {w, constant(w_scale)}, {""}, {{"axis", std::int64_t{0}}})
          ->output();
  Tensor unit = w_scale.clone();
  for (float& element : unit.values<float>()) element *= x_scale.values<float>()[0];
  Tensor bias = Tensor::allocate(DType::kInt32, {c.channels});
  for (std::int32_t& b : bias.values<std::int32_t>())
    b = static_cast<std::int32_t>(from_to(random, -9999, 9999));
  Value* b = graph
                 .add_node("DequantizeLinear", {constant(bias), constant(unit)}, {""},
                           {{"axis", std::int64_t{0}}})
                 ->output();
  Value* y = graph.add_node("Conv", {x, w, b}, {""}, c.attributes)->output();
  if (random.below(2) == 0) y = graph.add_node("Relu", {y})->output();
  const Tensor y_scale = Tensor::from<float>({}, {0.0625F});
  const bool lowest = random.below(2) == 0;
  const Tensor y_zero =
      lowest ? Tensor::from<std::uint8_t>({}, {0}) : random_elements(y_type, {}, random);
  graph.add_output(
      graph.add_node("QuantizeLinear", {y, constant(y_scale), constant(y_zero)})->output());
  infer_types(graph);
  return graph;
}

bool within_one(const Tensor& actual, const Tensor& expected) {
  const Tensor a = actual.to(DType::kInt32), b = expected.to(DType::kInt32);
  for (std::int64_t i = 0; i < a.size(); ++i) {
    if (std::abs(a.data<std::int32_t>()[i] - b.data<std::int32_t>()[i]) > 1) return false;
  }
  return actual.dtype() == expected.dtype() && actual.shape() == expected.shape();
}

TEST(QuantizedOperators, NetworksBetweenQuantizations) {
  Random random(8);
  for (int i = 0; i < 40; ++i) {
    const Convolution c = any_convolution(random);
    const Model model(quantized_network(c, random));
    SCOPED_TRACE(print_graph(model.graph()));
    Tensor x = Tensor::allocate(DType::kFloat32, c.x);
    for (float& element : x.values<float>()) element = random.normal();
    const Tensor expected = run_reference(model.graph(), std::vector<Tensor>{x}).front();
    for (const std::string& isa : available_isas()) {
      const ScopedVariable force("HEADWAY_ISA", isa);
      const Program program = model.compile({.threads = 2});
      Session session(program);
      EXPECT_TRUE(within_one(session.run(std::vector<Tensor>{x}).front(), expected)) << isa;
    }
  }
}

}  // namespace
}  // namespace headway
