#include <algorithm>
#include <map>

#include "ops/einsum.h"
#include "passes/passes.h"
#include "passes/pattern.h"

namespace headway {
namespace {

using Label = EinsumLabel;
using Term = EinsumTerm;

bool has(const Term& term, Label label) {
  return std::ranges::find(term, label) != term.end();
}

/// Adds nodes of one type before a position.
class Builder {
 public:
  Builder(Graph& graph, const Node& position)
      : graph_(graph), position_(position), dtype_(position.input(0)->type.dtype) {}

  Value* transpose(Value* value, const Term& from, const Term& to) {
    std::vector<std::int64_t> order;
    Shape shape;
    for (const Label label : to) {
      order.push_back(std::ranges::find(from, label) - from.begin());
      shape.push_back((*value->type.static_shape())[static_cast<std::size_t>(order.back())]);
    }
    if (std::ranges::is_sorted(order)) return value;
    return add("Transpose", {value}, shape, {{"perm", std::move(order)}});
  }

  Value* reshape(Value* value, const Shape& shape) {
    if (value->type.static_shape() == shape) return value;
    Value* extents = graph_.add_constant(
        "", Tensor::from<std::int64_t>({static_cast<std::int64_t>(shape.size())},
                                       std::span<const std::int64_t>(shape)));
    return add("Reshape", {value, extents}, shape, {{"allowzero", std::int64_t{1}}});
  }

  Value* add(std::string_view op_type, std::vector<Value*> inputs, const Shape& shape,
             Attributes attributes = {}) {
    Node* node = graph_.insert_node(&position_, op_type, std::move(inputs), {""},
                                    std::move(attributes), position_.name());
    node->output()->type = {dtype_, to_symbolic(shape)};
    return node->output();
  }

 private:
  Graph& graph_;
  const Node& position_;
  DType dtype_;
};

/// The labels of a product of two matrices, batched: rows are of the left operand alone, columns of
/// the right one alone, and the depth is summed over.
struct Product {
  Term batch, rows, columns, depth;
  std::map<Label, std::int64_t> extents;

  std::int64_t size(const Term& labels) const {
    std::int64_t product = 1;
    for (const Label label : labels) product *= extents.at(label);
    return product;
  }
};

Term joined(std::initializer_list<const Term*> terms) {
  Term all;
  for (const Term* term : terms) all.insert(all.end(), term->begin(), term->end());
  return all;
}

/// nullopt unless every label has one extent, occurs once per term, and is not summed over in one
/// operand alone.
std::optional<Product> product_of(const Node& node, const EinsumEquation& equation) {
  Product product;
  for (std::size_t i = 0; i < 2; ++i) {
    const Shape shape = *node.input(i)->type.static_shape();
    const Term& term = equation.inputs[i];
    for (std::size_t axis = 0; axis < term.size(); ++axis) {
      if (std::ranges::count(term, term[axis]) != 1) return std::nullopt;
      const auto [known, fresh] = product.extents.emplace(term[axis], shape[axis]);
      if (known->second != shape[axis]) return std::nullopt;
      const bool elsewhere = has(equation.inputs[1 - i], term[axis]);
      const bool stays = has(equation.output, term[axis]);
      if (!elsewhere && !stays) return std::nullopt;
      if (elsewhere && i == 1) continue;
      if (!elsewhere) {
        (i == 0 ? product.rows : product.columns).push_back(term[axis]);
      } else {
        (stays ? product.batch : product.depth).push_back(term[axis]);
      }
    }
  }
  return product;
}

/// A contraction of two operands is a MatMul between transposes and reshapes.
std::optional<Patch> propose(Graph& graph, Node& node) {
  if (!node.is("Einsum") || node.inputs().size() != 2) return std::nullopt;
  std::vector<std::size_t> ranks;
  for (const Value* input : node.inputs()) {
    const auto shape = input->type.static_shape();
    if (!shape || num_elements(*shape) == 0) return std::nullopt;
    ranks.push_back(shape->size());
  }
  const EinsumEquation equation = einsum_equation(node, ranks);
  const std::optional<Product> product = product_of(node, equation);
  if (!product) return std::nullopt;

  Builder builder(graph, node);
  const auto& [batch, rows, columns, depth, extents] = *product;
  const auto matrix_shape = [&](const Term& first, const Term& second) {
    Shape shape = {product->size(first), product->size(second)};
    if (!batch.empty()) shape.insert(shape.begin(), product->size(batch));
    return shape;
  };
  const auto matrix = [&](std::size_t input, const Term& first, const Term& second) {
    Value* value = builder.transpose(node.input(input), equation.inputs[input],
                                     joined({&batch, &first, &second}));
    return builder.reshape(value, matrix_shape(first, second));
  };
  Value* left = matrix(0, rows, depth);
  // A right operand whose depth comes last is left so: products can read it transposed.
  const Term& right_term = equation.inputs[1];
  const bool transposed = !depth.empty() && !columns.empty() && has(depth, right_term.back());
  Value* right = transposed ? matrix(1, columns, depth) : matrix(1, depth, columns);
  if (transposed) {
    const Term plain = batch.empty() ? Term{0, 1} : Term{2, 0, 1};
    const Term swapped = batch.empty() ? Term{1, 0} : Term{2, 1, 0};
    right = builder.transpose(right, plain, swapped);
  }
  Value* result = builder.add("MatMul", {left, right}, matrix_shape(rows, columns));
  const Term order = joined({&batch, &rows, &columns});
  Shape shape;
  for (const Label label : order) shape.push_back(extents.at(label));
  return Patch{node.output(),
               builder.transpose(builder.reshape(result, shape), order, equation.output)};
}

}  // namespace

const Pass kExpandEinsum = {"expand-einsum", propose};

}  // namespace headway
