#include "backends/opencl/opencl_backend.h"

#include <algorithm>
#include <vector>

#include "backends/opencl/fallback.h"
#include "backends/opencl/lowering.h"
#include "base/error.h"

namespace headway::opencl {
namespace {

class CopyStep final : public Step {
 public:
  explicit CopyStep(std::size_t bytes) : bytes_(bytes) {}
  void record(Commands& commands, const Operands& operands) const override {
    commands.copy(operands.inputs[0], 0, operands.outputs[0], 0, bytes_);
  }

 private:
  std::size_t bytes_;
};

/// What has no elements needs no work.
class NoStep final : public Step {
  void record(Commands&, const Operands&) const override {}
};

bool is_empty(const Value* value) {
  return value == nullptr || num_elements(value->type.static_shape().value()) == 0;
}

/// Kernels are spared empty tensors.
bool is_for_kernels(const Node& node) {
  return std::ranges::none_of(
      node.inputs(), [](const Value* input) { return input != nullptr && is_empty(input); });
}

}  // namespace

std::unique_ptr<headway::Step> OpenClBackend::lower(const Node& node) {
  if (std::ranges::all_of(node.outputs(), is_empty)) return std::make_unique<NoStep>();
  if (is_for_kernels(node)) {
    if (auto step = opencl::lower(node, lowering_)) return step;
  }
  if (fallback_ == nullptr) {
    fail(ErrorCode::kUnsupported, node.described(), " has no kernel for ",
         lowering_.context.device().name,
         "; --allow-fallback runs such nodes on the CPU, --device cpu the whole model");
  }
  return lower_to_host(node, *fallback_, pool_);
}

std::unique_ptr<headway::Step> OpenClBackend::copy(std::size_t bytes) {
  return std::make_unique<CopyStep>(bytes);
}

}  // namespace headway::opencl
