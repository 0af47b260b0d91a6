#pragma once

#include <memory>
#include <span>

#include "backends/backend.h"
#include "backends/opencl/commands.h"
#include "backends/opencl/device_weights.h"

namespace headway::opencl {

/// The memory one step works on, in the node's order. Omitted operands are nullptr.
struct Operands {
  std::span<const Buffer> inputs, outputs;
  Buffer scratch;  ///< Step::scratch_bytes() bytes.
};

/// A step that an OpenCL device runs.
class Step : public headway::Step {
 public:
  /// Records what computes the outputs from the inputs, which hold elements only when it runs.
  virtual void record(Commands& commands, const Operands& operands) const = 0;

  bool needs_alignment(std::size_t /*input*/) const final { return false; }
};

/// What lowering may use besides the node itself.
struct Lowering {
  Context& context;
  DeviceWeights& weights;
  bool winograd = true;  ///< Whether algorithms may round differently from plain sums.
};

/// Turns a node whose values all have static types and elements into a step; nullptr where the
/// function knows no way for this node. The node may be discarded afterwards.
using Lower = std::unique_ptr<Step> (*)(const Node& node, Lowering& lowering);

}  // namespace headway::opencl
