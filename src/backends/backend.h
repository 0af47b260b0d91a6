#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "backends/packed_weights.h"
#include "graph/graph.h"

namespace headway {

class ThreadPool;
struct InnerLoops;
class BrgemmSet;
class Tuner;

/// The memory one step works on, in the node's order. Omitted operands are nullptr.
struct Operands {
  std::span<const void* const> inputs;
  std::span<void* const> outputs;
  void* scratch = nullptr;  ///< Step::scratch_bytes() bytes, 64-byte aligned.
};

/// One node prepared for its concrete shapes: algorithm chosen, weights packed. Immutable, so that
/// any number of sessions may run it at once on memory of their own.
class Step {
 public:
  virtual ~Step() = default;

  virtual void run(const Operands& operands, ThreadPool& pool) const = 0;

  /// Memory needed only while the step runs.
  virtual std::size_t scratch_bytes() const { return 0; }
  /// False if the step packed this input and never looks at the original again.
  virtual bool reads(std::size_t /*input*/) const { return true; }
  /// False if an input's elements may lie at any address, which spares a constant from being
  /// copied.
  virtual bool needs_alignment(std::size_t /*input*/) const { return true; }
  /// True if output 0 may be written over this input, as far as it has the same size.
  virtual bool may_overwrite(std::size_t /*input*/) const { return false; }
  /// True if a plain reference kernel does the work: slow, and counted in every report.
  virtual bool is_reference() const { return false; }
  /// "winograd 4x4", "depthwise", …, where there are several ways; for profiles and reports.
  virtual std::string algorithm() const { return {}; }
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
/// no fast way for this node. The node may be discarded afterwards. Called from several threads at
/// once, for different nodes of a graph that nobody changes meanwhile.
using Lower = std::unique_ptr<Step> (*)(const Node& node, Lowering& lowering);

}  // namespace headway
