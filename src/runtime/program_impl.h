#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "headway/session.h"

#include "backends/cpu/step.h"
#include "backends/packed_weights.h"
#include "backends/tuner.h"
#include "base/cpu.h"
#include "base/thread_pool.h"
#include "graph/graph.h"
#include "kernels/brgemm/brgemm.h"
#include "runtime/plan.h"
#include "runtime/program_device.h"
#include "runtime/stages.h"

namespace headway {

struct CompiledModel;

/// What all sessions of a program share: the plans made so far, the packed weights and the threads.
/// Thread-safe.
class ProgramImpl {
 public:
  /// `graph` is optimized and typed, and given to the program. `compiled`: the weights of the graph
  /// that a compiled file holds, or nullptr. `keep_weights`: weights() is to tell all.
  ProgramImpl(Graph graph, const CompileOptions& options, std::string file = "",
              const CompiledModel* compiled = nullptr, bool keep_weights = false);

  /// Where the model comes from; "" if it is built in.
  const std::string& file() const noexcept { return file_; }

  const std::vector<ValueInfo>& inputs() const noexcept { return inputs_; }
  const std::vector<ValueInfo>& outputs() const noexcept { return outputs_; }
  ProgramSummary summary() const;
  ThreadPool& pool() const noexcept { return pool_; }
  Isa isa() const noexcept { return isa_; }
  /// nullptr if this processor runs the program.
  ProgramDevice* device() const noexcept { return device_.get(); }
  const PackedWeights& weights() const noexcept { return weights_; }
  /// The algorithms chosen so far, for a tuner of a program on any machine to repeat.
  std::string choices() const { return tuner_.chosen(machine_); }

  /// The plan for these inputs, made if need be; nullptr if no single plan can do it, so that the
  /// program is run in stages from then on. Throws Error(kInvalidArgument) naming the input that
  /// does not fit.
  std::shared_ptr<const Plan> plan_for(std::span<const Tensor> inputs) const;

  /// nullptr unless the program is run in stages.
  StagedGraph* staged() const;
  /// A body of that graph, ready for such inputs.
  StagedGraph& staged_body(const Graph& body, std::span<const Datum> inputs) const;
  bool interprets() const noexcept { return options_.reference; }
  std::uint64_t memory_limit() const noexcept { return options_.memory_limit; }

  /// Throws Error(kInvalidArgument) naming the input that does not fit.
  void check_inputs(std::span<const Datum> inputs) const;
  void check_inputs(std::span<const Tensor> inputs) const;
  /// Throws Error(kOutOfMemory) if that is more than the program may use.
  void check_memory(std::uint64_t bytes) const;
  /// The same, naming the node that wants to add to it.
  void check_memory(const Node& node, std::uint64_t bytes) const;

 private:
  void check_memory(const Graph& graph) const;
  std::shared_ptr<const Plan> lower(Graph graph, bool is_optimized) const;
  std::shared_ptr<const Plan> lower_for_cpu(Graph& graph) const;
  std::shared_ptr<const Plan> lower_for_device(Graph& graph) const;
  std::unique_ptr<StagedGraph> make_staged(Graph graph) const;
  bool rewrites() const noexcept { return options_.fuse && !options_.reference; }
  cpu::Lowering lowering() const;

  std::vector<ValueInfo> inputs_, outputs_;
  CompileOptions options_;
  const std::string file_;
  const Isa isa_;
  mutable ThreadPool pool_;
  Graph graph_;  ///< Empty once planned if every shape is fixed.
  mutable PackedWeights weights_;
  mutable BrgemmSet tiles_;
  mutable Tuner tuner_;
  const std::string machine_;
  const std::unique_ptr<ProgramDevice> device_;

  mutable std::mutex mutex_;                              ///< Guards what follows.
  mutable std::list<std::shared_ptr<const Plan>> plans_;  ///< Latest used first.
  mutable std::unique_ptr<StagedGraph> staged_;
  mutable std::unordered_map<const Graph*, std::unique_ptr<StagedGraph>> bodies_;
  mutable std::mutex planning_;  ///< One stage is planned at a time.
};

/// True if `inputs` have exactly the shapes that the plan was made for.
bool fits(const Plan& plan, std::span<const Tensor> inputs) noexcept;

}  // namespace headway
