#include "backends/cpu/normalized.h"

#include <algorithm>
#include <set>
#include <string_view>

namespace headway::cpu {
namespace {

constexpr std::string_view kNorms[] = {"LpNormalization", "ReduceL1", "ReduceL2",
                                       "ReduceSumSquare"};
constexpr std::string_view kMovements[] = {"Add",   "Flatten", "Gather",  "Identity",  "Reshape",
                                           "Slice", "Split",   "Squeeze", "Transpose", "Unsqueeze"};

bool is_one_of(const Node& node, std::span<const std::string_view> operators) {
  return std::any_of(operators.begin(), operators.end(),
                     [&](std::string_view name) { return node.is(name); });
}

}  // namespace

bool is_normalized(const Value& value) {
  std::vector<const Value*> reached = {&value};
  std::set<const Value*> seen = {&value};
  while (!reached.empty()) {
    const Value* next = reached.back();
    reached.pop_back();
    for (const Node* user : next->users()) {
      if (is_one_of(*user, kNorms)) return true;
      if (!is_one_of(*user, kMovements)) continue;
      for (const Value* output : user->outputs()) {
        if (output != nullptr && seen.insert(output).second) reached.push_back(output);
      }
    }
  }
  return false;
}

}  // namespace headway::cpu
