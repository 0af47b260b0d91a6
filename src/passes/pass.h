#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "graph/graph.h"

namespace headway {

/// What a pass wants done: every use of `from` reads `to` instead. Whatever nothing reads any more
/// afterwards goes.
struct Patch {
  Value* from;
  Value* to;
};

/// One rewrite. `propose` looks at one node as the root of its pattern. If the pattern is there, it
/// adds the nodes and constants of the replacement before that node and returns the patch; if not,
/// it leaves the graph alone. It never rewires what exists, and sets the types of the values
/// it adds except that of `to`, which takes over the type of `from`.
struct Pass {
  std::string_view name;  ///< As users write it to switch the pass off: "fold-batch-norm".
  std::optional<Patch> (*propose)(Graph& graph, Node& node);
  /// Instead of `propose`, where single nodes are too small a view: rewrites the whole graph, keeps
  /// its types inferred and returns how many nodes it replaced.
  std::size_t (*rewrite_all)(Graph& graph) = nullptr;
};

/// Applies a rewrite, as Pass::propose describes it, until it finds nothing more. Returns how many
/// patches were applied.
std::size_t rewrite(const std::function<std::optional<Patch>(Graph&, Node&)>& propose,
                    Graph& graph);
std::size_t apply(const Pass& pass, Graph& graph);

}  // namespace headway
