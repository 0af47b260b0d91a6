#include <algorithm>

#include "ops/dims.h"
#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"

namespace headway {
namespace {

enum Input : std::size_t { kQuery, kKey, kValue, kPastState, kDecay, kBeta };

struct Rule {
  bool gated, delta;
};

Rule rule_of(const Node& node) {
  const std::string rule = node.get_string("update_rule", "gated_delta");
  if (rule == "linear") return {false, false};
  if (rule == "gated") return {true, false};
  if (rule == "delta") return {false, true};
  if (rule == "gated_delta") return {true, true};
  fail(ErrorCode::kInvalidModel, node.described(), ": update_rule is '", rule,
       "' but must be linear, gated, delta or gated_delta");
}

Dim part_of(const InferContext& context, std::size_t input, std::int64_t heads) {
  const TensorType& type = context.input(input);
  if (!type.shape) return Dim();
  const Dim count(heads);
  const std::optional<Dim> size = quotient_of({&type.shape->back(), 1}, {&count, 1});
  if (!size) context.fail("input ", input, " does not consist of ", heads, " heads");
  return *size;
}

void infer_linear_attention(InferContext& context) {
  const Rule rule = rule_of(context.node());
  if (context.has_input(kDecay) != rule.gated || context.has_input(kBeta) != rule.delta) {
    context.fail("update_rule wants the input decay if gated and beta if delta, and only then");
  }
  for (const std::size_t input : {kQuery, kKey, kValue}) {
    require_dtype(context, input, kFloatTypes);
    require_rank(context, input, 3);
  }
  const std::int64_t q_heads = context.node().get_int("q_num_heads", 0);
  const std::int64_t kv_heads = context.node().get_int("kv_num_heads", 0);
  if (kv_heads < 1 || q_heads < 1 || q_heads % kv_heads != 0) {
    context.fail("q_num_heads must be a positive multiple of kv_num_heads");
  }
  const std::optional<Dim> key_size =
      unify(part_of(context, kQuery, q_heads), part_of(context, kKey, kv_heads));
  if (!key_size) context.fail("the heads of queries and keys have different sizes");
  const Dim value_size = part_of(context, kValue, kv_heads);
  const TensorType& q = context.input(kQuery);
  const Dim batch = q.shape ? (*q.shape)[0] : Dim(), steps = q.shape ? (*q.shape)[1] : Dim();
  const std::array<Dim, 2> hidden = {Dim(q_heads), value_size};
  context.set_output(0, {q.dtype, SymbolicShape{batch, steps, product_of(hidden)}});
  const DType state = context.has_input(kPastState) ? context.input(kPastState).dtype : q.dtype;
  context.set_output(1, {state, SymbolicShape{batch, Dim(kv_heads), *key_size, value_size}});
}

/// The recurrent matrix [key_size, value_size] of one head of one image.
class State {
 public:
  State(std::span<double> elements, std::size_t key_size)
      : elements_(elements), values_(elements.size() / key_size) {}

  /// One factor for every key, or one for all.
  void decay(std::span<const double> logarithms) {
    for (std::size_t i = 0; i < elements_.size(); ++i) {
      elements_[i] *= std::exp(logarithms[logarithms.size() == 1 ? 0 : i / values_]);
    }
  }
  void read(const double* key, std::span<double> result) const {
    std::ranges::fill(result, 0.0);
    for (std::size_t i = 0; i < elements_.size(); ++i) {
      result[i % values_] += key[i / values_] * elements_[i];
    }
  }
  void write(const double* key, std::span<const double> value) {
    for (std::size_t i = 0; i < elements_.size(); ++i) {
      elements_[i] += key[i / values_] * value[i % values_];
    }
  }

 private:
  std::span<double> elements_;
  std::size_t values_;
};

struct Problem {
  std::int64_t batch, steps, q_heads, kv_heads, key_size, value_size;
  Rule rule;
  double scale;
  std::vector<double> q, k, v, decay, beta;
};

/// Row `head` of `heads` at one step of one image in an array [batch, steps, heads · size].
const double* row_of(const std::vector<double>& array, std::int64_t row, std::int64_t head,
                     std::int64_t heads, std::int64_t size) {
  return array.data() + (row * heads + head) * size;
}

/// One step of the recurrence for one head, S. Yang et al., "Gated Delta Networks", 2024.
void update(const Problem& p, State& state, std::int64_t row, std::int64_t head) {
  const double* key = row_of(p.k, row, head, p.kv_heads, p.key_size);
  const double* given = row_of(p.v, row, head, p.kv_heads, p.value_size);
  std::vector<double> value(given, given + p.value_size);
  const auto rows = static_cast<std::size_t>(p.batch * p.steps);
  if (p.rule.gated) {
    const std::size_t count = p.decay.size() / (rows * static_cast<std::size_t>(p.kv_heads));
    state.decay({row_of(p.decay, row, head, p.kv_heads, static_cast<std::int64_t>(count)), count});
  }
  if (p.rule.delta) {
    std::vector<double> known(value.size());
    state.read(key, known);
    const std::int64_t heads = p.beta.size() == rows ? 1 : p.kv_heads;
    const double rate = *row_of(p.beta, row, heads == 1 ? 0 : head, heads, 1);
    for (std::size_t i = 0; i < value.size(); ++i) value[i] = rate * (value[i] - known[i]);
  }
  state.write(key, value);
}

Problem problem_of(const Node& node, std::span<const Tensor> inputs) {
  const std::int64_t q_heads = node.get_int("q_num_heads", 1);
  const std::int64_t kv_heads = node.get_int("kv_num_heads", 1);
  const auto optional_input = [&](std::size_t index) {
    return index < inputs.size() && inputs[index].defined() ? to_doubles(inputs[index])
                                                            : std::vector<double>();
  };
  Problem p{inputs[kQuery].dim(0),
            inputs[kQuery].dim(1),
            q_heads,
            kv_heads,
            inputs[kKey].dim(2) / kv_heads,
            inputs[kValue].dim(2) / kv_heads,
            rule_of(node),
            node.get_float("scale", 0.0f),
            to_doubles(inputs[kQuery]),
            to_doubles(inputs[kKey]),
            to_doubles(inputs[kValue]),
            optional_input(kDecay),
            optional_input(kBeta)};
  if (p.scale == 0.0) p.scale = 1.0 / std::sqrt(static_cast<double>(p.key_size));
  const auto rows = static_cast<std::size_t>(p.batch * p.steps);
  const auto heads = rows * static_cast<std::size_t>(kv_heads);
  const bool decays =
      p.decay.size() == heads || p.decay.size() == heads * static_cast<std::size_t>(p.key_size);
  if ((p.rule.gated && !decays) ||
      (p.rule.delta && p.beta.size() != rows && p.beta.size() != heads)) {
    fail(ErrorCode::kInvalidModel, node.described(),
         ": decay or beta has the wrong number of elements");
  }
  return p;
}

void run_linear_attention(const Node& node, std::span<const Tensor> inputs,
                          std::span<Tensor> outputs) {
  const Problem p = problem_of(node, inputs);
  const auto size = static_cast<std::size_t>(p.key_size * p.value_size);
  const std::int64_t group = p.q_heads / p.kv_heads;
  std::vector<double> states(static_cast<std::size_t>(p.batch * p.kv_heads) * size, 0.0);
  if (inputs.size() > kPastState && inputs[kPastState].defined()) {
    states = to_doubles(inputs[kPastState]);
  }
  if (states.size() != static_cast<std::size_t>(p.batch * p.kv_heads) * size) {
    fail(ErrorCode::kInvalidModel, node.described(), ": past_state has the wrong shape");
  }
  std::vector<double> result(static_cast<std::size_t>(p.value_size));
  dispatch_floats(outputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    for (std::int64_t i = 0; i < p.batch * p.kv_heads && size != 0; ++i) {
      const std::int64_t image = i / p.kv_heads, head = i % p.kv_heads;
      State state({states.data() + static_cast<std::size_t>(i) * size, size},
                  static_cast<std::size_t>(p.key_size));
      for (std::int64_t row = image * p.steps; row < (image + 1) * p.steps; ++row) {
        update(p, state, row, head);
        for (std::int64_t q_head = head * group; q_head < (head + 1) * group; ++q_head) {
          state.read(row_of(p.q, row, q_head, p.q_heads, p.key_size), result);
          T* y = outputs[0].data<T>() + (row * p.q_heads + q_head) * p.value_size;
          for (const double value : result) *y++ = store<T>(p.scale * value);
        }
      }
    }
  });
  if (outputs.size() < 2 || !outputs[1].defined()) return;
  dispatch_floats(outputs[1].dtype(), [&]<typename T>(std::type_identity<T>) {
    T* y = outputs[1].data<T>();
    for (const double element : states) *y++ = store<T>(element);
  });
}

}  // namespace

std::vector<Operator> linear_attention_operators() {
  return {{"LinearAttention",
           "",
           27,
           3,
           6,
           1,
           2,
           {{"chunk_size", AttributeKind::kInt},
            {"kv_num_heads", AttributeKind::kInt, true},
            {"q_num_heads", AttributeKind::kInt, true},
            {"scale", AttributeKind::kFloat},
            {"update_rule", AttributeKind::kString}},
           infer_linear_attention,
           run_linear_attention}};
}

}  // namespace headway
