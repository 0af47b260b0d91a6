#include "runtime/value_info.h"

namespace headway {

std::vector<ValueInfo> describe_values(std::span<Value* const> values) {
  std::vector<ValueInfo> infos;
  for (const Value* value : values) {
    ValueInfo info{.name = value->name(),
                   .dtype = value->type.dtype,
                   .has_rank = value->type.shape.has_value(),
                   .container = value->type.container};
    for (const Dim& dim : value->type.shape.value_or(SymbolicShape{})) {
      info.shape.push_back(dim.is_static() ? dim.extent() : -1);
      info.symbols.push_back(dim.symbol());
    }
    infos.push_back(std::move(info));
  }
  return infos;
}

}  // namespace headway
