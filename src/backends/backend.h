#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "graph/graph.h"

namespace headway {

class ThreadPool;

/// One node prepared for its concrete shapes: algorithm chosen, weights packed. Immutable, so that
/// any number of sessions may run it at once on memory of their own. This is what planning wants to
/// know; how it is run is the backend's own affair.
class Step {
 public:
  virtual ~Step() = default;

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

/// Where steps are run: what makes them, and what memory they want.
class Backend {
 public:
  virtual ~Backend() = default;

  /// The step for a node whose values all have static types. The node may be discarded afterwards.
  /// Called from several threads at once, for different nodes of a graph that nobody changes
  /// meanwhile. Throws Error(kUnsupported) naming the node if there is none.
  virtual std::unique_ptr<Step> lower(const Node& node) = 0;
  /// A step that copies `bytes` bytes of its input to its output.
  virtual std::unique_ptr<Step> copy(std::size_t bytes) = 0;

  /// Threads to lower nodes on; nullptr if lowering wants the machine for itself.
  virtual ThreadPool* lowering_threads() = 0;
  /// What offsets of values in the arena are multiples of, in bytes.
  virtual std::size_t alignment() const = 0;
  /// Says that a step will read the elements of this constant as they are.
  virtual void read_in_place(const Tensor& constant) = 0;
  /// Says that all nodes have been lowered.
  virtual void finish() {}
};

}  // namespace headway
