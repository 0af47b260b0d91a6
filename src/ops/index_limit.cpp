#include "ops/index_limit.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "ops/rules.h"

namespace headway {
namespace {

constexpr std::array<std::string_view, 9> kKeepsElements = {"Cast",     "Expand",    "Flatten",
                                                            "Identity", "Reshape",   "Slice",
                                                            "Squeeze",  "Transpose", "Unsqueeze"};

std::int64_t smaller_limit(std::int64_t a, std::int64_t b) {
  return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b);
}

/// The extent of the axis that a Gather picks from; 0 if it is not known.
std::int64_t picked_extent(const Node& gather) {
  const auto& shape = gather.input(0)->type.shape;
  if (!shape) return 0;
  const Dim& dim = (*shape)[resolve_axis(gather, gather.get_int("axis", 0), shape->size())];
  return dim.is_static() ? dim.extent() : 0;
}

bool hands_on(const Node& node, const Value& value) {
  return node.domain().empty() && node.input(0) == &value &&
         std::ranges::find(kKeepsElements, node.op_type()) != kKeepsElements.end() &&
         kIntegerTypes.contains(node.output()->type.dtype);
}

}  // namespace

std::int64_t index_limit(const Value& value) {
  if (!kIndexTypes.contains(value.type.dtype)) return 0;
  std::int64_t limit = 0;
  for (const Node* user : value.users()) {
    if (user->is("Gather") && user->input(1) == &value) {
      limit = smaller_limit(limit, picked_extent(*user));
    } else if (hands_on(*user, value)) {
      limit = smaller_limit(limit, index_limit(*user->output()));
    }
  }
  return limit;
}

}  // namespace headway
