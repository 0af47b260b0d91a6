#include <array>

#include "ops/elements.h"
#include "ops/families.h"
#include "ops/recurrent.h"

namespace headway {
namespace {

template <std::int64_t gates>
void infer(InferContext& context) {
  infer_recurrent(context, gates);
}

/// h = f(W·x + R·h)
void run_rnn(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  constexpr std::array<std::string_view, 1> kFunctions = {"tanh"};
  const Recurrence recurrence(node, inputs, 1, kFunctions);
  recurrence.run(outputs, [&](const Recurrence::Step& step) {
    const GateFunction& f = recurrence.functions(step.direction)[0];
    for (std::size_t i = 0; i < step.hidden.size(); ++i) {
      step.hidden[i] = f(recurrence.clipped(step.x[i] + step.r[i]));
    }
  });
}

/// Gates z, r, h. K. Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder", 2014.
class GruCell {
 public:
  GruCell(const Recurrence& recurrence, std::span<const Tensor> biases, bool linear_before_reset)
      : recurrence_(recurrence), linear_before_reset_(linear_before_reset) {
    if (biases.size() > 3 && biases[3].defined()) bias_ = to_doubles(biases[3]);
  }

  void operator()(const Recurrence::Step& step) {
    const std::size_t size = step.hidden.size();
    const std::span<const GateFunction> functions = recurrence_.functions(step.direction);
    reset_.resize(size);
    for (std::size_t i = 0; i < size; ++i) {
      reset_[i] = functions[0](recurrence_.clipped(step.x[size + i] + step.r[size + i]));
    }
    const std::span<double> candidate = step.r.subspan(2 * size);
    if (linear_before_reset_) {
      for (std::size_t i = 0; i < size; ++i) candidate[i] *= reset_[i];
    } else {
      multiply_reset(step, candidate);
    }
    for (std::size_t i = 0; i < size; ++i) {
      const double update = functions[0](recurrence_.clipped(step.x[i] + step.r[i]));
      const double fresh = functions[1](recurrence_.clipped(step.x[2 * size + i] + candidate[i]));
      step.hidden[i] = (1.0 - update) * fresh + update * step.hidden[i];
    }
  }

 private:
  /// candidate = R·(reset · hidden) + bias
  void multiply_reset(const Recurrence::Step& step, std::span<double> candidate) const {
    const std::size_t size = candidate.size();
    const double* r = recurrence_.recurrent_weights(step.direction).data() + 2 * size;
    for (std::size_t i = 0; i < size; ++i) {
      candidate[i] = bias_.empty() ? 0.0 : bias_[step.direction * 6 * size + 5 * size + i];
    }
    for (std::size_t k = 0; k < size; ++k, r += 3 * size) {
      const double factor = reset_[k] * step.hidden[k];
      for (std::size_t i = 0; i < size; ++i) candidate[i] += factor * r[i];
    }
  }

  const Recurrence& recurrence_;
  bool linear_before_reset_;
  std::vector<double> bias_, reset_;
};

void run_gru(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  constexpr std::array<std::string_view, 2> kFunctions = {"sigmoid", "tanh"};
  const Recurrence recurrence(node, inputs, 3, kFunctions);
  recurrence.run(outputs, GruCell(recurrence, inputs, node.get_int("linear_before_reset", 0) != 0));
}

/// Gates i, o, f, c. F. Gers et al., "Learning Precise Timing with LSTM Recurrent Networks", 2002.
class LstmCell {
 public:
  LstmCell(const Recurrence& recurrence, std::span<const Tensor> inputs, bool coupled)
      : recurrence_(recurrence), coupled_(coupled), cells_(recurrence.states(inputs, 6)) {
    if (inputs.size() > 7 && inputs[7].defined()) {
      peepholes_ = to_doubles(inputs[7]);
    } else {
      peepholes_.assign(recurrence.directions() * 3 * static_cast<std::size_t>(recurrence.hidden()),
                        0.0);
    }
  }

  void operator()(const Recurrence::Step& step) {
    const std::size_t size = step.hidden.size();
    const std::span<const GateFunction> functions = recurrence_.functions(step.direction);
    const GateFunction &f = functions[0], &g = functions[1], &h = functions[2];
    double* cell = cells_.data() + recurrence_.state_row(step.direction, step.sequence);
    const double* peep = peepholes_.data() + step.direction * 3 * size;
    const auto gate = [&](std::size_t index, double more) {
      return recurrence_.clipped(step.x[index] + step.r[index] + more);
    };
    for (std::size_t i = 0; i < size; ++i) {
      const double in = f(gate(i, peep[i] * cell[i]));
      const double forget =
          coupled_ ? 1.0 - in : f(gate(2 * size + i, peep[2 * size + i] * cell[i]));
      cell[i] = forget * cell[i] + in * g(gate(3 * size + i, 0.0));
      const double out = f(gate(size + i, peep[size + i] * cell[i]));
      step.hidden[i] = out * h(cell[i]);
    }
  }

  const std::vector<double>& cells() const { return cells_; }

 private:
  const Recurrence& recurrence_;
  bool coupled_;
  std::vector<double> cells_, peepholes_;
};

void run_lstm(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  constexpr std::array<std::string_view, 3> kFunctions = {"sigmoid", "tanh", "tanh"};
  const Recurrence recurrence(node, inputs, 4, kFunctions);
  LstmCell cell(recurrence, inputs, node.get_int("input_forget", 0) != 0);
  recurrence.run(outputs, cell);
  if (outputs.size() > 2 && outputs[2].defined()) recurrence.store_states(cell.cells(), outputs[2]);
}

std::vector<AttributeSpec> attributes(std::initializer_list<AttributeSpec> more) {
  std::vector<AttributeSpec> specs = {{"activation_alpha", AttributeKind::kFloats},
                                      {"activation_beta", AttributeKind::kFloats},
                                      {"activations", AttributeKind::kStrings},
                                      {"clip", AttributeKind::kFloat},
                                      {"direction", AttributeKind::kString},
                                      {"hidden_size", AttributeKind::kInt},
                                      {"layout", AttributeKind::kInt}};
  specs.insert(specs.end(), more);
  return specs;
}

}  // namespace

std::vector<Operator> recurrent_operators() {
  return {
      {"GRU", "", 14, 3, 6, 0, 2, attributes({{"linear_before_reset", AttributeKind::kInt}}),
       infer<3>, run_gru},
      {"LSTM", "", 14, 3, 8, 0, 3, attributes({{"input_forget", AttributeKind::kInt}}), infer<4>,
       run_lstm},
      {"RNN", "", 14, 3, 6, 0, 2, attributes({}), infer<1>, run_rnn},
  };
}

}  // namespace headway
