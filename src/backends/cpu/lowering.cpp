#include "backends/cpu/lowering.h"

namespace headway::cpu {

std::unique_ptr<Step> lower(const Node& node, Lowering&) {
  return lower_to_reference(node);
}

}  // namespace headway::cpu
