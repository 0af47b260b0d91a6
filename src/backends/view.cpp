#include "backends/view.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace headway {

bool is_view(const Node& node) {
  constexpr std::array<std::string_view, 5> kViews = {"Flatten", "Identity", "Reshape", "Squeeze",
                                                      "Unsqueeze"};
  return node.domain().empty() && std::ranges::find(kViews, node.op_type()) != kViews.end();
}

}  // namespace headway
