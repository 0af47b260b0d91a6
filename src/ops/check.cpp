#include <algorithm>

#include "ops/facts.h"

namespace headway {
namespace {

constexpr const char* kKindNames[] = {"int",    "float",   "string", "ints",
                                      "floats", "strings", "tensor", "graph"};

std::string range(int low, int high, const char* what) {
  const std::string plural = concat(what, "s");
  if (high == Operator::kVariadic) return concat("at least ", low, ' ', low == 1 ? what : plural);
  if (low == high) return concat(low, ' ', low == 1 ? what : plural);
  return concat(low, " to ", high, ' ', plural);
}

void check_count(const Node& node, std::size_t count, int low, int high, const char* what) {
  const auto found = static_cast<std::int64_t>(count);
  if (found < low || found > high) {
    fail(ErrorCode::kInvalidModel, node.described(), ": has ", found, ' ', what,
         found == 1 ? "" : "s", " but the operator takes ", range(low, high, what));
  }
}

void check_attributes(const Node& node, const Operator& op) {
  for (const auto& [name, attribute] : node.attributes) {
    const auto spec = std::ranges::find(op.attributes, name, &AttributeSpec::name);
    if (spec == op.attributes.end()) {
      fail(ErrorCode::kInvalidModel, node.described(), ": the operator has no attribute '", name,
           "'");
    }
    if (attribute.index() != static_cast<std::size_t>(spec->kind)) {
      fail(ErrorCode::kInvalidModel, node.described(), ": attribute '", name, "' is of kind ",
           kind_of(attribute), " but must be of kind ",
           kKindNames[static_cast<std::size_t>(spec->kind)]);
    }
  }
  for (const AttributeSpec& spec : op.attributes) {
    if (spec.required && !node.has(spec.name)) {
      fail(ErrorCode::kInvalidModel, node.described(), ": the required attribute '", spec.name,
           "' is missing");
    }
  }
}

}  // namespace

void check_node(const Node& node, const Operator& op) {
  check_count(node, node.inputs().size(), op.min_inputs, op.max_inputs, "input");
  check_count(node, node.outputs().size(), op.min_outputs, op.max_outputs, "output");
  for (int index = 0; index < op.min_inputs; ++index) {
    if (node.input(static_cast<std::size_t>(index)) == nullptr) {
      fail(ErrorCode::kInvalidModel, node.described(), ": the required input ", index,
           " is missing");
    }
  }
  for (int index = 0; index < op.min_outputs && op.max_outputs != Operator::kVariadic; ++index) {
    if (node.output(static_cast<std::size_t>(index)) == nullptr) {
      fail(ErrorCode::kInvalidModel, node.described(), ": the required output ", index,
           " is missing");
    }
  }
  check_attributes(node, op);
}

}  // namespace headway
