#include "formats/torchscript/patterns.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <set>

namespace headway::torchscript {
namespace {

/// The value of a one-element floating-point constant.
std::optional<double> scalar_of(const Value* value) {
  if (value == nullptr || !value->is_constant() || value->constant().size() != 1)
    return std::nullopt;
  if (!is_floating_point(value->type.dtype)) return std::nullopt;
  return value->constant().clone().to(DType::kFloat64).data<double>()[0];
}

bool is_scalar(const Value* value, double expected) {
  const auto scalar = scalar_of(value);
  return scalar && std::abs(*scalar - expected) <= 1e-4 * std::abs(expected);
}

class Finder {
 public:
  explicit Finder(const Graph& graph) : graph_(graph) {}

  Patterns find() && {
    for (const Node* node : graph_.nodes()) {
      if (!node->domain().empty()) continue;
      if (node->is("Mul")) match_multiplication(*node);
      if (node->is("Add")) match_linear(*node);
    }
    return std::move(patterns_);
  }

 private:
  /// The producer of `value` if it is that operator and is read once, by the pattern.
  const Node* producer(const Value* value, std::string_view op_type) const {
    if (value == nullptr || value->producer() == nullptr || !value->producer()->is(op_type))
      return nullptr;
    const Node* node = value->producer();
    if (value->users().size() != 1 || graph_.is_output(value)) return nullptr;
    return patterns_.inner.contains(node) || patterns_.roots.contains(node) ? nullptr : node;
  }

  void add(const Node& root, Pattern pattern, std::initializer_list<const Node*> inner) {
    patterns_.roots.emplace(&root, pattern);
    for (const Node* node : inner) patterns_.inner.emplace(node, &root);
  }

  void match_multiplication(const Node& node) {
    for (const std::size_t side : {0, 1}) {
      const Value* x = node.input(side);
      const Value* other = node.input(1 - side);
      if (const Node* gate = producer(other, "Sigmoid"); gate != nullptr && gate->input(0) == x)
        return add(node, {PatternKind::kSilu, x}, {gate});
      if (const Node* gate = producer(other, "HardSigmoid");
          gate != nullptr && gate->input(0) == x && is_torch_hard_sigmoid(*gate))
        return add(node, {PatternKind::kHardSwish, x}, {gate});
      if (match_gelu(node, x, other)) return;
    }
  }

  static bool is_torch_hard_sigmoid(const Node& node) {
    return std::abs(node.get_float("alpha", 0.2f) - 1.0f / 6) < 1e-5f &&
           std::abs(node.get_float("beta", 0.5f) - 0.5f) < 1e-6f;
  }

  /// (x * (1 + erf(x / sqrt 2))) * 0.5, or (x * 0.5) * (1 + erf(x / sqrt 2)).
  bool match_gelu(const Node& root, const Value* left, const Value* right) {
    if (is_scalar(right, 0.5)) {
      const Node* product = producer(left, "Mul");
      if (product == nullptr) return false;
      for (const std::size_t side : {0, 1}) {
        const Value* x = product->input(side);
        if (match_gate(root, x, product->input(1 - side), product)) return true;
      }
      return false;
    }
    const Node* half = producer(left, "Mul");
    if (half == nullptr) return false;
    for (const std::size_t side : {0, 1})
      if (is_scalar(half->input(side), 0.5) && match_gate(root, half->input(1 - side), right, half))
        return true;
    return false;
  }

  /// `gate` = 1 + erf(x / sqrt 2)
  bool match_gate(const Node& root, const Value* x, const Value* gate, const Node* product) {
    const Node* sum = producer(gate, "Add");
    if (sum == nullptr) return false;
    const std::size_t one = is_scalar(sum->input(1), 1) ? 1 : 0;
    if (!is_scalar(sum->input(one), 1)) return false;
    const Node* erf = producer(sum->input(1 - one), "Erf");
    if (erf == nullptr) return false;
    const Value* scaled = erf->input(0);
    const Node* scaling = producer(scaled, "Div");
    if (scaling != nullptr) {
      if (!is_scalar(scaling->input(1), std::numbers::sqrt2)) return false;
    } else {
      scaling = producer(scaled, "Mul");
      if (scaling == nullptr || !is_scalar(scaling->input(1), std::numbers::sqrt2 / 2))
        return false;
    }
    if (scaling->input(0) != x) return false;
    add(root, {PatternKind::kGelu, x}, {product, sum, erf, scaling});
    return true;
  }

  void match_linear(const Node& node) {
    for (const std::size_t side : {0, 1}) {
      const Value* bias = node.input(side);
      const Node* product = producer(node.input(1 - side), "MatMul");
      if (product == nullptr || bias == nullptr || !bias->is_constant()) continue;
      if (match_linear(node, *product, bias)) return;
    }
  }

  /// The weight is a matrix as it multiplies, or a transposed one.
  bool match_linear(const Node& root, const Node& product, const Value* bias) {
    const Value* weight = product.input(1);
    const Node* transpose = producer(weight, "Transpose");
    if (transpose != nullptr) weight = transpose->input(0);
    if (weight == nullptr || !weight->is_constant() || weight->constant().rank() != 2) return false;
    const std::int64_t features = weight->constant().dim(transpose == nullptr ? 1 : 0);
    if (bias->constant().shape() != Shape{features}) return false;
    const bool swaps = transpose == nullptr || transpose->get_ints("perm", {1, 0})[0] == 1;
    if (!swaps) return false;
    const Pattern pattern = {PatternKind::kLinear, product.input(0), weight, bias,
                             transpose != nullptr};
    add(root, pattern, {&product});
    if (transpose != nullptr) patterns_.inner.emplace(transpose, &root);
    return true;
  }

  const Graph& graph_;
  Patterns patterns_;
};

}  // namespace

std::size_t Patterns::uses_of(const Value& value) const {
  std::size_t plain = 0;
  std::set<const Node*> by_patterns;
  for (const Node* user : value.users()) {
    if (const auto found = inner.find(user); found != inner.end()) {
      by_patterns.insert(found->second);
    } else if (roots.contains(user)) {
      by_patterns.insert(user);
    } else {
      ++plain;
    }
  }
  return plain + by_patterns.size();
}

Patterns find_patterns(const Graph& graph) {
  return Finder(graph).find();
}

}  // namespace headway::torchscript
