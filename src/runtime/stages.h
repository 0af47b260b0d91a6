#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "headway/datum.h"

#include "graph/graph.h"
#include "runtime/plan.h"

namespace headway {

/// True if all values are tensors of known shapes that one plan can compute. Types must be
/// inferred.
bool can_plan(const Graph& graph);

/// The values that exist at one point of a run.
using Frame = std::unordered_map<const Value*, Datum>;

/// A part of a graph for one set of shapes: first what can be planned once these are known, then
/// the nodes that decide shapes by their data, or whose values are no tensors.
struct Stage {
  std::shared_ptr<const Plan> plan;
  std::vector<const Value*> inputs, outputs;  ///< Of the plan.
  std::vector<const Node*> evaluated;
  std::vector<const Value*> decided;  ///< Tensors whose shapes choose the next stage.
  std::vector<const Value*> dead;     ///< Not needed after this stage.
  std::vector<const Node*> rest;      ///< What comes after it.

  /// Stages met so far, latest used first, by the shapes of `decided`.
  struct Next {
    std::vector<Shape> shapes;
    std::shared_ptr<Stage> stage;
  };
  std::list<Next> next;
};

/// A graph that is run in stages, whose shapes become known on the way. Thread-safe.
class StagedGraph {
 public:
  using MakePlan = std::function<std::shared_ptr<const Plan>(Graph)>;

  /// `graph` must have its types inferred. `make_plan` takes a graph whose types are all static.
  StagedGraph(Graph graph, MakePlan make_plan);

  const Graph& graph() const noexcept { return graph_; }

  /// The first stage, or the one after `stage`; made if need be. `frame` holds what is known.
  std::shared_ptr<Stage> after(const std::shared_ptr<Stage>& stage, const Frame& frame);

 private:
  std::shared_ptr<Stage> make_stage(const std::vector<const Node*>& rest, const Frame& frame);

  Graph graph_;
  MakePlan make_plan_;
  std::mutex mutex_;  ///< Guards what follows, and Stage::next.
  std::shared_ptr<Stage> root_;
  std::size_t stages_ = 0;
};

}  // namespace headway
