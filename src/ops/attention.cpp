#include "ops/attention.h"

#include <algorithm>
#include <array>
#include <limits>

#include "ops/elements.h"
#include "ops/families.h"
#include "ops/fused.h"
#include "ops/rules.h"

namespace headway {
namespace {

template <std::size_t kCount>
std::array<std::int64_t, kCount> list_of(const Node& node, std::string_view attribute) {
  const std::vector<std::int64_t> list = node.get_ints(attribute, {});
  if (list.size() != kCount || std::ranges::min(list) < 0) {
    fail(ErrorCode::kInvalidModel, node.described(), ": ", attribute, " must have ", kCount,
         " elements, none of them negative");
  }
  std::array<std::int64_t, kCount> result;
  std::ranges::copy(list, result.begin());
  return result;
}

AttentionStrides strides_of(const Node& node, std::string_view attribute) {
  const auto [offset, batch, head, token] = list_of<4>(node, attribute);
  return {offset, batch, head, token, 1};
}

/// One past the last element that the strides reach; the greatest number if that is beyond it.
std::int64_t reach(const AttentionLayout& a, const AttentionStrides& strides, std::int64_t tokens,
                   std::int64_t elements) {
  std::int64_t end = 1;
  bool fits = !__builtin_add_overflow(end, strides.offset, &end);
  const auto add = [&](std::int64_t count, std::int64_t stride) {
    std::int64_t distance = 0;
    fits = fits && !__builtin_mul_overflow(count - 1, stride, &distance) &&
           !__builtin_add_overflow(end, distance, &end);
  };
  add(a.batch, strides.batch);
  add(a.heads, strides.head);
  add(tokens, strides.token);
  add(elements, strides.element);
  return fits ? end : std::numeric_limits<std::int64_t>::max();
}

void require_reach(const InferContext& context, std::size_t index, std::int64_t elements) {
  const std::optional<Shape> shape = context.static_input(index);
  if (shape && num_elements(*shape) < elements) {
    context.fail("input ", index, " has ", num_elements(*shape),
                 " elements, but its strides reach element ", elements - 1);
  }
}

void infer_attention(InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  require_same_dtypes(context);
  const AttentionLayout a = attention_layout(context.node());
  require_reach(context, 0, reach(a, a.q, a.queries, a.head_size));
  require_reach(context, 1, reach(a, a.k, a.keys, a.head_size));
  require_reach(context, 2, reach(a, a.v, a.keys, a.value_size));
  if (context.has_input(3)) require_reach(context, 3, reach(a, a.mask, a.queries, a.keys));
  const std::int64_t written = num_elements({a.batch, a.heads, a.queries, a.value_size});
  if (num_elements(a.output_shape) != written ||
      reach(a, a.y, a.queries, a.value_size) != written) {
    context.fail("output_shape and y_strides must cover the ", written, " elements of the result");
  }
  context.set_output(0, {context.input(0).dtype, to_symbolic(a.output_shape)});
}

/// softmax(scores) in place.
void normalize(std::vector<double>& scores) {
  const double largest = std::ranges::max(scores);
  double sum = 0;
  for (double& score : scores) sum += score = std::exp(score - largest);
  for (double& score : scores) score /= sum;
}

template <typename T>
void attend(const AttentionLayout& a, const T* q, const T* k, const T* v, const T* mask, T* y) {
  std::vector<double> scores(static_cast<std::size_t>(a.keys));
  std::vector<double> sums(static_cast<std::size_t>(a.value_size));
  for (std::int64_t s = 0; s < a.keys; ++s) {
    double sum = 0;
    for (std::int64_t i = 0; i < a.head_size; ++i) sum += load(q[i]) * load(k[s * a.k.token + i]);
    sum *= a.scale;
    if (mask != nullptr) sum += load(mask[s * a.mask.element]);
    scores[static_cast<std::size_t>(s)] = sum;
  }
  normalize(scores);
  for (std::int64_t s = 0; s < a.keys; ++s) {
    for (std::size_t j = 0; j < sums.size(); ++j) {
      sums[j] += scores[static_cast<std::size_t>(s)] *
                 load(v[s * a.v.token + static_cast<std::int64_t>(j)]);
    }
  }
  for (std::size_t j = 0; j < sums.size(); ++j) y[j] = store<T>(sums[j]);
}

void run_attention(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const AttentionLayout a = attention_layout(node);
  const auto at = [](const AttentionStrides& s, std::int64_t b, std::int64_t h, std::int64_t t) {
    return s.offset + b * s.batch + h * s.head + t * s.token;
  };
  if (outputs[0].size() == 0) return;
  dispatch_floats(outputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* mask = inputs.size() > 3 && inputs[3].defined() ? inputs[3].data<T>() : nullptr;
    for (std::int64_t b = 0; b < a.batch; ++b) {
      for (std::int64_t h = 0; h < a.heads; ++h) {
        for (std::int64_t t = 0; t < a.queries; ++t) {
          attend(a, inputs[0].data<T>() + at(a.q, b, h, t), inputs[1].data<T>() + at(a.k, b, h, 0),
                 inputs[2].data<T>() + at(a.v, b, h, 0), mask ? mask + at(a.mask, b, h, t) : mask,
                 outputs[0].data<T>() + at(a.y, b, h, t));
        }
      }
    }
  });
}

std::vector<std::int64_t> to_list(const AttentionStrides& s) {
  return {s.offset, s.batch, s.head, s.token};
}

}  // namespace

AttentionLayout attention_layout(const Node& node) {
  const auto [batch, heads, queries, keys, head_size, value_size] = list_of<6>(node, "extents");
  if (std::ranges::min({batch, heads, queries, keys, head_size, value_size}) < 1) {
    fail(ErrorCode::kInvalidModel, node.described(), ": extents must be positive");
  }
  AttentionLayout result{batch, heads, queries, keys, head_size, value_size};
  result.q = strides_of(node, "q_strides");
  result.k = strides_of(node, "k_strides");
  result.v = strides_of(node, "v_strides");
  result.y = strides_of(node, "y_strides");
  if (node.input(3) != nullptr) {
    const auto [offset, b, h, t, s] = list_of<5>(node, "m_strides");
    result.mask = {offset, b, h, t, s};
  }
  result.output_shape = node.get_ints("output_shape", {});
  result.scale = node.get_float("scale", 1.0f);
  return result;
}

Attributes attention_attributes(const AttentionLayout& layout, bool has_mask) {
  Attributes attributes = {
      {"extents", std::vector<std::int64_t>{layout.batch, layout.heads, layout.queries, layout.keys,
                                            layout.head_size, layout.value_size}},
      {"q_strides", to_list(layout.q)},
      {"k_strides", to_list(layout.k)},
      {"v_strides", to_list(layout.v)},
      {"y_strides", to_list(layout.y)},
      {"output_shape", std::vector<std::int64_t>(layout.output_shape)},
      {"scale", layout.scale}};
  if (has_mask) {
    std::vector<std::int64_t> mask = to_list(layout.mask);
    mask.push_back(layout.mask.element);
    attributes.emplace("m_strides", std::move(mask));
  }
  return attributes;
}

std::vector<Operator> attention_operators() {
  return {{"FusedAttention",
           kFusedDomain,
           1,
           3,
           4,
           1,
           1,
           {{"extents", AttributeKind::kInts, true},
            {"k_strides", AttributeKind::kInts, true},
            {"m_strides", AttributeKind::kInts},
            {"output_shape", AttributeKind::kInts, true},
            {"q_strides", AttributeKind::kInts, true},
            {"scale", AttributeKind::kFloat},
            {"v_strides", AttributeKind::kInts, true},
            {"y_strides", AttributeKind::kInts, true}},
           infer_attention,
           run_attention}};
}

}  // namespace headway
