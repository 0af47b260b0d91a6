#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/gemm/gemm.h"

namespace headway {

enum class RecurrentCell : std::uint8_t {
  kRnn,             ///< h = f(x + r)
  kGru,             ///< Gates z, r, h; the reset gate is applied to the hidden state,
  kGruResetsAfter,  ///< or to its product with the weights.
  kLstm,            ///< Gates i, o, f, c.
};

struct RecurrentShape {
  RecurrentCell cell = RecurrentCell::kLstm;
  std::int64_t steps = 0, batch = 0, features = 0, hidden = 0;
  int directions = 1;
  bool last_is_reversed = false;
  bool batch_first = false;  ///< Of all that has a batch, it is the outermost axis.
  bool coupled = false;      ///< Of an LSTM: it forgets as much as it takes in.
  float clip = 0.0F;         ///< Largest magnitude of what a function is applied to, if positive.
  /// Of each direction, as ONNX's attribute `activations` lists them.
  std::vector<Unary> functions;
};

struct RecurrentInputs {
  const float* x;     ///< [steps, batch, features]
  const float* bias;  ///< [directions, 2 · gates · hidden]; may be null, and so the rest.
  const std::int32_t* lengths;  ///< [batch], 0 to steps
  const float* hidden;          ///< [directions, batch, hidden]
  const float* cell;            ///< Of an LSTM.
  const float* peepholes;       ///< Of an LSTM: [directions, 3 · hidden], for the gates i, o, f.
};

/// All may be null.
struct RecurrentOutputs {
  float* all;     ///< [steps, directions, batch, hidden]; zeros beyond the end of a sequence.
  float* hidden;  ///< [directions, batch, hidden]
  float* cell;
};

/// A recurrent layer as ONNX's RNN, GRU and LSTM define it. The inputs of all steps are multiplied
/// at once; then each step is a product with the hidden states. Immutable; holds no data.
class Recurrent {
 public:
  /// `tiles` must outlive it.
  Recurrent(const RecurrentShape& shape, BrgemmSet& tiles, int threads);

  /// Floats of packed W [directions, gates · hidden, features] and R [directions, gates · hidden,
  /// hidden].
  std::size_t packed_w_size() const noexcept;
  std::size_t packed_r_size() const noexcept;
  void pack_w(const float* w, float* packed) const noexcept;
  void pack_r(const float* r, float* packed) const noexcept;

  /// Bytes of scratch memory that run needs, 64-byte aligned.
  std::size_t scratch_bytes() const noexcept;

  void run(const KernelContext& context, const RecurrentInputs& inputs, const float* packed_w,
           const float* packed_r, const RecurrentOutputs& outputs, void* scratch) const noexcept;

 private:
  struct Direction;
  struct Row;

  std::int64_t gates() const noexcept;
  std::int64_t gate_floats() const noexcept { return gates() * shape_.hidden; }
  bool resets_first() const noexcept { return shape_.cell == RecurrentCell::kGru; }
  std::int64_t direction_floats() const noexcept;
  Direction direction_of(int index, const RecurrentInputs& inputs, const float* packed_r,
                         float* scratch) const noexcept;
  void project(const KernelContext& context, const Direction& direction,
               const RecurrentInputs& inputs, const float* packed_w) const noexcept;
  void walk(const KernelContext& context, const Direction& direction, const RecurrentInputs& inputs,
            const RecurrentOutputs& outputs) const noexcept;
  Row row_of(const Direction& direction, const RecurrentInputs& inputs, std::int64_t step,
             std::int64_t sequence) const noexcept;
  std::int64_t state_of(const Direction& direction, std::int64_t sequence) const noexcept;
  void activate(const InnerLoops& loops, const Unary& function, std::int64_t size, float* x,
                float* y) const noexcept;
  void step_rnn(const InnerLoops& loops, const Direction& direction, const Row& row) const noexcept;
  void step_lstm(const InnerLoops& loops, const Direction& direction,
                 const Row& row) const noexcept;
  void reset(const InnerLoops& loops, const Direction& direction, const Row& row) const noexcept;
  void update(const InnerLoops& loops, const Direction& direction, const Row& row) const noexcept;

  RecurrentShape shape_;
  std::int64_t functions_;  ///< Of one direction.
  bool directions_at_once_;
  Gemm input_, recurrent_;
  Gemm candidate_;  ///< Of a GRU that resets first: the gate h alone.
};

}  // namespace headway
