#pragma once

#include <cstddef>
#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "passes/pass.h"

namespace headway {

/// How passes are run.
struct PassOptions {
  std::set<std::string, std::less<>> disabled;  ///< Names of passes to leave out.
  std::filesystem::path dump_folder;  ///< Where each pass leaves the graph as text; empty: nowhere.
  bool verify = false;                ///< Check the graph after every pass.

  /// HEADWAY_PASSES ("-fold-pad,-fuse-conv" leaves two out) and HEADWAY_DUMP_PASSES (a folder).
  /// Debug builds verify. Throws Error(kInvalidArgument) naming a pass that does not exist.
  static PassOptions from_environment();
};

/// What one pass did.
struct PassReport {
  std::string_view name;
  std::size_t patches = 0;
  double milliseconds = 0;
};

/// Every pass in the order in which optimize() runs them.
std::span<const Pass* const> pipeline();

/// Rewrites a typed graph so that it computes the same with less work. Types stay inferred.
std::vector<PassReport> optimize(Graph& graph,
                                 const PassOptions& options = PassOptions::from_environment());

}  // namespace headway
