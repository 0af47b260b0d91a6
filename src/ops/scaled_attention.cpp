#include <algorithm>
#include <array>
#include <limits>

#include "ops/dims.h"
#include "ops/elements.h"
#include "ops/families.h"
#include "ops/onnx_dtype.h"
#include "ops/rules.h"
#include "ops/zip.h"

namespace headway {
namespace {

enum Input : std::size_t { kQuery, kKey, kValue, kMask, kPastKey, kPastValue, kValidKeys };
enum Output : std::size_t { kResult, kPresentKey, kPresentValue, kScores };

constexpr double kMasked = -std::numeric_limits<double>::infinity();

bool given(std::span<const Tensor> tensors, std::size_t index) {
  return index < tensors.size() && tensors[index].defined();
}

// ---- Shapes ----

/// [batch, heads, tokens, size] of an input, which may be packed as [batch, tokens, heads · size].
SymbolicShape unpacked(const InferContext& context, std::size_t input, const char* attribute) {
  const TensorType& type = context.input(input);
  if (!type.shape) return SymbolicShape(4);
  const SymbolicShape& shape = *type.shape;
  if (shape.size() == 4) return shape;
  if (shape.size() != 3) context.fail("input ", input, " must have rank 3 or 4");
  const std::int64_t heads = context.node().get_int(attribute, 0);
  if (heads < 1) context.fail("inputs of rank 3 need a positive attribute ", attribute);
  const Dim count(heads);
  const std::optional<Dim> size = quotient_of({&shape[2], 1}, {&count, 1});
  if (!size) context.fail("input ", input, " does not consist of ", heads, " heads");
  return {shape[0], count, shape[1], *size};
}

void check_modes(const InferContext& context) {
  const Node& node = context.node();
  const std::int64_t mode = node.get_int("qk_matmul_output_mode", 0);
  if (mode < 0 || mode > 3) context.fail("qk_matmul_output_mode is ", mode, " but must be 0 to 3");
  for (const char* window : {"left_window_size", "right_window_size"}) {
    if (node.get_int(window, -1) < -1) context.fail(window, " must be -1 or not negative");
  }
  if (context.has_input(kPastKey) != context.has_input(kPastValue)) {
    context.fail("past_key and past_value must be given together");
  }
  if (context.has_input(kPastKey) && context.has_input(kValidKeys)) {
    context.fail("nonpad_kv_seqlen cannot be given together with past_key");
  }
  if (context.has_input(kValidKeys)) require_dtype(context, kValidKeys, {DType::kInt64});
  if (context.has_input(kMask) && context.input(kMask).dtype != DType::kBool)
    require_dtype(context, kMask, kFloatTypes);
  for (const std::size_t past : {kPastKey, kPastValue})
    if (context.has_input(past)) require_dtype(context, past, kFloatTypes);
}

void check_extents(const InferContext& context, const SymbolicShape& q, const SymbolicShape& k,
                   const SymbolicShape& v) {
  const auto equal = [&](const Dim& a, const Dim& b, const char* what) {
    if (!unify(a, b)) context.fail("its inputs disagree about the ", what);
  };
  equal(q[0], k[0], "batch");
  equal(q[0], v[0], "batch");
  equal(k[1], v[1], "heads of keys and values");
  equal(k[2], v[2], "number of keys and values");
  equal(q[3], k[3], "size of queries and keys");
  if (q[1].is_static() && k[1].is_static() &&
      (k[1].extent() == 0 || q[1].extent() % k[1].extent() != 0)) {
    context.fail(q[1].extent(), " heads of queries cannot share ", k[1].extent(), " heads of keys");
  }
}

/// The number of keys that came before, of shape [batch, heads, past, size] as those of now.
Dim check_past(const InferContext& context, std::size_t input, const SymbolicShape& fresh) {
  require_rank(context, input, 4);
  const TensorType& past = context.input(input);
  if (!past.shape) return {};
  for (const std::size_t axis : {0, 1, 3}) {
    if (!unify((*past.shape)[axis], fresh[axis]))
      context.fail("input ", input, " of type ", past.to_string(), " does not fit its keys");
  }
  return (*past.shape)[2];
}

void infer_attention(InferContext& context) {
  require_dtype(context, kQuery, kFloatTypes);
  require_dtype(context, kValue, kFloatTypes);
  if (context.input(kKey).dtype != context.input(kQuery).dtype) {
    context.fail("its queries and keys have different dtypes");
  }
  check_modes(context);
  const SymbolicShape q = unpacked(context, kQuery, "q_num_heads");
  const SymbolicShape k = unpacked(context, kKey, "kv_num_heads");
  const SymbolicShape v = unpacked(context, kValue, "kv_num_heads");
  check_extents(context, q, k, v);
  Dim total = k[2];
  if (context.has_input(kPastKey)) {
    const Dim past = check_past(context, kPastKey, k);
    if (!unify(past, check_past(context, kPastValue, v)))
      context.fail("past_key and past_value have different lengths");
    total = sum_of(past, k[2]);
  }
  const DType dtype = context.input(kQuery).dtype, value_dtype = context.input(kValue).dtype;
  const TensorType& query = context.input(kQuery);
  if (!query.shape) {
    context.set_output(kResult, query);
  } else if (query.shape->size() == 4) {
    context.set_output(kResult, {dtype, SymbolicShape{q[0], q[1], q[2], v[3]}});
  } else {
    const std::array<Dim, 2> hidden = {q[1], v[3]};
    context.set_output(kResult, {dtype, SymbolicShape{q[0], q[2], product_of(hidden)}});
  }
  context.set_output(kPresentKey, {dtype, SymbolicShape{k[0], k[1], total, k[3]}});
  context.set_output(kPresentValue, {value_dtype, SymbolicShape{v[0], v[1], total, v[3]}});
  context.set_output(kScores, {dtype, SymbolicShape{q[0], q[1], q[2], total}});
}

// ---- Computation ----

/// A dense array [batch, heads, tokens, size].
struct Heads {
  std::int64_t batch, heads, tokens, size;
  std::vector<double> elements;

  const double* row(std::int64_t image, std::int64_t head, std::int64_t token) const {
    return elements.data() + ((image * heads + head) * tokens + token) * size;
  }
};

Heads heads_of(const Tensor& tensor, std::int64_t heads) {
  std::vector<double> elements = to_doubles(tensor);
  if (tensor.rank() == 4) {
    return {tensor.dim(0), tensor.dim(1), tensor.dim(2), tensor.dim(3), std::move(elements)};
  }
  Heads result{tensor.dim(0), heads, tensor.dim(1), tensor.dim(2) / heads, {}};
  result.elements.reserve(elements.size());
  for (std::int64_t i = 0; i < result.batch * heads * result.tokens; ++i) {
    const std::int64_t image = i / (heads * result.tokens), head = i / result.tokens % heads;
    const std::int64_t token = i % result.tokens;
    const auto first =
        elements.begin() + ((image * result.tokens + token) * heads + head) * result.size;
    result.elements.insert(result.elements.end(), first, first + result.size);
  }
  return result;
}

Heads concatenated(const Tensor& past, const Heads& fresh) {
  const Heads old = heads_of(past, 0);
  Heads result{fresh.batch, fresh.heads, old.tokens + fresh.tokens, fresh.size, {}};
  for (std::int64_t i = 0; i < fresh.batch * fresh.heads; ++i) {
    for (const Heads* part : {&old, &fresh}) {
      const auto first = part->elements.begin() + i * part->tokens * part->size;
      result.elements.insert(result.elements.end(), first, first + part->tokens * part->size);
    }
  }
  return result;
}

void store_heads(const Heads& heads, Tensor& output) {
  dispatch_floats(output.dtype(), [&]<typename T>(std::type_identity<T>) {
    T* y = output.data<T>();
    for (const double element : heads.elements) *y++ = store<T>(element);
  });
}

/// What is added to the score of a query and a key, -infinity where it may not be seen.
struct Bias {
  std::vector<double> mask;                  ///< Empty: none.
  Shape strides;                             ///< Of the mask along batch, heads, queries and keys.
  std::int64_t masked_keys;                  ///< Keys that the mask knows of.
  std::vector<std::int64_t> offsets, valid;  ///< Per image: position of query 0, keys that exist.
  bool causal;
  std::int64_t left, right;  ///< -1: unbounded.

  double at(std::int64_t image, std::int64_t head, std::int64_t query, std::int64_t key) const;
};

double Bias::at(std::int64_t image, std::int64_t head, std::int64_t query, std::int64_t key) const {
  const std::int64_t position = query + offsets[static_cast<std::size_t>(image)];
  if (key >= valid[static_cast<std::size_t>(image)] || (causal && key > position) ||
      (left >= 0 && position - key > left) || (right >= 0 && key - position > right)) {
    return kMasked;
  }
  if (mask.empty()) return 0.0;
  if (key >= masked_keys) return kMasked;
  return mask[static_cast<std::size_t>(image * strides[0] + head * strides[1] + query * strides[2] +
                                       key * strides[3])];
}

void set_mask(const Node& node, const Tensor& mask, const Heads& q, std::int64_t keys, Bias& bias) {
  if (mask.rank() == 0 || mask.rank() > 4) {
    fail(ErrorCode::kInvalidModel, node.described(), ": attn_mask must have a rank of 1 to 4");
  }
  bias.mask = to_doubles(mask);
  if (mask.dtype() == DType::kBool) {
    for (double& element : bias.mask) element = element != 0.0 ? 0.0 : kMasked;
  }
  bias.masked_keys = mask.shape().back();
  const Shape shape = {q.batch, q.heads, q.tokens, bias.masked_keys};
  for (std::size_t axis = 0; axis < mask.rank(); ++axis) {
    const std::int64_t extent = mask.dim(axis), wanted = shape[axis + 4 - mask.rank()];
    if (extent != 1 && extent != wanted) {
      fail(ErrorCode::kInvalidModel, node.described(), ": attn_mask of shape ",
           to_string(mask.shape()), " cannot be broadcast to ", to_string(shape));
    }
  }
  if (bias.masked_keys > keys) {
    fail(ErrorCode::kInvalidModel, node.described(), ": attn_mask covers ", bias.masked_keys,
         " keys, but there are ", keys);
  }
  bias.strides = broadcast_strides(mask.shape(), shape);
}

Bias bias_of(const Node& node, std::span<const Tensor> inputs, const Heads& q, const Heads& k) {
  const auto images = static_cast<std::size_t>(q.batch);
  Bias bias{{},
            {},
            0,
            std::vector<std::int64_t>(images, 0),
            std::vector<std::int64_t>(images, k.tokens),
            node.get_int("is_causal", 0) != 0,
            node.get_int("left_window_size", -1),
            node.get_int("right_window_size", -1)};
  if (given(inputs, kMask)) set_mask(node, inputs[kMask], q, k.tokens, bias);
  if (given(inputs, kPastKey)) bias.offsets.assign(images, inputs[kPastKey].dim(2));
  if (given(inputs, kValidKeys)) {
    bias.valid = to_ints(inputs[kValidKeys]);
    if (bias.valid.size() != images) {
      fail(ErrorCode::kInvalidModel, node.described(),
           ": nonpad_kv_seqlen must have an element per image");
    }
    for (std::size_t i = 0; i < images; ++i) {
      bias.valid[i] = std::clamp<std::int64_t>(bias.valid[i], 0, k.tokens);
      bias.offsets[i] = bias.valid[i] - q.tokens;
    }
  }
  return bias;
}

using Rounding = double (*)(double);

Rounding rounding_of(DType dtype) {
  Rounding result = nullptr;
  dispatch_floats(dtype, [&]<typename T>(std::type_identity<T>) {
    result = [](double value) -> double { return load(store<T>(value)); };
  });
  return result;
}

/// How one score is made, and which stage of it output 3 shows. Every step of the operator's
/// definition is rounded to the tensors' dtype, which 16-bit ones show.
struct Scoring {
  double root_scale, softcap;
  std::int64_t mode;
  Rounding round, round_softmax;

  double raw(const double* q, const double* k, std::int64_t size) const {
    double sum = 0.0;
    for (std::int64_t i = 0; i < size; ++i)
      sum += round(q[i] * root_scale) * round(k[i] * root_scale);
    return round(sum);
  }
  double capped(double score) const {
    if (softcap <= 0.0) return score;
    return round(softcap * round(std::tanh(round(score / softcap))));
  }
  void softmax(std::vector<double>& scores) const;
};

/// A row in which nothing may be seen becomes zero.
void Scoring::softmax(std::vector<double>& scores) const {
  for (double& score : scores) score = round_softmax(score);
  const double largest = scores.empty() ? kMasked : *std::ranges::max_element(scores);
  if (largest == kMasked) {
    std::ranges::fill(scores, 0.0);
    return;
  }
  double sum = 0.0;
  for (double& score : scores) {
    score = round_softmax(std::exp(round_softmax(score - largest)));
    sum += score;
  }
  sum = round_softmax(sum);
  for (double& score : scores) score = round(round_softmax(score / sum));
}

Scoring scoring_of(const Node& node, DType dtype, std::int64_t head_size) {
  const double scale =
      node.get_float("scale", static_cast<float>(1.0 / std::sqrt(static_cast<double>(head_size))));
  DType softmax_dtype = dtype;
  if (const std::int64_t number = node.get_int("softmax_precision", 0); number != 0) {
    softmax_dtype = dtype_of_onnx_number(number).value_or(DType::kBool);
    if (!is_floating_point(softmax_dtype)) {
      fail(ErrorCode::kInvalidModel, node.described(), ": softmax_precision ", number,
           " is no floating-point dtype");
    }
  }
  const Rounding round = rounding_of(dtype);
  return {round(std::sqrt(scale)), node.get_float("softcap", 0.0f),
          node.get_int("qk_matmul_output_mode", 0), round, rounding_of(softmax_dtype)};
}

/// The probabilities of all keys for one query; fills `shown` with the stage that output 3 shows.
void score_query(const Scoring& scoring, const Bias& bias, const Heads& k, const double* query,
                 const std::array<std::int64_t, 4>& at, std::vector<double>& scores,
                 std::vector<double>& shown) {
  const auto [image, head, kv_head, token] = at;
  bool visible = false;
  for (std::int64_t key = 0; key < k.tokens; ++key) {
    const auto index = static_cast<std::size_t>(key);
    const double raw = scoring.raw(query, k.row(image, kv_head, key), k.size);
    const double capped = scoring.capped(raw), addend = bias.at(image, head, token, key);
    visible = visible || addend != kMasked;
    scores[index] = addend == kMasked ? kMasked : scoring.round(capped + addend);
    shown[index] = scoring.mode == 0 ? raw : scoring.mode == 1 ? capped : scores[index];
  }
  if (!visible) std::ranges::fill(scores, kMasked);
  scoring.softmax(scores);
  if (scoring.mode == 3) shown = scores;
}

void run_attention(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const std::int64_t kv_heads = node.get_int("kv_num_heads", 1);
  const Heads q = heads_of(inputs[kQuery], node.get_int("q_num_heads", 1));
  Heads k = heads_of(inputs[kKey], kv_heads), v = heads_of(inputs[kValue], kv_heads);
  if (given(inputs, kPastKey)) {
    k = concatenated(inputs[kPastKey], k);
    v = concatenated(inputs[kPastValue], v);
  }
  if (given(outputs, kPresentKey)) store_heads(k, outputs[kPresentKey]);
  if (given(outputs, kPresentValue)) store_heads(v, outputs[kPresentValue]);
  const Bias bias = bias_of(node, inputs, q, k);
  const Scoring scoring = scoring_of(node, inputs[kQuery].dtype(), q.size);
  std::vector<double> scores(static_cast<std::size_t>(k.tokens)), shown(scores);
  std::vector<double> sums(static_cast<std::size_t>(v.size));
  const bool packed = outputs[kResult].rank() == 3;
  dispatch_floats(outputs[kResult].dtype(), [&]<typename T>(std::type_identity<T>) {
    T* all_shown = given(outputs, kScores) ? outputs[kScores].data<T>() : nullptr;
    for (std::int64_t i = 0; i < q.batch * q.heads * q.tokens; ++i) {
      const std::int64_t image = i / (q.heads * q.tokens), head = i / q.tokens % q.heads;
      const std::int64_t token = i % q.tokens, kv_head = head / (q.heads / k.heads);
      score_query(scoring, bias, k, q.row(image, head, token), {image, head, kv_head, token},
                  scores, shown);
      if (all_shown != nullptr) {
        for (const double value : shown) *all_shown++ = store<T>(value);
      }
      std::ranges::fill(sums, 0.0);
      for (std::int64_t key = 0; key < k.tokens; ++key) {
        const double weight = scores[static_cast<std::size_t>(key)];
        if (weight == 0.0) continue;
        const double* value = v.row(image, kv_head, key);
        for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += weight * value[j];
      }
      const std::int64_t row = packed ? (image * q.tokens + token) * q.heads + head : i;
      T* y = outputs[kResult].data<T>() + row * v.size;
      for (const double sum : sums) *y++ = store<T>(sum);
    }
  });
}

}  // namespace

std::vector<Operator> scaled_attention_operators() {
  return {{"Attention",
           "",
           25,
           3,
           7,
           1,
           4,
           {{"is_causal", AttributeKind::kInt},
            {"kv_num_heads", AttributeKind::kInt},
            {"left_window_size", AttributeKind::kInt},
            {"q_num_heads", AttributeKind::kInt},
            {"qk_matmul_output_mode", AttributeKind::kInt},
            {"right_window_size", AttributeKind::kInt},
            {"scale", AttributeKind::kFloat},
            {"softcap", AttributeKind::kFloat},
            {"softmax_precision", AttributeKind::kInt}},
           infer_attention,
           run_attention}};
}

}  // namespace headway
