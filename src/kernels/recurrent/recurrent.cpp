#include "kernels/recurrent/recurrent.h"

#include <algorithm>

#include "kernels/inner_loops.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

/// Loads, stores and elementary functions of one element of a gate, in moved elements.
constexpr std::int64_t kGateWork = 16;

std::int64_t gates_of(RecurrentCell cell) {
  if (cell == RecurrentCell::kLstm) return 4;
  return cell == RecurrentCell::kRnn ? 1 : 3;
}

GemmShape product(std::int64_t m, std::int64_t n, std::int64_t k) {
  return {.m = m, .n = n, .k = k, .transpose_b = true};
}

std::int64_t in_lines(std::int64_t floats) {
  return (floats + 15) / 16 * 16;
}

bool at_once(const RecurrentShape& shape, int threads) {
  const std::int64_t work = shape.batch * gates_of(shape.cell) * shape.hidden * shape.hidden;
  return shape.directions > 1 && (threads < 4 || work < 4 * kSmallProduct);
}

/// Columns of the product that every step begins with.
std::int64_t recurrent_columns(const RecurrentShape& shape) {
  const std::int64_t gates = gates_of(shape.cell);
  return (shape.cell == RecurrentCell::kGru ? gates - 1 : gates) * shape.hidden;
}

std::size_t in_lines(std::size_t floats) {
  return (floats + 15) / 16 * 16;
}

}  // namespace

/// What one direction works on.
struct Recurrent::Direction {
  int index;
  bool reversed;
  const Unary* functions;
  const float *recurrent, *candidate;  ///< Packed weights.
  const float* peepholes;              ///< May be null.
  const float* late_bias;  ///< What is added to a product before it is reset; may be null.
  float *x, *r, *hidden, *cell, *fresh, *bias;
  void* scratch;
};

/// One sequence at one step.
struct Recurrent::Row {
  bool ended;
  float *x, *r, *hidden, *cell, *fresh;
  std::int64_t place;  ///< Of the hidden state among the outputs.
};

Recurrent::Recurrent(const RecurrentShape& shape, BrgemmSet& tiles, int threads)
    : shape_(shape),
      functions_(static_cast<std::int64_t>(shape.functions.size()) / shape.directions),
      directions_at_once_(at_once(shape, threads)),
      input_(
          product(shape.steps * shape.batch, gates_of(shape.cell) * shape.hidden, shape.features),
          {.bias = true}, tiles, threads),
      recurrent_(product(shape.batch, recurrent_columns(shape), shape.hidden), {}, tiles,
                 directions_at_once_ ? 1 : threads),
      candidate_(product(shape.batch, shape.hidden, shape.hidden), {}, tiles,
                 directions_at_once_ ? 1 : threads) {}

std::int64_t Recurrent::gates() const noexcept {
  return gates_of(shape_.cell);
}

std::size_t Recurrent::packed_w_size() const noexcept {
  return in_lines(input_.packed_b_size()) * static_cast<std::size_t>(shape_.directions);
}

std::size_t Recurrent::packed_r_size() const noexcept {
  const std::size_t candidate = resets_first() ? in_lines(candidate_.packed_b_size()) : 0;
  return (in_lines(recurrent_.packed_b_size()) + candidate) *
         static_cast<std::size_t>(shape_.directions);
}

void Recurrent::pack_w(const float* w, float* packed) const noexcept {
  for (int i = 0; i < shape_.directions; ++i, w += gate_floats() * shape_.features) {
    input_.pack_b(w, {0, input_.rows_of_b()}, packed);
    packed += in_lines(input_.packed_b_size());
  }
}

void Recurrent::pack_r(const float* r, float* packed) const noexcept {
  for (int i = 0; i < shape_.directions; ++i, r += gate_floats() * shape_.hidden) {
    recurrent_.pack_b(r, {0, recurrent_.rows_of_b()}, packed);
    packed += in_lines(recurrent_.packed_b_size());
    if (!resets_first()) continue;
    candidate_.pack_b(r + recurrent_.rows_of_b() * shape_.hidden, {0, candidate_.rows_of_b()},
                      packed);
    packed += in_lines(candidate_.packed_b_size());
  }
}

std::int64_t Recurrent::direction_floats() const noexcept {
  const std::int64_t states = in_lines(shape_.batch * shape_.hidden);
  const std::size_t scratch = std::max(
      {input_.scratch_bytes(true), recurrent_.scratch_bytes(true), candidate_.scratch_bytes(true)});
  return in_lines(shape_.steps * shape_.batch * gate_floats()) +
         in_lines(shape_.batch * gate_floats()) + 3 * states + in_lines(gate_floats()) +
         static_cast<std::int64_t>(in_lines(scratch / sizeof(float)));
}

std::size_t Recurrent::scratch_bytes() const noexcept {
  return static_cast<std::size_t>(shape_.directions * direction_floats()) * sizeof(float);
}

void Recurrent::run(const KernelContext& context, const RecurrentInputs& inputs,
                    const float* packed_w, const float* packed_r, const RecurrentOutputs& outputs,
                    void* scratch) const noexcept {
  const auto direction = [&](int index) {
    return direction_of(index, inputs, packed_r, static_cast<float*>(scratch));
  };
  for (int i = 0; i < shape_.directions; ++i) project(context, direction(i), inputs, packed_w);
  if (inputs.lengths && outputs.all) {
    std::fill_n(outputs.all, shape_.steps * shape_.directions * shape_.batch * shape_.hidden, 0.0F);
  }
  const auto walk_some = [&](std::int64_t first, std::int64_t last, int) {
    for (; first < last; ++first)
      walk(context, direction(static_cast<int>(first)), inputs, outputs);
  };
  if (directions_at_once_) {
    context.pool.parallel_for(shape_.directions, walk_some);
  } else {
    walk_some(0, shape_.directions, 0);
  }
}

Recurrent::Direction Recurrent::direction_of(int index, const RecurrentInputs& inputs,
                                             const float* packed_r, float* scratch) const noexcept {
  const std::int64_t states = in_lines(shape_.batch * shape_.hidden);
  Direction d{};
  d.index = index;
  d.reversed = shape_.last_is_reversed && index == shape_.directions - 1;
  d.functions = shape_.functions.data() + index * functions_;
  d.recurrent = packed_r + static_cast<std::size_t>(index) * packed_r_size() /
                               static_cast<std::size_t>(shape_.directions);
  d.candidate = d.recurrent + in_lines(recurrent_.packed_b_size());
  if (inputs.peepholes) d.peepholes = inputs.peepholes + index * 3 * shape_.hidden;
  if (inputs.bias && shape_.cell == RecurrentCell::kGruResetsAfter) {
    d.late_bias = inputs.bias + index * 2 * gate_floats() + gate_floats() + 2 * shape_.hidden;
  }
  d.x = scratch + index * direction_floats();
  d.r = d.x + in_lines(shape_.steps * shape_.batch * gate_floats());
  d.hidden = d.r + in_lines(shape_.batch * gate_floats());
  d.cell = d.hidden + states;
  d.fresh = d.cell + states;
  d.bias = d.fresh + states;
  d.scratch = d.bias + in_lines(gate_floats());
  return d;
}

/// Both biases are added here, but for the late one.
void Recurrent::project(const KernelContext& context, const Direction& direction,
                        const RecurrentInputs& inputs, const float* packed_w) const noexcept {
  const std::int64_t size = gate_floats();
  std::fill_n(direction.bias, in_lines(size), 0.0F);
  if (inputs.bias) {
    const float* of_w = inputs.bias + direction.index * 2 * size;
    const std::int64_t early = direction.late_bias ? 2 * shape_.hidden : size;
    std::copy_n(of_w, size, direction.bias);
    for (std::int64_t i = 0; i < early; ++i) direction.bias[i] += of_w[size + i];
  }
  const std::size_t offset =
      static_cast<std::size_t>(direction.index) * in_lines(input_.packed_b_size());
  input_.run_packed(context, inputs.x, packed_w + offset, {.bias = direction.bias}, direction.x,
                    direction.scratch);
}

Recurrent::Row Recurrent::row_of(const Direction& direction, const RecurrentInputs& inputs,
                                 std::int64_t step, std::int64_t sequence) const noexcept {
  const std::int64_t length = inputs.lengths ? inputs.lengths[sequence] : shape_.steps;
  const std::int64_t time = direction.reversed ? length - 1 - step : step;
  const std::int64_t state = sequence * shape_.hidden;
  const std::int64_t token =
      shape_.batch_first ? sequence * shape_.steps + time : time * shape_.batch + sequence;
  const std::int64_t output =
      shape_.batch_first ? token * shape_.directions + direction.index
                         : (time * shape_.directions + direction.index) * shape_.batch + sequence;
  return {.ended = step >= length,
          .x = direction.x + token * gate_floats(),
          .r = direction.r + sequence * recurrent_columns(shape_),
          .hidden = direction.hidden + state,
          .cell = direction.cell + state,
          .fresh = direction.fresh + state,
          .place = output * shape_.hidden};
}

/// Where a state lies among those of all directions.
std::int64_t Recurrent::state_of(const Direction& direction, std::int64_t sequence) const noexcept {
  return (shape_.batch_first ? sequence * shape_.directions + direction.index
                             : direction.index * shape_.batch + sequence) *
         shape_.hidden;
}

void Recurrent::walk(const KernelContext& context, const Direction& direction,
                     const RecurrentInputs& inputs,
                     const RecurrentOutputs& outputs) const noexcept {
  const std::int64_t size = shape_.hidden;
  const auto load = [&](const float* from, float* to) {
    for (std::int64_t i = 0; i < shape_.batch; ++i, to += size)
      from ? std::copy_n(from + state_of(direction, i), size, to) : std::fill_n(to, size, 0.0F);
  };
  const auto store = [&](const float* from, float* to) {
    for (std::int64_t i = 0; to && i < shape_.batch; ++i, from += size)
      std::copy_n(from, size, to + state_of(direction, i));
  };
  load(inputs.hidden, direction.hidden);
  load(inputs.cell, direction.cell);
  for (std::int64_t step = 0; step < shape_.steps; ++step) {
    recurrent_.run_packed(context, direction.hidden, direction.recurrent, {}, direction.r,
                          direction.scratch);
    const auto for_rows = [&](const auto& body) {
      for_tasks(context, shape_.batch, gate_floats() * kGateWork,
                [&](std::int64_t sequence, std::int64_t last, int) {
                  for (; sequence < last; ++sequence) {
                    const Row row = row_of(direction, inputs, step, sequence);
                    if (!row.ended) body(row);
                  }
                });
    };
    if (resets_first()) {
      for_rows([&](const Row& row) { reset(context.loops, direction, row); });
      candidate_.run_packed(context, direction.fresh, direction.candidate, {}, direction.r,
                            direction.scratch);
    }
    for_rows([&](const Row& row) {
      if (shape_.cell == RecurrentCell::kRnn) step_rnn(context.loops, direction, row);
      if (shape_.cell == RecurrentCell::kLstm) step_lstm(context.loops, direction, row);
      if (gates() == 3) update(context.loops, direction, row);
      if (outputs.all) std::copy_n(row.hidden, shape_.hidden, outputs.all + row.place);
    });
  }
  store(direction.hidden, outputs.hidden);
  store(direction.cell, outputs.cell);
}

void Recurrent::activate(const InnerLoops& loops, const Unary& function, std::int64_t size,
                         float* x, float* y) const noexcept {
  if (shape_.clip > 0.0F) loops.unary({UnaryOp::kClip, -shape_.clip, shape_.clip}, size, x, x);
  loops.unary(function, size, x, y);
}

void Recurrent::step_rnn(const InnerLoops& loops, const Direction& direction,
                         const Row& row) const noexcept {
  loops.binary(BinaryOp::kAdd, shape_.hidden, row.x, 1, row.r, 1, row.x);
  activate(loops, direction.functions[0], shape_.hidden, row.x, row.hidden);
}

/// F. Gers et al., "Learning Precise Timing with LSTM Recurrent Networks", 2002.
void Recurrent::step_lstm(const InnerLoops& loops, const Direction& direction,
                          const Row& row) const noexcept {
  const std::int64_t n = shape_.hidden;
  float *in = row.x, *out = in + n, *forget = out + n, *candidate = forget + n;
  loops.binary(BinaryOp::kAdd, 4 * n, row.x, 1, row.r, 1, row.x);
  const auto peep = [&](int gate) {
    if (!direction.peepholes) return;
    loops.binary(BinaryOp::kMul, n, direction.peepholes + gate * n, 1, row.cell, 1, row.fresh);
    loops.binary(BinaryOp::kAdd, n, row.x + gate * n, 1, row.fresh, 1, row.x + gate * n);
  };
  peep(0);
  activate(loops, direction.functions[0], n, in, in);
  if (shape_.coupled) {
    loops.unary({UnaryOp::kLinear, -1.0F, 1.0F}, n, in, forget);
  } else {
    peep(2);
    activate(loops, direction.functions[0], n, forget, forget);
  }
  activate(loops, direction.functions[1], n, candidate, candidate);
  loops.binary(BinaryOp::kMul, n, in, 1, candidate, 1, in);
  loops.binary(BinaryOp::kMul, n, row.cell, 1, forget, 1, row.cell);
  loops.binary(BinaryOp::kAdd, n, row.cell, 1, in, 1, row.cell);
  peep(1);
  activate(loops, direction.functions[0], n, out, out);
  loops.unary(direction.functions[2], n, row.cell, row.hidden);
  loops.binary(BinaryOp::kMul, n, row.hidden, 1, out, 1, row.hidden);
}

/// The gates z and r, and what the candidate is computed from.
void Recurrent::reset(const InnerLoops& loops, const Direction& direction,
                      const Row& row) const noexcept {
  const std::int64_t n = shape_.hidden;
  loops.binary(BinaryOp::kAdd, 2 * n, row.x, 1, row.r, 1, row.x);
  activate(loops, direction.functions[0], 2 * n, row.x, row.x);
  loops.binary(BinaryOp::kMul, n, row.x + n, 1, row.hidden, 1, row.fresh);
}

/// K. Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder", 2014.
void Recurrent::update(const InnerLoops& loops, const Direction& direction,
                       const Row& row) const noexcept {
  const std::int64_t n = shape_.hidden;
  float *z = row.x, *gate = row.x + n, *candidate = row.x + 2 * n;
  if (resets_first()) {
    const float* product = direction.r + (row.hidden - direction.hidden);
    loops.binary(BinaryOp::kAdd, n, candidate, 1, product, 1, candidate);
  } else {
    float* product = row.r + 2 * n;
    loops.binary(BinaryOp::kAdd, 2 * n, z, 1, row.r, 1, z);
    activate(loops, direction.functions[0], 2 * n, z, z);
    if (direction.late_bias) {
      loops.binary(BinaryOp::kAdd, n, product, 1, direction.late_bias, 1, product);
    }
    loops.binary(BinaryOp::kMul, n, product, 1, gate, 1, product);
    loops.binary(BinaryOp::kAdd, n, candidate, 1, product, 1, candidate);
  }
  activate(loops, direction.functions[1], n, candidate, candidate);
  loops.binary(BinaryOp::kSub, n, row.hidden, 1, candidate, 1, row.hidden);
  loops.binary(BinaryOp::kMul, n, row.hidden, 1, z, 1, row.hidden);
  loops.binary(BinaryOp::kAdd, n, row.hidden, 1, candidate, 1, row.hidden);
}

}  // namespace headway
