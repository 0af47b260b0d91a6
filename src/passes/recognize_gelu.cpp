#include <algorithm>
#include <cmath>

#include "passes/passes.h"
#include "passes/pattern.h"

namespace headway {
namespace {

/// A product taken apart: constants multiplied together, and everything else.
struct Product {
  float factor = 1.0f;
  std::vector<Value*> others;

  bool is(float wanted_factor, std::size_t others_count) const {
    return others.size() == others_count &&
           std::abs(factor - wanted_factor) <= 1e-4f * wanted_factor;
  }
};

void multiply(Product& product, Value* value);

/// Multiplies in what `value` is the product of: of factors, a quotient by a constant, a small
/// power. False if it is none of these.
bool multiply_apart(Product& product, Value* value) {
  const Node* node = value->producer();
  if (node == nullptr) return false;
  const auto constant = float_scalar(node->input(1));
  if (node->is("Mul")) {
    multiply(product, node->input(0));
    multiply(product, node->input(1));
    return true;
  }
  if (node->is("Div") && constant) {
    product.factor /= *constant;
    multiply(product, node->input(0));
    return true;
  }
  if (node->is("Pow") && (constant == 2.0f || constant == 3.0f)) {
    for (float i = 0; i < *constant; ++i) multiply(product, node->input(0));
    return true;
  }
  return false;
}

/// GELU's argument may be a product, too, but it is read more than once.
void multiply(Product& product, Value* value) {
  if (const auto constant = float_scalar(value)) {
    product.factor *= *constant;
  } else if (value->users().size() > 1 || !multiply_apart(product, value)) {
    product.others.push_back(value);
  }
}

Product product_of(Value* value) {
  Product product;
  if (!multiply_apart(product, value)) product.others.push_back(value);
  return product;
}

/// The side of a sum that is not `constant`.
Value* beside_constant(const Value* value, float constant) {
  const Node* sum = producer(value, "Add");
  if (sum == nullptr) return nullptr;
  const auto sides =
      match_either_side(*sum, [&](const Value* side) { return float_scalar(side) == constant; });
  return sides ? sides->other : nullptr;
}

bool are_all(const std::vector<Value*>& values, const Value* x) {
  return std::ranges::all_of(values, [&](const Value* value) { return value == x; });
}

/// value = x / √2
bool is_scaled_for_erf(Value* value, const Value* x) {
  const Product product = product_of(value);
  return product.is(0.70710678f, 1) && product.others[0] == x;
}

/// value = 0.044715 · x^exponent
bool is_correction(Value* value, const Value* x, std::size_t exponent) {
  const Product product = product_of(value);
  return product.is(0.044715f, exponent) && are_all(product.others, x);
}

/// value = √(2 / π) · (x + 0.044715 · x³), or with x taken out of the sum.
bool is_scaled_for_tanh(Value* value, const Value* x) {
  Product product = product_of(value);
  const std::size_t factors = product.others.size();
  if (factors == 0 || factors > 2 || !product.is(0.79788456f, factors)) return false;
  if (factors == 2) {
    if (product.others[0] != x) std::swap(product.others[0], product.others[1]);
    Value* square = beside_constant(product.others[1], 1.0f);
    return product.others[0] == x && square != nullptr && is_correction(square, x, 2);
  }
  const Node* sum = producer(product.others[0], "Add");
  if (sum == nullptr) return false;
  const auto sides = match_either_side(*sum, [&](const Value* side) { return side == x; });
  return sides && is_correction(sides->other, x, 3);
}

/// "none" or "tanh", if x / 2 · value is GELU of x.
std::optional<std::string> match_gate(const Graph& graph, const Value* value, const Value* x) {
  if (!is_private(graph, value)) return std::nullopt;
  const Value* function = beside_constant(value, 1.0f);
  if (function == nullptr || !is_private(graph, function)) return std::nullopt;
  if (const Node* erf = producer(function, "Erf")) {
    if (is_scaled_for_erf(erf->input(0), x)) return "none";
  }
  if (const Node* tanh = producer(function, "Tanh")) {
    if (is_scaled_for_tanh(tanh->input(0), x)) return "tanh";
  }
  return std::nullopt;
}

/// 0.5 · x · (1 + erf(x / √2)) or its approximation by tanh, the factors in any order.
std::optional<Patch> propose(Graph& graph, Node& node) {
  if (!node.is("Mul")) return std::nullopt;
  Product product = product_of(node.output());
  if (!product.is(0.5f, 2)) return std::nullopt;
  for (int side = 0; side < 2; ++side, std::swap(product.others[0], product.others[1])) {
    const auto approximate = match_gate(graph, product.others[1], product.others[0]);
    if (!approximate) continue;
    Node* gelu =
        graph.insert_node(&node, "Gelu", {product.others[0]}, {node.output()->name() + "_gelu"},
                          {{"approximate", *approximate}}, node.name());
    return Patch{node.output(), gelu->output()};
  }
  return std::nullopt;
}

}  // namespace

const Pass kRecognizeGelu = {"recognize-gelu", propose};

}  // namespace headway
