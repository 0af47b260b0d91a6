#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "kernels/attention/attention.h"
#include "ops/broadcast.h"

namespace headway::cpu {
namespace {

enum Input : std::size_t { kQuery, kKey, kValue, kMask, kPastKey, kPastValue, kValidKeys };
enum Output : std::size_t { kResult, kPresentKey, kPresentValue, kScores };

constexpr float kMasked = -std::numeric_limits<float>::infinity();

/// A tensor [batch, heads, tokens, size], or [batch, tokens, heads · size].
struct Heads {
  Heads(const Value* value, std::int64_t packed_heads) {
    const Shape shape = shape_of(value);
    const bool packed = shape.size() == 3;
    batch = shape[0];
    heads = packed ? packed_heads : shape[1];
    tokens = shape[packed ? 1 : 2];
    size = packed ? shape[2] / heads : shape[3];
    head_stride = packed ? size : tokens * size;
    token_stride = packed ? heads * size : size;
  }

  std::int64_t image() const { return heads * tokens * size; }
  /// Of one image, whose groups of `group` heads count as its batch.
  AttentionOperand operand(std::int64_t group) const {
    return {0, group * head_stride, group == 1 ? 0 : head_stride, token_stride, 1};
  }

  std::int64_t batch, heads, tokens, size, head_stride, token_stride;
};

/// The tokens of `source`, after those of a dense `past`, as dense heads.
void join_tokens(ThreadPool& pool, const Heads& source, const float* past, std::int64_t past_tokens,
                 const float* fresh, float* joined) {
  const std::int64_t total = past_tokens + source.tokens, size = source.size;
  pool.parallel_for(source.batch * source.heads, [&](std::int64_t i, std::int64_t last, int) {
    for (; i < last; ++i) {
      float* to = joined + i * total * size;
      to = std::copy_n(past + (past ? i * past_tokens * size : 0), past_tokens * size, to);
      const float* from =
          fresh + i / source.heads * source.image() + i % source.heads * source.head_stride;
      for (std::int64_t token = 0; token < source.tokens; ++token) {
        to = std::copy_n(from + token * source.token_stride, size, to);
      }
    }
  });
}

/// A mask that must be made for every run: from bools, for fewer keys than there are, or because
/// there is a window.
struct MadeMask {
  std::int64_t heads = 1, queries = 1, keys = 0;
  std::int64_t left = -1, right = -1;  ///< -1: unbounded.

  std::int64_t size() const { return heads * queries * keys; }
};

class ScaledAttentionStep final : public Step {
 public:
  ScaledAttentionStep(const Node& node, Lowering& lowering)
      : q_(node.input(kQuery), node.get_int("q_num_heads", 1)),
        k_(node.input(kKey), node.get_int("kv_num_heads", 1)),
        v_(node.input(kValue), node.get_int("kv_num_heads", 1)),
        past_tokens_(node.input(kPastKey) ? shape_of(node.input(kPastKey))[2] : 0),
        keys_(past_tokens_ + k_.tokens),
        causal_(node.get_int("is_causal", 0) != 0),
        loops_(lowering.loops) {
    const bool joins = past_tokens_ > 0;
    joins_ = {joins || node.output(kPresentKey), joins || node.output(kPresentValue)};
    joined_sizes_ = {
        joins_[0] && !node.output(kPresentKey) ? q_.batch * k_.heads * keys_ * k_.size : 0,
        joins_[1] && !node.output(kPresentValue) ? q_.batch * v_.heads * keys_ * v_.size : 0};
    plan_mask(node);
    kernel_ = std::make_unique<Attention>(attention_shape(node), lowering.tiles, lowering.threads);
  }

  void run(const Operands& operands, ThreadPool& pool) const override {
    auto* scratch = static_cast<float*>(operands.scratch);
    float* mask_made = scratch + kernel_->scratch_bytes() / sizeof(float);
    float* more = mask_made + made_.size();
    const float* k = joined(operands, pool, kKey, kPastKey, kPresentKey, k_, more);
    const float* v =
        joined(operands, pool, kValue, kPastValue, kPresentValue, v_, more + joined_sizes_[0]);
    for (std::int64_t image = 0; image < q_.batch; ++image) {
      const AttentionKeys keys = keys_of(operands, image);
      const float* mask = given_mask(operands, image);
      if (made_.size() > 0) {
        make_mask(operands, pool, image, keys.offset, mask_made);
        mask = mask_made;
      }
      kernel_->run({pool, loops_}, float_input(operands, kQuery) + image * q_.image(),
                   k + image * k_.heads * keys_ * k_.size, v + image * v_.heads * keys_ * v_.size,
                   mask, keys, float_output(operands) + image * q_.heads * q_.tokens * v_.size,
                   scratch);
    }
  }

  std::size_t scratch_bytes() const override {
    return kernel_->scratch_bytes() +
           static_cast<std::size_t>(made_.size() + joined_sizes_[0] + joined_sizes_[1]) *
               sizeof(float);
  }
  std::string algorithm() const override { return "online softmax"; }

 private:
  AttentionShape attention_shape(const Node& node) const {
    const std::int64_t group = q_.heads / k_.heads;
    AttentionShape shape{.batch = k_.heads,
                         .heads = group,
                         .queries = q_.tokens,
                         .keys = keys_,
                         .head_size = q_.size,
                         .value_size = v_.size};
    shape.scale =
        node.get_float("scale", static_cast<float>(1.0 / std::sqrt(static_cast<double>(q_.size))));
    shape.softcap = node.get_float("softcap", 0.0f);
    const auto dense = [&](const Heads& heads, bool is_joined) {
      if (!is_joined) return AttentionOperand{0, heads.head_stride, 0, heads.token_stride, 1};
      return AttentionOperand{0, keys_ * heads.size, 0, heads.size, 1};
    };
    shape.q = q_.operand(group);
    shape.k = dense(k_, joins_[0]);
    shape.v = dense(v_, joins_[1]);
    Heads result = q_;
    result.size = v_.size;
    const bool packed = q_.head_stride == q_.size && q_.token_stride != q_.size;
    result.head_stride = packed ? v_.size : q_.tokens * v_.size;
    result.token_stride = packed ? q_.heads * v_.size : v_.size;
    shape.y = result.operand(group);
    shape.mask = {0, group * mask_strides_[1], group == 1 ? 0 : mask_strides_[1], mask_strides_[2],
                  mask_strides_[3]};
    return shape;
  }

  void plan_mask(const Node& node) {
    made_.left = node.get_int("left_window_size", -1);
    made_.right = node.get_int("right_window_size", -1);
    const bool window = made_.left >= 0 || made_.right >= 0;
    mask_strides_ = Shape(4, 0);
    mask_given_ = node.input(kMask) != nullptr;
    bool makes = window;
    if (mask_given_) {
      Shape shape = shape_of(node.input(kMask));
      masked_keys_ = shape.back();
      given_strides_ = broadcast_strides(shape, {q_.batch, q_.heads, q_.tokens, masked_keys_});
      mask_strides_ = given_strides_;
      mask_is_bool_ = node.input(kMask)->type.dtype == DType::kBool;
      makes = makes || mask_is_bool_ || masked_keys_ < keys_;
    }
    if (!makes) return;
    made_.heads = mask_given_ && given_strides_[1] != 0 ? q_.heads : 1;
    made_.queries = window || (mask_given_ && given_strides_[2] != 0) ? q_.tokens : 1;
    made_.keys = keys_;
    mask_strides_ = {0, made_.heads > 1 ? made_.queries * keys_ : 0, made_.queries > 1 ? keys_ : 0,
                     1};
  }

  const float* given_mask(const Operands& operands, std::int64_t image) const {
    if (!mask_given_ || mask_is_bool_) return nullptr;
    return float_input(operands, kMask) + image * given_strides_[0];
  }

  void make_mask(const Operands& operands, ThreadPool& pool, std::int64_t image,
                 std::int64_t offset, float* mask) const {
    pool.parallel_for(made_.heads * made_.queries, [&](std::int64_t row, std::int64_t last, int) {
      for (; row < last; ++row) {
        const std::int64_t head = row / made_.queries, query = row % made_.queries;
        float* to = mask + row * keys_;
        fill_given(operands, image, head, query, to);
        for (std::int64_t key = 0; key < keys_; ++key) {
          const std::int64_t position = query + offset;
          const bool outside = (made_.left >= 0 && position - key > made_.left) ||
                               (made_.right >= 0 && key - position > made_.right);
          if (outside) to[key] = kMasked;
        }
      }
    });
  }

  /// The row of the mask that was given, with nothing to be seen beyond its end.
  void fill_given(const Operands& operands, std::int64_t image, std::int64_t head,
                  std::int64_t query, float* to) const {
    if (!mask_given_) {
      std::fill_n(to, keys_, 0.0F);
      return;
    }
    const std::int64_t first =
        image * given_strides_[0] + head * given_strides_[1] + query * given_strides_[2];
    const auto* bools = static_cast<const bool*>(operands.inputs[kMask]);
    for (std::int64_t key = 0; key < masked_keys_; ++key) {
      const std::int64_t at = first + key * given_strides_[3];
      to[key] = !mask_is_bool_ ? float_input(operands, kMask)[at] : bools[at] ? 0.0F : kMasked;
    }
    std::fill(to + masked_keys_, to + keys_, kMasked);
  }

  AttentionKeys keys_of(const Operands& operands, std::int64_t image) const {
    AttentionKeys keys{keys_, causal_, past_tokens_, true};
    if (operands.inputs.size() <= kValidKeys || !operands.inputs[kValidKeys]) return keys;
    const std::int64_t valid = static_cast<const std::int64_t*>(operands.inputs[kValidKeys])[image];
    keys.valid = std::clamp<std::int64_t>(valid, 0, keys_);
    keys.offset = keys.valid - q_.tokens;
    return keys;
  }

  /// Keys or values of all tokens, past ones included.
  const float* joined(const Operands& operands, ThreadPool& pool, std::size_t input,
                      std::size_t past, std::size_t output, const Heads& heads,
                      float* scratch) const {
    if (!joins_[input - kKey]) return float_input(operands, input);
    const bool wanted = output < operands.outputs.size() && operands.outputs[output] != nullptr;
    float* to = wanted ? float_output(operands, output) : scratch;
    join_tokens(pool, heads, float_input(operands, past), past_tokens_,
                float_input(operands, input), to);
    return to;
  }

  Heads q_, k_, v_;
  std::int64_t past_tokens_, keys_;
  bool causal_;
  const InnerLoops& loops_;
  std::array<bool, 2> joins_{};  ///< Keys and values: those of all tokens are put together.
  std::array<std::int64_t, 2> joined_sizes_{};  ///< What is needed for that besides outputs.
  bool mask_given_ = false, mask_is_bool_ = false;
  std::int64_t masked_keys_ = 0;
  Shape given_strides_, mask_strides_;  ///< Along batch, heads, queries and keys.
  MadeMask made_;
  std::unique_ptr<Attention> kernel_;
};

/// The last axis may be shorter.
bool mask_fits(const Value* mask, const Shape& scores) {
  const Shape shape = shape_of(mask);
  if (shape.empty() || shape.size() > 4 || shape.back() > scores.back()) return false;
  for (std::size_t i = 1; i < shape.size(); ++i) {
    const std::int64_t extent = shape[shape.size() - 1 - i];
    if (extent != 1 && extent != scores[3 - i]) return false;
  }
  return is_float(mask) || mask->type.dtype == DType::kBool;
}

}  // namespace

std::unique_ptr<Step> lower_scaled_attention(const Node& node, Lowering& lowering) {
  for (const std::size_t input : {kQuery, kKey, kValue, kPastKey, kPastValue}) {
    if (node.input(input) != nullptr && !is_float(node.input(input))) return nullptr;
  }
  const Heads q(node.input(kQuery), node.get_int("q_num_heads", 1));
  const Heads k(node.input(kKey), node.get_int("kv_num_heads", 1));
  const Value *mask = node.input(kMask), *past = node.input(kPastKey);
  const std::int64_t keys = k.tokens + (past ? shape_of(past)[2] : 0);
  if (mask != nullptr && !mask_fits(mask, {q.batch, q.heads, q.tokens, keys})) return nullptr;
  const Value* valid = node.input(kValidKeys);
  if (valid != nullptr && num_elements(shape_of(valid)) != q.batch) return nullptr;
  const std::int64_t precision = node.get_int("softmax_precision", 1);
  if (node.output(kScores) != nullptr || (precision != 0 && precision != 1)) return nullptr;
  if (node.get_float("scale", 1.0f) < 0.0f) return nullptr;
  return std::make_unique<ScaledAttentionStep>(node, lowering);
}

}  // namespace headway::cpu
