#include "formats/torchscript/reader/call.h"

/// Operators that change their first argument and are no function of the same name.
namespace headway::script {
namespace {

IValue assign(Call& call, const IValue& source) {
  const TensorRef self = call.reference("self");
  Value* old = read(self);
  Value* value = call.operand(source, call.graph().dtype(old));
  write(self, call.expand(value, call.extents_of(old)));
  return self;
}
IValue copy(Call& call) {
  return assign(call, call.argument("source"));
}
IValue zero(Call& call) {
  return assign(call, std::int64_t{0});
}

constexpr AtenOperator kOperators[] = {
    {"copy_", "self, source, non_blocking=False", copy},
    {"fill_", "self, source", copy},
    {"zero_", "self", zero},
};

}  // namespace

std::span<const AtenOperator> write_operators() {
  return kOperators;
}

}  // namespace headway::script
