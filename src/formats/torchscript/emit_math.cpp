#include "formats/torchscript/op_map.h"

namespace headway::torchscript {
namespace {

template <const char* function>
void emit_unary(Emitter& emitter) {
  emitter.assign(call(function, {emitter.tensor(0)}));
}

template <const char* function>
void emit_binary(Emitter& emitter) {
  emitter.assign(call(function, {emitter.tensor(0), emitter.tensor(1)}));
}

void emit_is_inf(Emitter& emitter) {
  const Node& node = emitter.node();
  if (node.get_int("detect_negative", 1) == 0 || node.get_int("detect_positive", 1) == 0)
    emitter.fail("infinities of one sign");
  emitter.assign(call("isinf", {emitter.tensor(0)}));
}

void emit_cast_like(Emitter& emitter) {
  const DType dtype = emitter.node().output()->type.dtype;
  emitter.assign_view(call("to", {emitter.tensor(0), std::to_string(scalar_type_of(dtype))}));
}

void emit_trilu(Emitter& emitter) {
  const bool upper = emitter.node().get_int("upper", 1) != 0;
  const std::string diagonal = emitter.has_input(1) ? emitter.need_ints(1).at(0) : "0";
  emitter.assign(call(upper ? "triu" : "tril", {emitter.tensor(0), diagonal}));
}

void emit_thresholded_relu(Emitter& emitter) {
  const float alpha = emitter.node().get_float("alpha", 1.0f);
  emitter.assign(call("threshold", {emitter.tensor(0), number(alpha), "0"}));
}

void emit_scatter_elements(Emitter& emitter) {
  const Node& node = emitter.node();
  if (node.get_string("reduction", "none") != "none") emitter.fail("it reduces");
  emitter.assign(call("scatter", {emitter.tensor(0), std::to_string(node.get_int("axis", 0)),
                                  emitter.tensor(1), emitter.tensor(2)}));
}

// Template arguments must have linkage.
constexpr char kAcos[] = "acos", kAcosh[] = "acosh", kAsin[] = "asin", kAsinh[] = "asinh",
               kAtan[] = "atan", kAtanh[] = "atanh", kCosh[] = "cosh", kSinh[] = "sinh",
               kBitwiseNot[] = "bitwise_not", kBitwiseAnd[] = "bitwise_and",
               kBitwiseOr[] = "bitwise_or", kBitwiseXor[] = "bitwise_xor", kDet[] = "det";

constexpr OpMapping kMappings[] = {
    {"Acos", emit_unary<kAcos>},
    {"Acosh", emit_unary<kAcosh>},
    {"Asin", emit_unary<kAsin>},
    {"Asinh", emit_unary<kAsinh>},
    {"Atan", emit_unary<kAtan>},
    {"Atanh", emit_unary<kAtanh>},
    {"Cosh", emit_unary<kCosh>},
    {"Sinh", emit_unary<kSinh>},
    {"Det", emit_unary<kDet>},
    {"BitwiseNot", emit_unary<kBitwiseNot>},
    {"BitwiseAnd", emit_binary<kBitwiseAnd>},
    {"BitwiseOr", emit_binary<kBitwiseOr>},
    {"BitwiseXor", emit_binary<kBitwiseXor>},
    {"IsInf", emit_is_inf},
    {"CastLike", emit_cast_like},
    {"Trilu", emit_trilu},
    {"ThresholdedRelu", emit_thresholded_relu},
    {"ScatterElements", emit_scatter_elements},
};

}  // namespace

std::span<const OpMapping> math_mappings() {
  return kMappings;
}

}  // namespace headway::torchscript
