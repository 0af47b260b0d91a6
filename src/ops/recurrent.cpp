#include "ops/recurrent.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "ops/dims.h"
#include "ops/elements.h"
#include "ops/matmul_reference.h"
#include "ops/rules.h"

namespace headway {
namespace {

enum Input : std::size_t { kX, kW, kR, kBias, kLengths, kInitialHidden };

std::size_t count_directions(const Node& node) {
  const std::string direction = node.get_string("direction", "forward");
  if (direction == "bidirectional") return 2;
  if (direction == "forward" || direction == "reverse") return 1;
  fail(ErrorCode::kInvalidModel, node.described(), ": direction is '", direction,
       "' but must be forward, reverse or bidirectional");
}

bool has(std::span<const Tensor> inputs, std::size_t index) {
  return index < inputs.size() && inputs[index].defined();
}

/// An input of the given extents, where those are known.
void require_extents(const InferContext& context, std::size_t input, const SymbolicShape& wanted) {
  if (!context.has_input(input)) return;
  require_rank(context, input, wanted.size());
  const TensorType& type = context.input(input);
  if (!type.shape) return;
  for (std::size_t axis = 0; axis < wanted.size(); ++axis) {
    if (unify((*type.shape)[axis], wanted[axis])) continue;
    context.fail("input ", input, " is ", type.to_string(), " but axis ", axis,
                 " must have extent ", wanted[axis].to_string());
  }
}

Dim hidden_size(const InferContext& context) {
  if (context.node().has("hidden_size")) return Dim(context.node().get_int("hidden_size", 0));
  require_rank(context, kR, 3);
  const TensorType& r = context.input(kR);
  return r.shape ? r.shape->back() : Dim();
}

Dim times(const Dim& dim, std::int64_t factor) {
  const std::array<Dim, 2> factors = {dim, Dim(factor)};
  return product_of(factors);
}

}  // namespace

void infer_recurrent(InferContext& context, std::int64_t gates) {
  require_dtype(context, kX, kFloatTypes);
  require_rank(context, kX, 3);
  const bool batch_first = context.node().get_int("layout", 0) != 0;
  const Dim directions(static_cast<std::int64_t>(count_directions(context.node())));
  const Dim hidden = hidden_size(context);
  const TensorType& x = context.input(kX);
  Dim steps, batch, features;
  if (x.shape) {
    steps = (*x.shape)[batch_first ? 1 : 0];
    batch = (*x.shape)[batch_first ? 0 : 1];
    features = (*x.shape)[2];
  }
  for (std::size_t input = 0; input < context.input_count(); ++input) {
    if (input == kLengths || !context.has_input(input)) continue;
    if (context.input(input).dtype != x.dtype) {
      context.fail("input ", input, " must have the dtype of its input 0, ", name_of(x.dtype));
    }
  }
  require_extents(context, kW, {directions, times(hidden, gates), features});
  require_extents(context, kR, {directions, times(hidden, gates), hidden});
  require_extents(context, kBias, {directions, times(hidden, 2 * gates)});
  if (context.has_input(kLengths)) require_dtype(context, kLengths, {DType::kInt32});
  require_vector(context, kLengths, batch);
  const SymbolicShape state = batch_first ? SymbolicShape{batch, directions, hidden}
                                          : SymbolicShape{directions, batch, hidden};
  require_extents(context, kInitialHidden, state);
  if (gates == 4) {
    require_extents(context, 6, state);
    require_extents(context, 7, {directions, times(hidden, 3)});
    context.set_output(2, {x.dtype, state});
  }
  context.set_output(0, {x.dtype, batch_first ? SymbolicShape{batch, steps, directions, hidden}
                                              : SymbolicShape{steps, directions, batch, hidden}});
  context.set_output(1, {x.dtype, state});
}

Recurrence::Recurrence(const Node& node, std::span<const Tensor> inputs, std::int64_t gates,
                       std::span<const std::string_view> default_functions)
    : inputs_(inputs),
      gates_(gates),
      hidden_(inputs[kR].shape().back()),
      batch_first_(node.get_int("layout", 0) != 0),
      clip_(node.get_float("clip", 0.0f)),
      reversed_(count_directions(node), false),
      functions_(gate_functions(node, reversed_.size(), default_functions)) {
  steps_ = inputs[kX].dim(batch_first_ ? 1 : 0);
  batch_ = inputs[kX].dim(batch_first_ ? 0 : 1);
  reversed_.back() = node.get_string("direction", "forward") != "forward";
  lengths_.assign(static_cast<std::size_t>(batch_), steps_);
  if (has(inputs, kLengths)) lengths_ = to_ints(inputs[kLengths]);
  for (const std::int64_t length : lengths_) {
    if (length >= 0 && length <= steps_) continue;
    fail(ErrorCode::kInvalidArgument, node.described(), ": a sequence of ", length,
         " steps cannot be in an input of ", steps_);
  }
  const std::int64_t rows = gates_ * hidden_;
  const std::vector<double> biases =
      has(inputs, kBias) ? to_doubles(inputs[kBias]) : std::vector<double>();
  dispatch_floats(inputs[kR].dtype(), [&]<typename T>(std::type_identity<T>) {
    for (std::size_t d = 0; d < directions(); ++d) {
      const auto at = static_cast<std::int64_t>(d);
      recurrent_.push_back(
          widened(inputs[kR].data<T>() + at * rows * hidden_, hidden_, rows, true));
      recurrent_bias_.emplace_back(static_cast<std::size_t>(rows), 0.0);
      if (biases.empty()) continue;
      std::copy_n(biases.begin() + (2 * at + 1) * rows, rows, recurrent_bias_.back().begin());
    }
  });
}

std::span<const GateFunction> Recurrence::functions(std::size_t direction) const {
  const std::size_t count = functions_.size() / directions();
  return std::span(functions_).subspan(direction * count, count);
}

std::span<const double> Recurrence::recurrent_weights(std::size_t direction) const {
  return recurrent_[direction];
}

double Recurrence::clipped(double x) const {
  return clip_ > 0.0 ? std::clamp(x, -clip_, clip_) : x;
}

std::size_t Recurrence::state_row(std::size_t direction, std::int64_t sequence) const {
  const auto b = static_cast<std::size_t>(sequence);
  const std::size_t row = batch_first_ ? b * directions() + direction
                                       : direction * static_cast<std::size_t>(batch_) + b;
  return row * static_cast<std::size_t>(hidden_);
}

std::vector<double> Recurrence::states(std::span<const Tensor> inputs, std::size_t index) const {
  if (has(inputs, index)) return to_doubles(inputs[index]);
  return std::vector<double>(
      directions() * static_cast<std::size_t>(batch_) * static_cast<std::size_t>(hidden_), 0.0);
}

void Recurrence::store_states(const std::vector<double>& states, Tensor& output) const {
  dispatch_floats(output.dtype(), [&]<typename T>(std::type_identity<T>) {
    T* y = output.data<T>();
    for (const double state : states) *y++ = store<T>(state);
  });
}

/// W·input + bias for all steps and sequences, in the input's order.
std::vector<double> Recurrence::projected(std::size_t direction) const {
  const std::int64_t rows = gates_ * hidden_, features = inputs_[kX].dim(2);
  const std::int64_t tokens = steps_ * batch_, at = static_cast<std::int64_t>(direction);
  std::vector<double> result(static_cast<std::size_t>(tokens * rows), 0.0);
  if (has(inputs_, kBias)) {
    const std::vector<double> biases = to_doubles(inputs_[kBias]);
    for (std::int64_t i = 0; i < tokens; ++i) {
      std::copy_n(biases.begin() + 2 * at * rows, rows, result.begin() + i * rows);
    }
  }
  dispatch_floats(inputs_[kX].dtype(), [&]<typename T>(std::type_identity<T>) {
    const auto w = widened(inputs_[kW].data<T>() + at * rows * features, features, rows, true);
    const auto x = widened(inputs_[kX].data<T>(), tokens, features);
    multiply_add<double>(tokens, rows, features, x.data(), features, w.data(), rows, result.data(),
                         rows);
  });
  return result;
}

void Recurrence::store_step(const Step& step, std::int64_t time, Tensor& output) const {
  const auto d = static_cast<std::int64_t>(step.direction);
  const auto count = static_cast<std::int64_t>(directions());
  const std::int64_t row = batch_first_ ? (step.sequence * steps_ + time) * count + d
                                        : (time * count + d) * batch_ + step.sequence;
  dispatch_floats(output.dtype(), [&]<typename T>(std::type_identity<T>) {
    T* y = output.data<T>() + row * hidden_;
    for (const double value : step.hidden) *y++ = store<T>(value);
  });
}

/// A shorter sequence is walked from its own end if reversed; what is beyond its end stays zero.
void Recurrence::walk_direction(std::size_t direction, std::span<Tensor> outputs,
                                std::vector<double>& states, void* context, Visit visit) const {
  const std::int64_t rows = gates_ * hidden_;
  const auto width = static_cast<std::size_t>(rows), size = static_cast<std::size_t>(hidden_);
  std::vector<double> x = projected(direction);
  std::vector<double> hidden(static_cast<std::size_t>(batch_) * size), r;
  for (std::int64_t b = 0; b < batch_; ++b) {
    std::copy_n(states.data() + state_row(direction, b), size, hidden.data() + b * hidden_);
  }
  for (std::int64_t step = 0; step < steps_; ++step) {
    r.clear();
    for (std::int64_t b = 0; b < batch_; ++b) {
      r.insert(r.end(), recurrent_bias_[direction].begin(), recurrent_bias_[direction].end());
    }
    multiply_add<double>(batch_, rows, hidden_, hidden.data(), hidden_,
                         recurrent_[direction].data(), rows, r.data(), rows);
    for (std::int64_t b = 0; b < batch_; ++b) {
      const std::int64_t length = lengths_[static_cast<std::size_t>(b)];
      if (step >= length) continue;
      const std::int64_t time = reversed_[direction] ? length - 1 - step : step;
      const std::int64_t token = batch_first_ ? b * steps_ + time : time * batch_ + b;
      const Step one{direction,
                     b,
                     {x.data() + token * rows, width},
                     {r.data() + b * rows, width},
                     {hidden.data() + b * hidden_, size}};
      visit(context, one);
      if (has(outputs, 0)) store_step(one, time, outputs[0]);
    }
  }
  for (std::int64_t b = 0; b < batch_; ++b) {
    std::copy_n(hidden.data() + b * hidden_, size, states.data() + state_row(direction, b));
  }
}

void Recurrence::walk(std::span<Tensor> outputs, void* context, Visit visit) const {
  if (has(outputs, 0)) std::fill_n(static_cast<char*>(outputs[0].raw()), outputs[0].byte_size(), 0);
  std::vector<double> hidden = states(inputs_, kInitialHidden);
  for (std::size_t d = 0; d < directions(); ++d) {
    walk_direction(d, outputs, hidden, context, visit);
  }
  if (has(outputs, 1)) store_states(hidden, outputs[1]);
}

}  // namespace headway
