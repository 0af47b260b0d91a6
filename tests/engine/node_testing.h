#pragma once

#include <cstring>
#include <limits>

#include "engine_testing.h"
#include "tensor/dispatch.h"

namespace headway {

inline constexpr DType kIntegers[] = {DType::kInt8,  DType::kUInt8,  DType::kInt16, DType::kUInt16,
                                      DType::kInt32, DType::kUInt32, DType::kInt64, DType::kUInt64};
inline constexpr DType kReals[] = {DType::kFloat32, DType::kFloat64};
inline constexpr DType kHalves[] = {DType::kFloat16, DType::kBFloat16};

/// Mostly small numbers; some with any bits at all, and among floating-point ones NaN, infinities
/// and zeros of both signs.
template <typename T>
T random_element(Random& random) {
  if constexpr (std::is_same_v<T, bool>) {
    return random.below(2) != 0;
  } else if constexpr (std::is_integral_v<T>) {
    if (random.below(4) == 0) return static_cast<T>(random.next());
    return static_cast<T>(random.below(16) - (std::is_signed_v<T> ? 8 : 0));
  } else {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    constexpr float kSpecial[] = {kInfinity, -kInfinity, 0.0F, -0.0F, NAN, 1e-7F, 65519.0F, 3e38F};
    const std::uint64_t kind = random.below(20);
    if (kind < std::size(kSpecial)) return T(kSpecial[kind]);
    if (kind < 10) return T(std::ldexp(random.normal(), static_cast<int>(random.below(130)) - 60));
    return T(std::floor(random.normal() * 4) / 2);
  }
}

inline Tensor random_elements(DType dtype, const Shape& shape, Random& random) {
  Tensor tensor = Tensor::allocate(dtype, shape);
  dispatch(dtype, [&]<typename T>(std::type_identity<T>) {
    for (std::int64_t i = 0; i < tensor.size(); ++i)
      tensor.data<T>()[i] = random_element<T>(random);
  });
  return tensor;
}

inline Shape random_shape(Random& random, std::size_t max_rank, std::uint64_t max_extent) {
  Shape shape(random.below(max_rank + 1));
  for (std::int64_t& extent : shape)
    extent = 1 + static_cast<std::int64_t>(random.below(max_extent));
  return shape;
}

/// A shape that broadcasts to `shape`: some extents are 1, some leading ones are left out.
inline Shape random_operand(Random& random, Shape shape) {
  for (std::int64_t& extent : shape) extent = random.below(3) == 0 ? 1 : extent;
  if (random.below(3) != 0 || shape.empty()) return shape;
  return {shape.begin() + static_cast<std::ptrdiff_t>(random.below(shape.size() + 1)), shape.end()};
}

/// The same bits, or both NaN.
inline bool same_elements(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  bool same = true;
  dispatch(a.dtype(), [&]<typename T>(std::type_identity<T>) {
    for (std::int64_t i = 0; i < a.size(); ++i) {
      const T x = a.data<T>()[i], y = b.data<T>()[i];
      bool both_nan = false;
      if constexpr (!std::is_integral_v<T>)
        both_nan = std::isnan(static_cast<double>(static_cast<float>(x))) &&
                   std::isnan(static_cast<double>(static_cast<float>(y)));
      same = same && (both_nan || std::memcmp(&x, &y, sizeof x) == 0);
    }
  });
  return same;
}

/// One node, some of whose inputs are constants of the graph. An undefined tensor is an omitted
/// input.
struct NodeCase {
  std::string op;
  std::vector<Tensor> inputs;
  Attributes attributes = {};
  std::size_t outputs = 1;
  std::vector<std::size_t> constants = {};
  std::string domain = {};
};

inline Graph graph_of(const NodeCase& c) {
  Graph graph;
  std::vector<Value*> inputs;
  for (std::size_t i = 0; i < c.inputs.size(); ++i) {
    const Tensor& tensor = c.inputs[i];
    const bool constant = std::ranges::find(c.constants, i) != c.constants.end();
    if (!tensor.defined()) {
      inputs.push_back(nullptr);
    } else if (constant) {
      inputs.push_back(graph.add_constant("c" + std::to_string(i), tensor));
    } else {
      inputs.push_back(
          graph.add_input("x" + std::to_string(i), {tensor.dtype(), to_symbolic(tensor.shape())}));
    }
  }
  Node* node = graph.add_node(c.op, inputs, std::vector<std::string>(c.outputs, ""), c.attributes,
                              "", c.domain);
  for (Value* output : node->outputs()) graph.add_output(output);
  infer_types(graph);
  return graph;
}

/// A fast kernel computes the node on every instruction set; check(actual, expected) says whether
/// an output is as the reference computes it.
template <typename Check>
void compare_with_reference(const NodeCase& c, const Check& check) {
  const Model model(graph_of(c));
  std::vector<Tensor> inputs;
  for (std::size_t i = 0; i < c.inputs.size(); ++i) {
    const bool constant = std::ranges::find(c.constants, i) != c.constants.end();
    if (c.inputs[i].defined() && !constant) inputs.push_back(c.inputs[i]);
  }
  SCOPED_TRACE(print_graph(model.graph()));
  const std::vector<Tensor> expected = run_reference(model.graph(), inputs);
  for (const std::string& isa : available_isas()) {
    const ScopedVariable force("HEADWAY_ISA", isa);
    const Program program = model.compile({.threads = 2, .fuse = false});
    EXPECT_EQ(program.summary().reference_nodes, 0u);
    Session session(program);
    const auto actual = session.run(inputs);
    for (std::size_t i = 0; i < actual.size(); ++i)
      EXPECT_TRUE(check(actual[i], expected[i])) << isa << ", output " << i;
  }
}

/// To the last bit.
inline void expect_same_as_reference(const NodeCase& c) {
  compare_with_reference(c, same_elements);
}

/// With a largest difference of `tolerance` times the largest magnitude.
inline void expect_near_reference(const NodeCase& c, double tolerance) {
  compare_with_reference(c, [&](const Tensor& actual, const Tensor& expected) {
    return relative_error(actual, expected) <= tolerance;
  });
}

}  // namespace headway
