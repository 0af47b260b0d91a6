#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"

namespace headway {
namespace {

// ONNX Runtime's GroupQueryAttention: causal attention with a cache, where groups of query heads
// share a head of keys and values.
//
//   (query, key?, value?, past_key?, past_value?, last, total, cos?, sin?, positions?, bias?)
//     -> output, present_key, present_value
//
// Without key and value, query holds all three, one after the other. `last` is the position of each
// batch's last token (in all, the past included), `total` the largest number of tokens. Caches are
// [batch, key heads, tokens, head size]; tokens beyond a batch's last are zero in the present.

enum Slot : std::size_t {
  kQuery,
  kKey,
  kValue,
  kPastKey,
  kPastValue,
  kLast,
  kTotal,
  kCos,
  kSin,
  kPositions,
  kBias,
};

struct Geometry {
  std::int64_t batch, tokens, heads, key_heads, size, past;
  bool packed;

  std::int64_t query_width() const { return (packed ? heads + 2 * key_heads : heads) * size; }
  std::int64_t key_width() const { return packed ? query_width() : key_heads * size; }
};

std::int64_t positive(const Node& node, const char* attribute) {
  const std::int64_t value = node.get_int(attribute, 0);
  if (value <= 0)
    fail(ErrorCode::kInvalidModel, node.described(), ": ", attribute, " must be positive");
  return value;
}

void check_supported(const Node& node) {
  const bool quantized = node.get_string("k_quant_type", "NONE") != "NONE" ||
                         node.get_string("v_quant_type", "NONE") != "NONE";
  if (node.get_int("smooth_softmax", 0) > 0 || node.get_int("qk_output", 0) != 0 || quantized) {
    fail(ErrorCode::kUnsupported, node.described(),
         ": smooth_softmax, qk_output and quantized caches are not supported");
  }
}

Dim total_of(const InferContext& context) {
  if (const auto elements = context.input_as_shape(kTotal); elements && elements->size() == 1)
    return elements->front();
  if (const auto known = known_ints(context, kTotal); known && known->size() == 1)
    return Dim(known->front());
  return Dim();
}

/// As long as the past, or as the tokens are many.
Dim present_extent(const InferContext& context) {
  const Dim total = total_of(context);
  if (!context.has_input(kPastKey)) return total;
  const TensorType& past = context.input(kPastKey);
  if (!past.shape || past.shape->size() != 4) return Dim();
  const Dim& before = (*past.shape)[2];
  if (!total.is_static() || !before.is_static()) return before == Dim(0) ? total : Dim();
  return Dim(std::max(total.extent(), before.extent()));
}

void infer_group_query_attention(InferContext& context) {
  const Node& node = context.node();
  check_supported(node);
  const std::int64_t heads = positive(node, "num_heads");
  const std::int64_t key_heads = positive(node, "kv_num_heads");
  if (heads % key_heads != 0)
    context.fail("num_heads is ", heads, ", which is no multiple of kv_num_heads, ", key_heads);
  require_dtype(context, kQuery, kFloatTypes);
  require_rank(context, kQuery, 3);
  if (context.has_input(kPastKey)) require_rank(context, kPastKey, 4);
  for (const std::size_t index : {kKey, kValue, kPastKey, kPastValue}) {
    if (context.has_input(index) && context.input(index).dtype != context.input(kQuery).dtype)
      context.fail("input ", index, " must have the dtype of input 0");
  }
  for (const std::size_t index : {kLast, kTotal}) require_dtype(context, index, kIndexTypes);
  if (node.get_int("do_rotary", 0) != 0 && !(context.has_input(kCos) && context.has_input(kSin)))
    context.fail("do_rotary is set, but a cache of cosines or sines is missing");

  const TensorType& query = context.input(kQuery);
  SymbolicShape output(3), present(4);
  present[1] = Dim(key_heads);
  present[2] = present_extent(context);
  if (query.shape) {
    output = *query.shape;
    present[0] = output[0];
    const Dim width = output[2];
    const std::int64_t all_heads = context.has_input(kKey) ? heads : heads + 2 * key_heads;
    if (width.is_static() && width.extent() % all_heads != 0)
      context.fail("input 0 is ", query.to_string(), ", which cannot be cut into ", all_heads,
                   " heads");
    output[2] = width.is_static() ? Dim(width.extent() / all_heads * heads) : Dim();
    present[3] = width.is_static() ? Dim(width.extent() / all_heads) : Dim();
  }
  context.set_output(0, {query.dtype, output});
  context.set_output(1, {query.dtype, present});
  context.set_output(2, {query.dtype, present});
}

/// Rotates the first elements of a head in pairs (Su et al., "RoFormer", 2021).
class Rotation {
 public:
  Rotation(const Node& node, std::span<const Tensor> inputs) {
    if (node.get_int("do_rotary", 0) == 0) return;
    cos_ = to_doubles(inputs[kCos]);
    sin_ = to_doubles(inputs[kSin]);
    consistent_ = inputs[kCos].rank() == 2 && inputs[kSin].shape() == inputs[kCos].shape();
    if (!consistent_) return;
    half_ = inputs[kCos].dim(1);
    interleaved_ = node.get_int("rotary_interleaved", 0) != 0;
    rows_ = inputs[kCos].dim(0);
  }

  bool fits(std::int64_t head_size) const { return consistent_ && 2 * half_ <= head_size; }

  std::int64_t rows() const {
    return half_ == 0 ? std::numeric_limits<std::int64_t>::max() : rows_;
  }

  void apply(double* head, std::int64_t position) const {
    for (std::int64_t i = 0; i < half_; ++i) {
      const auto at = static_cast<std::size_t>(position * half_ + i);
      double& a = head[interleaved_ ? 2 * i : i];
      double& b = head[interleaved_ ? 2 * i + 1 : i + half_];
      const double first = a * cos_[at] - b * sin_[at];
      b = a * sin_[at] + b * cos_[at];
      a = first;
    }
  }

 private:
  std::vector<double> cos_, sin_;
  std::int64_t half_ = 0, rows_ = 0;
  bool interleaved_ = false, consistent_ = true;
};

bool given(std::span<const Tensor> inputs, std::size_t index) {
  return index < inputs.size() && inputs[index].defined();
}

Geometry geometry_of(const Node& node, std::span<const Tensor> inputs) {
  Geometry g{};
  g.batch = inputs[kQuery].dim(0);
  g.tokens = inputs[kQuery].dim(1);
  g.heads = node.get_int("num_heads", 1);
  g.key_heads = node.get_int("kv_num_heads", 1);
  g.packed = !given(inputs, kKey);
  g.size = inputs[kQuery].dim(2) / (g.packed ? g.heads + 2 * g.key_heads : g.heads);
  g.past = given(inputs, kPastKey) ? inputs[kPastKey].dim(2) : 0;
  return g;
}

/// One call of the operator on elements of type T.
template <typename T>
class Attention {
 public:
  Attention(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs,
            const std::vector<double>& bias)
      : node_(node),
        inputs_(inputs),
        outputs_(outputs),
        g_(geometry_of(node, inputs)),
        rotation_(node, inputs),
        bias_(bias),
        last_(to_ints(inputs[kLast])),
        total_(to_ints(inputs[kTotal]).at(0)),
        present_(std::max(g_.past, total_)) {
    check_shapes();
    if (given(inputs, kPositions)) positions_ = to_ints(inputs[kPositions]);
    const float scale = node.get_float("scale", 0.0f);
    scale_ = scale != 0.0f ? scale : 1.0 / std::sqrt(static_cast<double>(g_.size));
  }

  void run() {
    for (std::int64_t b = 0; b < g_.batch; ++b) {
      const std::int64_t all = last_[static_cast<std::size_t>(b)] + 1;
      const std::int64_t before = g_.tokens == total_ ? 0 : all - g_.tokens;
      if (before < 0 || before > g_.past || before + g_.tokens > present_ ||
          before + g_.tokens > rotation_.rows()) {
        refuse();
      }
      for (std::int64_t head = 0; head < g_.key_heads; ++head) {
        fill(b, head, before, kKey);
        fill(b, head, before, kValue);
      }
      for (std::int64_t head = 0; head < g_.heads; ++head) {
        for (std::int64_t token = 0; token < g_.tokens; ++token) attend(b, head, token, before);
      }
    }
  }

 private:
  /// What the shape rule leaves open.
  void check_shapes() const {
    const Shape fresh = {g_.batch, g_.tokens, g_.key_heads * g_.size};
    const Shape cache = {g_.batch, g_.key_heads, g_.past, g_.size};
    bool fits = given(inputs_, kKey) == given(inputs_, kValue) &&
                given(inputs_, kPastKey) == given(inputs_, kPastValue) &&
                static_cast<std::int64_t>(last_.size()) == g_.batch &&
                outputs_[1].dim(2) == present_ && outputs_[2].dim(2) == present_;
    for (const std::size_t index : {kKey, kValue})
      fits = fits && (!given(inputs_, index) || inputs_[index].shape() == fresh);
    for (const std::size_t index : {kPastKey, kPastValue})
      fits = fits && (!given(inputs_, index) || inputs_[index].shape() == cache);
    if (given(inputs_, kPositions))
      fits = fits && inputs_[kPositions].size() == g_.batch * g_.tokens;
    if (given(inputs_, kBias)) fits = fits && bias_fits(inputs_[kBias].shape());
    if (!fits || !rotation_.fits(g_.size)) refuse();
  }

  bool bias_fits(const Shape& shape) const {
    return shape.size() == 4 && (shape[0] == 1 || shape[0] == g_.batch) &&
           (shape[1] == 1 || shape[1] == g_.heads) && shape[2] == g_.tokens && shape[3] >= total_;
  }

  [[noreturn]] void refuse() const {
    fail(ErrorCode::kInvalidModel, node_.described(),
         ": the shapes of its inputs, and the numbers of tokens in inputs 5 and 6, do not fit "
         "together");
  }

  std::int64_t position(std::int64_t b, std::int64_t token, std::int64_t before) const {
    const auto at = static_cast<std::size_t>(b * g_.tokens + token);
    const std::int64_t found = positions_.empty() ? before + token : positions_.at(at);
    if (found < 0 || found >= rotation_.rows()) refuse();
    return found;
  }

  /// The elements of a head of the query (or of what is packed behind it), rotated if `rotate`.
  std::vector<double> row(std::size_t input, std::int64_t b, std::int64_t token, std::int64_t head,
                          std::int64_t before, bool rotate) const {
    const bool query = input == kQuery;
    const std::int64_t width = query ? g_.query_width() : g_.key_width();
    const Tensor& source = inputs_[g_.packed ? static_cast<std::size_t>(kQuery) : input];
    if (g_.packed && !query) head += g_.heads + (input == kValue ? g_.key_heads : 0);
    const T* x = source.data<T>() + (b * g_.tokens + token) * width + head * g_.size;
    std::vector<double> result(static_cast<std::size_t>(g_.size));
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = load(x[i]);
    if (rotate) rotation_.apply(result.data(), position(b, token, before));
    return result;
  }

  T* cached(std::size_t output, std::int64_t b, std::int64_t head, std::int64_t token) {
    return outputs_[output].data<T>() + ((b * g_.key_heads + head) * present_ + token) * g_.size;
  }

  /// Writes one head of the present keys or values: the past's first `before` tokens, then the new.
  void fill(std::int64_t b, std::int64_t head, std::int64_t before, std::size_t input) {
    const std::size_t output = input == kKey ? 1 : 2;
    T* target = cached(output, b, head, 0);
    std::fill_n(target, present_ * g_.size, T{});
    if (before > 0) {
      const Tensor& past = inputs_[input == kKey ? kPastKey : kPastValue];
      std::copy_n(past.data<T>() + (b * g_.key_heads + head) * g_.past * g_.size, before * g_.size,
                  target);
    }
    for (std::int64_t token = 0; token < g_.tokens; ++token) {
      const std::vector<double> x = row(input, b, token, head, before, input == kKey);
      T* to = target + (before + token) * g_.size;
      for (const double element : x) *to++ = store<T>(element);
    }
  }

  double score(const std::vector<double>& q, const T* k) const {
    double sum = 0.0;
    for (std::size_t i = 0; i < q.size(); ++i) sum += q[i] * load(k[i]);
    const double softcap = node_.get_float("softcap", 0.0f);
    return softcap > 0.0 ? softcap * std::tanh(sum * scale_ / softcap) : sum * scale_;
  }

  /// What the input `bias` [batch or 1, heads or 1, tokens, keys] adds to a score.
  double bias_at(std::int64_t b, std::int64_t head, std::int64_t token, std::int64_t key) const {
    if (bias_.empty()) return 0.0;
    const Shape& shape = inputs_[kBias].shape();
    const std::int64_t plane = (shape[0] == 1 ? 0 : b) * shape[1] + (shape[1] == 1 ? 0 : head);
    return bias_[static_cast<std::size_t>((plane * shape[2] + token) * shape[3] + key)];
  }

  void attend(std::int64_t b, std::int64_t head, std::int64_t token, std::int64_t before) {
    const std::int64_t key_head = head / (g_.heads / g_.key_heads);
    const std::int64_t window = node_.get_int("local_window_size", -1);
    const std::int64_t end = before + token + 1;
    const std::int64_t first = window > 0 ? std::max<std::int64_t>(0, end - window) : 0;
    const std::vector<double> q = row(kQuery, b, token, head, before, true);
    std::vector<double> weights;
    double largest = -std::numeric_limits<double>::infinity(), sum = 0.0;
    for (std::int64_t key = first; key < end; ++key) {
      weights.push_back(score(q, cached(1, b, key_head, key)) + bias_at(b, head, token, key));
      largest = std::max(largest, weights.back());
    }
    for (double& weight : weights) sum += weight = std::exp(weight - largest);
    std::vector<double> y(q.size(), 0.0);
    for (std::int64_t key = first; key < end; ++key) {
      const T* v = cached(2, b, key_head, key);
      const double weight = weights[static_cast<std::size_t>(key - first)] / sum;
      for (std::size_t i = 0; i < y.size(); ++i) y[i] += weight * load(v[i]);
    }
    T* out = outputs_[0].data<T>() + ((b * g_.tokens + token) * g_.heads + head) * g_.size;
    for (const double element : y) *out++ = store<T>(element);
  }

  const Node& node_;
  std::span<const Tensor> inputs_;
  std::span<Tensor> outputs_;
  Geometry g_;
  Rotation rotation_;
  const std::vector<double>& bias_;
  std::vector<std::int64_t> last_, positions_;
  std::int64_t total_, present_;
  double scale_ = 1.0;
};

void run_group_query_attention(const Node& node, std::span<const Tensor> inputs,
                               std::span<Tensor> outputs) {
  const std::vector<double> bias =
      given(inputs, kBias) ? to_doubles(inputs[kBias]) : std::vector<double>();
  dispatch_floats(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    Attention<T>(node, inputs, outputs, bias).run();
  });
}

}  // namespace

std::vector<Operator> group_query_attention_operators() {
  return {{"GroupQueryAttention",
           "com.microsoft",
           1,
           1,
           11,
           3,
           3,
           {{"do_rotary", AttributeKind::kInt},
            {"k_quant_type", AttributeKind::kString},
            {"kv_cache_bit_width", AttributeKind::kInt},
            {"kv_num_heads", AttributeKind::kInt, true},
            {"local_window_size", AttributeKind::kInt},
            {"num_heads", AttributeKind::kInt, true},
            {"qk_output", AttributeKind::kInt},
            {"rotary_interleaved", AttributeKind::kInt},
            {"scale", AttributeKind::kFloat},
            {"smooth_softmax", AttributeKind::kInt},
            {"softcap", AttributeKind::kFloat},
            {"v_quant_type", AttributeKind::kString}},
           infer_group_query_attention,
           run_group_query_attention}};
}

}  // namespace headway
