#include "runtime/reference.h"

#include "ops/operator.h"

namespace headway {

std::vector<Tensor> strict_reference(const Model& model, std::span<const Tensor> inputs) {
  return run_reference(model.graph(), inputs);
}

}  // namespace headway
