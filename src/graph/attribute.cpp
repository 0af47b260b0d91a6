#include "graph/attribute.h"

#include <array>

namespace headway {

const char* kind_of(const Attribute& attribute) noexcept {
  static constexpr std::array<const char*, std::variant_size_v<Attribute>> kKinds = {
      "int", "float", "string", "ints", "floats", "strings", "tensor", "graph"};
  return kKinds[attribute.index()];
}

}  // namespace headway
