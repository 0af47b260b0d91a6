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

/// The product of something with itself, of which a sum is taken: a square of the norm.
bool is_summed_square(const Node& node) {
  return node.is("Mul") && node.input(0) == node.input(1) &&
         std::ranges::any_of(node.output()->users(),
                             [](const Node* user) { return user->is("ReduceSum"); });
}

}  // namespace

bool is_normalized(const Value& value) {
  std::vector<const Value*> reached = {&value};
  std::set<const Value*> seen = {&value};
  while (!reached.empty()) {
    const Value* next = reached.back();
    reached.pop_back();
    for (const Node* user : next->users()) {
      if (is_one_of(*user, kNorms) || is_summed_square(*user)) return true;
      if (!is_one_of(*user, kMovements)) continue;
      for (const Value* output : user->outputs()) {
        if (output != nullptr && seen.insert(output).second) reached.push_back(output);
      }
    }
  }
  return false;
}

}  // namespace headway::cpu
