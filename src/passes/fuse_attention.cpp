#include <algorithm>

#include "ops/attention.h"
#include "ops/fused.h"
#include "ops/rules.h"
#include "passes/passes.h"
#include "passes/pattern.h"
#include "passes/strided_view.h"

namespace headway {
namespace {

/// scale · a · b + mask, the input of the softmax.
struct Scores {
  Value *a, *b;
  Value* mask = nullptr;
  float scale = 1.0f;
};

/// A product of two matrices for one reader, perhaps with something added.
std::optional<Scores> match_product(const Graph& graph, const Value* value) {
  if (!is_private(graph, value) || value->producer() == nullptr) return std::nullopt;
  const Node& node = *value->producer();
  if (node.is("MatMul")) return Scores{node.input(0), node.input(1)};
  if (!node.is("FusedMatMul", kFusedDomain) || node.get_int("transB", 0) != 0) return std::nullopt;
  if (fused_activation(node).kind != ActivationKind::kNone) return std::nullopt;
  if (node.input(2) != nullptr && node.input(3) != nullptr) return std::nullopt;
  return Scores{node.input(0), node.input(1), node.input(2) ? node.input(2) : node.input(3)};
}

std::optional<Scores> match_scaled_product(const Graph& graph, const Value* value) {
  float scale = 1.0f;
  while (const Node* node = private_producer(graph, value, "Mul")
                                ? value->producer()
                                : private_producer(graph, value, "Div")) {
    const std::size_t constant = node->is("Mul") && float_scalar(node->input(0)) ? 0 : 1;
    const auto factor = float_scalar(node->input(constant));
    if (!factor) return std::nullopt;
    scale *= node->is("Div") ? 1.0f / *factor : *factor;
    value = node->input(1 - constant);
  }
  auto scores = match_product(graph, value);
  if (!scores || (scores->mask != nullptr && scale != 1.0f)) return std::nullopt;
  scores->scale = scale;
  return scores;
}

std::optional<Scores> match_scores(const Graph& graph, const Value* value) {
  if (auto scores = match_scaled_product(graph, value)) return scores;
  const Node* sum = private_producer(graph, value, "Add");
  if (sum == nullptr) return std::nullopt;
  const auto sides = match_either_side(
      *sum, [&](const Value* side) { return match_scaled_product(graph, side).has_value(); });
  if (!sides) return std::nullopt;
  auto scores = match_scaled_product(graph, sides->match);
  if (scores->mask != nullptr || !same_type(sides->match->type, value->type)) return std::nullopt;
  scores->mask = sides->other;
  return scores;
}

/// The leading axes of a view as one, repeated to the extents of `batch`.
Axis batch_axis(const StridedView& view, const Shape& batch) {
  const std::size_t own = view.axes.size() - 2;
  Axis runs;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const bool present = i + own >= batch.size();
    const Axis axis = present ? view.axes[i + own - batch.size()] : Axis{};
    if (axis.empty()) {
      runs.push_back({batch[i], 0});
    } else {
      runs.insert(runs.end(), axis.begin(), axis.end());
    }
  }
  return merged(runs);
}

/// The operands' batch axes, cut into entries and heads. nullopt if two runs are too few for one of
/// them or if they disagree.
class BatchGrid {
 public:
  explicit BatchGrid(const Shape& batch) : batch_(batch) {
    for (const std::int64_t extent : batch) total_ *= extent;
    heads_ = total_;
  }

  void add(const StridedView& view) {
    const Axis axis = batch_axis(view, batch_);
    if (axis.size() < 2) return;
    fits_ = fits_ && axis.size() == 2 && (!is_cut_ || axis[1].extent == heads_);
    heads_ = axis[1].extent;
    is_cut_ = true;
  }

  bool fits() const { return fits_; }
  std::int64_t heads() const { return heads_; }
  std::int64_t entries() const { return total_ / heads_; }

  void place(const StridedView& view, AttentionStrides& strides) const {
    Axis axis = batch_axis(view, batch_);
    if (axis.size() == 1) axis = {{entries(), axis[0].stride * heads_}, {heads_, axis[0].stride}};
    strides.batch = axis.empty() ? 0 : axis[0].stride;
    strides.head = axis.empty() ? 0 : axis[1].stride;
  }

 private:
  Shape batch_;
  std::int64_t total_ = 1, heads_ = 1;
  bool fits_ = true, is_cut_ = false;
};

/// The last two axes: `token` and `element` say which is which, counted from the end.
bool place_matrix(const StridedView& view, std::size_t token, std::size_t element,
                  AttentionStrides& strides) {
  const Axis tokens = merged(view.axes[view.axes.size() - token]);
  const Axis elements = merged(view.axes[view.axes.size() - element]);
  if (tokens.size() > 1 || elements.size() > 1) return false;
  strides.offset = view.offset;
  strides.token = tokens.empty() ? 0 : tokens[0].stride;
  strides.element = elements.empty() ? 1 : elements[0].stride;
  return strides.element == 1;
}

bool place_mask(StridedView& mask, const AttentionLayout& layout, AttentionStrides& strides) {
  if (mask.axes.size() < 2) mask.axes.insert(mask.axes.begin(), 2 - mask.axes.size(), Axis{});
  const bool fits = place_matrix(mask, 2, 1, strides);
  if (mask.axes.back().empty() && layout.keys > 1) strides.element = 0;
  return fits;
}

/// The operands of an attention, each as its own two matrix axes and some batch axes.
struct Operands {
  StridedView q, k, v, y;
  std::optional<StridedView> mask;
};

std::optional<AttentionLayout> layout_of(Operands& o, float scale) {
  const Shape shape = o.y.source->type.static_shape().value();
  const Shape batch(shape.begin(), shape.end() - 2);
  AttentionLayout layout;
  layout.queries = shape[shape.size() - 2];
  layout.value_size = shape.back();
  layout.head_size = extent_of(o.q.axes.back());
  layout.keys = extent_of(o.k.axes.back());
  layout.scale = scale;
  layout.output_shape = shape;
  if (!place_matrix(o.q, 2, 1, layout.q) || !place_matrix(o.k, 1, 2, layout.k) ||
      !place_matrix(o.v, 2, 1, layout.v) || !place_matrix(o.y, 2, 1, layout.y)) {
    return std::nullopt;
  }
  if (o.mask && !place_mask(*o.mask, layout, layout.mask)) return std::nullopt;
  BatchGrid grid(batch);
  for (const StridedView* view : {&o.q, &o.k, &o.v, &o.y}) grid.add(*view);
  if (o.mask) grid.add(*o.mask);
  if (!grid.fits()) return std::nullopt;
  layout.batch = grid.entries();
  layout.heads = grid.heads();
  grid.place(o.q, layout.q);
  grid.place(o.k, layout.k);
  grid.place(o.v, layout.v);
  grid.place(o.y, layout.y);
  if (o.mask) grid.place(*o.mask, layout.mask);
  return layout;
}

bool is_operand(const Value* value) {
  const auto shape = value->type.static_shape();
  return value->type.dtype == DType::kFloat32 && shape && shape->size() >= 2 &&
         num_elements(*shape) > 0;
}

/// softmax(scale · a · b + mask) · v
std::optional<Patch> propose(Graph& graph, Node& node) {
  if (!node.is("MatMul") || !is_operand(node.output())) return std::nullopt;
  const Node* softmax = private_producer(graph, node.input(0), "Softmax");
  if (softmax == nullptr || !is_operand(node.input(0)) || !is_operand(node.input(1))) {
    return std::nullopt;
  }
  const std::size_t rank = node.input(0)->type.shape->size();
  if (resolve_axis(*softmax, softmax->get_int("axis", -1), rank) + 1 != rank) return std::nullopt;
  auto scores = match_scores(graph, softmax->input(0));
  if (!scores || !is_operand(scores->a) || !is_operand(scores->b)) return std::nullopt;
  if (scores->mask != nullptr && !scores->mask->type.static_shape()) return std::nullopt;

  Operands operands{strided_view(scores->a, &scores->scale),
                    strided_view(scores->b, &scores->scale), strided_view(node.input(1)),
                    dense_view(node.output()), std::nullopt};
  if (scores->mask != nullptr) operands.mask = strided_view(scores->mask);
  const auto layout = layout_of(operands, scores->scale);
  if (!layout) return std::nullopt;
  std::vector<Value*> inputs = {operands.q.source, operands.k.source, operands.v.source};
  if (operands.mask) inputs.push_back(operands.mask->source);
  Node* fused = graph.insert_node(
      &node, "FusedAttention", inputs, {node.output()->name() + "_attention"},
      attention_attributes(*layout, operands.mask.has_value()), node.name(), kFusedDomain);
  return Patch{node.output(), fused->output()};
}

}  // namespace

const Pass kFuseAttention = {"fuse-attention", propose};

}  // namespace headway
