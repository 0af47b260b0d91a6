#include "backends/opencl/lowering.h"

#include <algorithm>
#include <array>

#include "ops/fused.h"

namespace headway::opencl {
namespace {

struct Entry {
  std::string_view op_type, domain;
  Lower lower;
};

constexpr std::array kTable = {
    Entry{"Relu", "", lower_unary},
};

const Entry* find(const Node& node) {
  const auto* entry = std::ranges::find_if(
      kTable, [&](const Entry& candidate) { return node.is(candidate.op_type, candidate.domain); });
  return entry == kTable.end() ? nullptr : entry;
}

}  // namespace

bool knows(const Node& node) {
  return find(node) != nullptr;
}

std::unique_ptr<Step> lower(const Node& node, Lowering& lowering) {
  const Entry* entry = find(node);
  return entry == nullptr ? nullptr : entry->lower(node, lowering);
}

}  // namespace headway::opencl
