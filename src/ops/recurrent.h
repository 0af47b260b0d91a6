#pragma once

#include <span>
#include <vector>

#include "ops/operator.h"

namespace headway {

/// One of the functions that the attribute `activations` names, with its parameters.
struct GateFunction {
  double (*function)(double x, double alpha, double beta) = nullptr;
  double alpha = 0.0, beta = 0.0;

  double operator()(double x) const { return function(x, alpha, beta); }
};

/// The functions of all directions of a node, `defaults.size()` for each. Throws
/// Error(kInvalidModel) naming the node.
std::vector<GateFunction> gate_functions(const Node& node, std::size_t directions,
                                         std::span<const std::string_view> defaults);

/// What RNN, GRU and LSTM have in common: extents, weights, and the walk over time.
class Recurrence {
 public:
  /// `gates` is the number of matrices stacked in W and R.
  Recurrence(const Node& node, std::span<const Tensor> inputs, std::int64_t gates,
             std::span<const std::string_view> default_functions);

  /// One sequence at one step. `x` is W·input + bias of W, `r` is R·hidden + bias of R, gate by
  /// gate; `hidden` is to be replaced.
  struct Step {
    std::size_t direction;
    std::int64_t sequence;
    std::span<double> x, r, hidden;
  };

  /// Calls cell(step) for every step of every sequence and direction in order and stores outputs 0
  /// (all hidden states) and 1 (the last ones).
  template <typename Cell>
  void run(std::span<Tensor> outputs, Cell&& cell) const;

  std::int64_t hidden() const { return hidden_; }
  std::size_t directions() const { return reversed_.size(); }
  std::span<const GateFunction> functions(std::size_t direction) const;
  /// R of a direction, transposed: [hidden, gates · hidden].
  std::span<const double> recurrent_weights(std::size_t direction) const;
  double clipped(double x) const;

  /// An input [directions, batch, hidden] (or batch first) as states; zeros if it is omitted.
  std::vector<double> states(std::span<const Tensor> inputs, std::size_t index) const;
  void store_states(const std::vector<double>& states, Tensor& output) const;
  /// Row of a sequence in states().
  std::size_t state_row(std::size_t direction, std::int64_t sequence) const;

 private:
  using Visit = void (*)(void* context, const Step& step);
  void walk(std::span<Tensor> outputs, void* context, Visit visit) const;
  void walk_direction(std::size_t direction, std::span<Tensor> outputs, std::vector<double>& states,
                      void* context, Visit visit) const;
  void store_step(const Step& step, std::int64_t time, Tensor& output) const;
  std::vector<double> projected(std::size_t direction) const;

  std::span<const Tensor> inputs_;
  std::int64_t gates_, hidden_, steps_, batch_;
  bool batch_first_;
  double clip_;
  std::vector<bool> reversed_;
  std::vector<std::int64_t> lengths_;
  std::vector<GateFunction> functions_;
  std::vector<std::vector<double>> recurrent_, recurrent_bias_;
};

template <typename Cell>
void Recurrence::run(std::span<Tensor> outputs, Cell&& cell) const {
  walk(outputs, &cell, [](void* context, const Step& step) {
    (*static_cast<std::remove_reference_t<Cell>*>(context))(step);
  });
}

/// The shape rule of all three; LSTM has output 2 too.
void infer_recurrent(InferContext& context, std::int64_t gates);

}  // namespace headway
