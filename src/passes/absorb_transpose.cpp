#include <algorithm>
#include <map>

#include "ops/attention.h"
#include "ops/fused.h"
#include "ops/strided.h"
#include "ops/transpose.h"
#include "passes/passes.h"
#include "passes/pattern.h"

namespace headway {
namespace {

/// A dense tensor and its transpose, between which strides are converted.
struct Transposition {
  Shape extents, strides;  ///< Of the axes of the one,
  Shape moved;             ///< and the strides of the same axes in the other.
};

/// Converts the strides of one operand. Each head, token, … must lie along one axis.
class Mover {
 public:
  Mover(const Transposition& t, std::int64_t offset) : t_(t), reached_(t.extents.size()) {
    for (std::size_t axis = 0; axis < reached_.size(); ++axis) {
      reached_[axis] = offset / t.strides[axis] % t.extents[axis];
      offset_ += reached_[axis] * t.moved[axis];
    }
  }

  std::int64_t offset() const { return offset_; }
  bool fits() const { return fits_; }

  /// Where `count` steps of `stride` elements lead in the other tensor.
  std::int64_t move(std::int64_t stride, std::int64_t count) {
    if (count == 1 || stride == 0) return 0;
    std::size_t axis = 0;
    while (t_.extents[axis] == 1 || t_.strides[axis] > stride) ++axis;
    const std::int64_t step = stride / t_.strides[axis];
    reached_[axis] += (count - 1) * step;
    fits_ = fits_ && stride % t_.strides[axis] == 0 && reached_[axis] < t_.extents[axis];
    return step * t_.moved[axis];
  }

 private:
  const Transposition& t_;
  Shape reached_;  ///< The last position along each axis.
  std::int64_t offset_ = 0;
  bool fits_ = true;
};

Shape permuted(const Shape& shape, const std::vector<std::size_t>& permutation) {
  Shape result;
  for (const std::size_t axis : permutation) result.push_back(shape[axis]);
  return result;
}

/// From the input of a Transpose to its output.
Transposition forward(const Shape& input, const std::vector<std::size_t>& permutation) {
  Transposition t{input, row_major_strides(input), Shape(input.size())};
  const Shape output_strides = row_major_strides(permuted(input, permutation));
  for (std::size_t i = 0; i < permutation.size(); ++i) t.moved[permutation[i]] = output_strides[i];
  return t;
}

Transposition backward(const Shape& input, const std::vector<std::size_t>& permutation) {
  const Transposition t = forward(input, permutation);
  return {permuted(input, permutation), permuted(t.moved, permutation),
          permuted(t.strides, permutation)};
}

std::optional<AttentionStrides> move(const Transposition& t, const AttentionStrides& strides,
                                     const AttentionLayout& layout, std::int64_t tokens,
                                     std::int64_t elements) {
  Mover mover(t, strides.offset);
  AttentionStrides result{mover.offset(), mover.move(strides.batch, layout.batch),
                          mover.move(strides.head, layout.heads),
                          mover.move(strides.token, tokens)};
  const bool whole = elements == 1 || mover.move(1, elements) == 1;
  return whole && mover.fits() ? std::optional(result) : std::nullopt;
}

bool is_attention(const Node* node) {
  return node != nullptr && node->is("FusedAttention", kFusedDomain);
}

/// The attention that alone feeds `value`, perhaps through reshapes.
const Node* attention_behind(const Graph& graph, const Value* value) {
  while (const Node* reshape = private_producer(graph, value, "Reshape")) value = reshape->input(0);
  return is_private(graph, value) && is_attention(value->producer()) ? value->producer() : nullptr;
}

/// The same attention with another layout of its result, typed.
Value* with_output(Graph& graph, Node& position, const Node& attention,
                   const AttentionLayout& layout) {
  Node* node = graph.insert_node(
      &position, "FusedAttention", {attention.inputs().begin(), attention.inputs().end()},
      {attention.output()->name() + "_moved"},
      attention_attributes(layout, attention.input(3) != nullptr), attention.name(), kFusedDomain);
  node->output()->type = {DType::kFloat32, to_symbolic(layout.output_shape)};
  return node->output();
}

/// A product with a constant matrix, row by row: transposing rows before or after is the same.
bool is_row_wise(const Node* node) {
  if (node == nullptr || !(node->is("MatMul") || node->is("FusedMatMul", kFusedDomain)))
    return false;
  const Value *b = node->input(1), *bias = node->input(2);
  const bool bias_fits = bias == nullptr || (bias->is_constant() && bias->constant().rank() <= 1);
  return b->is_constant() && b->constant().rank() == 2 && bias_fits && node->input(3) == nullptr;
}

/// The permutation of a Transpose that leaves rows whole.
std::optional<std::vector<std::size_t>> row_permutation(const Node& transpose) {
  const auto shape = transpose.input(0)->type.static_shape();
  if (!shape || shape->size() < 2) return std::nullopt;
  const auto permutation = transpose_permutation(transpose, shape->size());
  return permutation.back() + 1 == shape->size() ? std::optional(permutation) : std::nullopt;
}

/// The same product with other rows.
Value* with_rows(Graph& graph, Node& position, const Node& product, Value* rows) {
  std::vector<Value*> inputs(product.inputs().begin(), product.inputs().end());
  inputs[0] = rows;
  Node* node =
      graph.insert_node(&position, product.op_type(), inputs, {product.output()->name() + "_moved"},
                        product.attributes, product.name(), product.domain());
  SymbolicShape shape = *rows->type.shape;
  shape.back() = product.output()->type.shape->back();
  node->output()->type = {DType::kFloat32, shape};
  return node->output();
}

/// An attention that reads product(transpose(x)) can as well read product(x).
std::optional<Patch> absorb_before(Graph& graph, Node& node) {
  AttentionLayout layout = attention_layout(node);
  std::vector<Value*> inputs(node.inputs().begin(), node.inputs().end());
  std::map<const Value*, Value*> moved;
  const auto absorb = [&](std::size_t index, AttentionStrides& strides, std::int64_t tokens,
                          std::int64_t elements) {
    const Node* product = inputs[index]->producer();
    if (!is_row_wise(product)) return;
    const Node* transpose = producer(product->input(0), "Transpose");
    const auto permutation = transpose ? row_permutation(*transpose) : std::nullopt;
    if (!permutation) return;
    Shape shape = *transpose->input(0)->type.static_shape();
    shape.back() = static_extent(*product->output(), shape.size() - 1);
    const auto found = move(backward(shape, *permutation), strides, layout, tokens, elements);
    if (!found) return;
    strides = *found;
    Value*& replacement = moved[inputs[index]];
    if (!replacement) replacement = with_rows(graph, node, *product, transpose->input(0));
    inputs[index] = replacement;
  };
  absorb(0, layout.q, layout.queries, layout.head_size);
  absorb(1, layout.k, layout.keys, layout.head_size);
  absorb(2, layout.v, layout.keys, layout.value_size);
  if (moved.empty()) return std::nullopt;
  Node* attention = graph.insert_node(
      &node, "FusedAttention", inputs, {node.output()->name() + "_moved"},
      attention_attributes(layout, node.input(3) != nullptr), node.name(), kFusedDomain);
  return Patch{node.output(), attention->output()};
}

/// transpose(attention), or transpose(product(attention)): the result is written transposed.
std::optional<Patch> absorb_after(Graph& graph, Node& node) {
  const Node* product = node.input(0)->producer();
  const bool through_product = is_row_wise(product) && is_private(graph, node.input(0));
  Value* rows = through_product ? product->input(0) : node.input(0);
  const Node* attention = attention_behind(graph, rows);
  const auto shape = rows->type.static_shape();
  if (attention == nullptr || !shape || (through_product && !row_permutation(node))) {
    return std::nullopt;
  }
  const AttentionLayout old = attention_layout(*attention);
  const auto permutation = transpose_permutation(node, shape->size());
  const auto y = move(forward(*shape, permutation), old.y, old, old.queries, old.value_size);
  if (!y) return std::nullopt;
  AttentionLayout layout = old;
  layout.output_shape = permuted(*shape, permutation);
  layout.y = *y;
  Value* result = with_output(graph, node, *attention, layout);
  if (through_product) result = with_rows(graph, node, *product, result);
  return Patch{node.output(), result};
}

std::optional<Patch> propose(Graph& graph, Node& node) {
  if (is_attention(&node)) return absorb_before(graph, node);
  if (node.is("Transpose")) return absorb_after(graph, node);
  return std::nullopt;
}

}  // namespace

const Pass kAbsorbTranspose = {"absorb-transpose", propose};

}  // namespace headway
