#include "runtime/reference.h"

#include "base/error.h"
#include "ops/operator.h"

namespace headway {

std::vector<Tensor> strict_reference(const Model& model, std::span<const Tensor> inputs) {
  if (model.is_compiled()) {
    fail(ErrorCode::kUnsupported, "model '", model.name(),
         "' holds packed weights only, which reference kernels cannot read; use the model that it "
         "was compiled from");
  }
  return run_reference(model.graph(), inputs);
}

}  // namespace headway
