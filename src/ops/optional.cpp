#include "graph/text.h"
#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"

namespace headway {
namespace {

/// The type that an Optional without input states: what it might have held.
TensorType stated_type(const Node& node) {
  const std::string text = node.get_string("type", "");
  if (text.empty()) {
    fail(ErrorCode::kInvalidModel, node.described(),
         ": it has neither an input nor the attribute 'type'");
  }
  return parse_type(text);
}

Container optional_of(Container container) {
  return container == Container::kSequence || container == Container::kOptionalSequence
             ? Container::kOptionalSequence
             : Container::kOptional;
}

void infer_optional(InferContext& context) {
  TensorType type = context.has_input(0) ? context.input(0) : stated_type(context.node());
  type.container = optional_of(type.container);
  context.set_output(0, std::move(type));
}

std::vector<Datum> evaluate_optional(const Node&, std::span<const Datum> inputs, EvaluateContext&) {
  return {inputs.empty() ? Datum() : inputs[0]};
}

void infer_has_element(InferContext& context) {
  context.set_output(0, {DType::kBool, SymbolicShape{}});
}

std::vector<Datum> evaluate_has_element(const Node&, std::span<const Datum> inputs,
                                        EvaluateContext&) {
  return {Tensor::from<bool>({}, {!inputs.empty() && !inputs[0].is_nothing()})};
}

void infer_get_element(InferContext& context) {
  TensorType type = context.input(0);
  type.container = type.is_sequence() ? Container::kSequence : Container::kNone;
  context.set_output(0, std::move(type));
}

std::vector<Datum> evaluate_get_element(const Node& node, std::span<const Datum> inputs,
                                        EvaluateContext&) {
  if (inputs[0].is_nothing())
    fail(ErrorCode::kInvalidArgument, node.described(), ": the optional is empty");
  return {inputs[0]};
}

}  // namespace

std::vector<Operator> optional_operators() {
  return {
      {"Optional",
       "",
       15,
       0,
       1,
       1,
       1,
       {{"type", AttributeKind::kString}},
       infer_optional,
       nullptr,
       evaluate_optional},
      {"OptionalGetElement",
       "",
       18,
       1,
       1,
       1,
       1,
       {},
       infer_get_element,
       nullptr,
       evaluate_get_element},
      {"OptionalHasElement",
       "",
       18,
       0,
       1,
       1,
       1,
       {},
       infer_has_element,
       nullptr,
       evaluate_has_element},
  };
}

}  // namespace headway
