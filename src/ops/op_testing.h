#pragma once

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ops/elements.h"
#include "ops/operator.h"

namespace headway {

/// A graph of one node, for tests. An undefined tensor stands for an omitted input.
struct OneNode {
  Graph graph;
  Node* node = nullptr;

  OneNode(std::string_view op, const std::vector<TensorType>& types, Attributes attributes = {},
          std::size_t outputs = 1, std::string_view domain = "") {
    std::vector<Value*> inputs;
    for (const TensorType& type : types) inputs.push_back(graph.add_input("", type));
    add(op, inputs, std::move(attributes), outputs, domain);
  }

  OneNode(std::string_view op, const std::vector<Tensor>& tensors, Attributes attributes = {},
          std::size_t outputs = 1, std::string_view domain = "") {
    std::vector<Value*> inputs;
    for (const Tensor& tensor : tensors) {
      const bool given = tensor.defined();
      inputs.push_back(given ? graph.add_input("", {tensor.dtype(), to_symbolic(tensor.shape())})
                             : nullptr);
    }
    add(op, inputs, std::move(attributes), outputs, domain);
  }

  /// The type that inference gives to an output.
  TensorType infer(std::size_t output = 0) {
    infer_types(graph);
    return node->output(output)->type;
  }

 private:
  void add(std::string_view op, const std::vector<Value*>& inputs, Attributes attributes,
           std::size_t outputs, std::string_view domain) {
    node = graph.add_node(op, inputs, std::vector<std::string>(outputs, ""), std::move(attributes),
                          "it", domain);
    for (Value* output : node->outputs()) graph.add_output(output);
  }
};

inline std::vector<Tensor> run_all(std::string_view op, const std::vector<Tensor>& inputs,
                                   Attributes attributes = {}, std::size_t outputs = 1,
                                   std::string_view domain = "") {
  const OneNode one(op, inputs, std::move(attributes), outputs, domain);
  return run_reference(*one.node, inputs);
}

inline Tensor run_op(std::string_view op, const std::vector<Tensor>& inputs,
                     Attributes attributes = {}, std::string_view domain = "") {
  return run_all(op, inputs, std::move(attributes), 1, domain).front();
}

inline Tensor floats(Shape shape, std::initializer_list<float> values) {
  return Tensor::from<float>(std::move(shape), values);
}

inline Tensor ints(std::initializer_list<std::int64_t> values) {
  return Tensor::from<std::int64_t>({static_cast<std::int64_t>(values.size())}, values);
}

inline std::vector<std::int64_t> list(std::initializer_list<std::int64_t> values) {
  return values;
}

/// Reproducible numbers in [-2, 2).
inline Tensor random_floats(Shape shape, unsigned seed = 1) {
  Tensor tensor = Tensor::allocate(DType::kFloat32, std::move(shape));
  std::mt19937 generator(seed);
  for (float& value : tensor.values<float>()) {
    value = static_cast<float>(generator() % 4096) / 1024.0f - 2.0f;
  }
  return tensor;
}

inline void expect_near(const Tensor& found, const Tensor& wanted, double tolerance = 1e-5) {
  ASSERT_EQ(found.dtype(), wanted.dtype());
  ASSERT_EQ(found.shape(), wanted.shape());
  const std::vector<double> a = to_doubles(found), b = to_doubles(wanted);
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], tolerance) << "element " << i;
}

/// Runs `action`, which must throw an Error whose sentence contains all of `parts`.
template <typename Action>
void expect_error(ErrorCode code, const std::vector<std::string>& parts, Action&& action) {
  try {
    action();
    ADD_FAILURE() << "no error was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(static_cast<int>(error.code()), static_cast<int>(code)) << error.what();
    for (const std::string& part : parts) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
          << "'" << part << "' is not in: " << error.what();
    }
  }
}

/// A type whose extents are numbers where >= 0 and unknown where -1.
inline TensorType type_of(std::vector<Dim> dims, DType dtype = DType::kFloat32) {
  return {dtype, SymbolicShape(std::move(dims))};
}

inline Dim symbol(const char* name) {
  return Dim(std::string(name));
}

}  // namespace headway
