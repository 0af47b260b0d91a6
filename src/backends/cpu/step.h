#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "backends/backend.h"
#include "backends/packed_weights.h"

namespace headway {

struct InnerLoops;
class BrgemmSet;
class Tuner;

namespace cpu {

/// The memory one step works on, in the node's order. Omitted operands are nullptr.
struct Operands {
  std::span<const void* const> inputs;
  std::span<void* const> outputs;
  void* scratch = nullptr;  ///< Step::scratch_bytes() bytes, 64-byte aligned.
};

/// A step that this processor runs.
class Step : public headway::Step {
 public:
  virtual void run(const Operands& operands, ThreadPool& pool) const = 0;
};

/// What lowering may use besides the node itself.
struct Lowering {
  PackedWeights& weights;
  BrgemmSet& tiles;         ///< Made for `loops`; must outlive the steps.
  const InnerLoops& loops;  ///< Of the instruction set to run on; must outlive the steps.
  int threads = 1;
  ThreadPool& pool;  ///< The steps will run on it, or on one like it.
  Tuner& tuner;
  std::string machine;   ///< What the cost of an algorithm depends on besides the node.
  bool winograd = true;  ///< Whether algorithms may round differently from plain sums.
};

/// Turns a node whose values all have static types into a step; nullptr where the function knows
/// no fast way for this node.
using Lower = std::unique_ptr<Step> (*)(const Node& node, Lowering& lowering);

/// Steps that this processor runs. `reference`: plain reference kernels only.
class CpuBackend final : public Backend {
 public:
  CpuBackend(Lowering& lowering, bool reference) : lowering_(lowering), reference_(reference) {}

  std::unique_ptr<headway::Step> lower(const Node& node) override;
  std::unique_ptr<headway::Step> copy(std::size_t bytes) override;
  ThreadPool* lowering_threads() override;
  std::size_t alignment() const override { return 64; }
  void read_in_place(const Tensor& constant) override { lowering_.weights.read_in_place(constant); }
  void finish() override { lowering_.weights.finish(); }

 private:
  Lowering& lowering_;
  bool reference_;
};

}  // namespace cpu
}  // namespace headway
