#include <cmath>

#include "formats/torchscript/op_map.h"

namespace headway::torchscript {
namespace {

/// In place where nobody can tell, as networks written by hand ask for it.
template <const char* function>
void emit_in_place(Emitter& emitter) {
  emitter.assign(call(emitter.in_place(function, emitter.input(0)), {emitter.tensor(0)}));
}

template <const char* function>
void emit_plain(Emitter& emitter) {
  emitter.assign(call(function, {emitter.tensor(0)}));
}

void emit_clip(Emitter& emitter) {
  const auto bound = [&](std::size_t slot) -> std::string {
    if (!emitter.has_input(slot)) return "None";
    const auto value = emitter.constant_number(slot);
    return value ? number(*value) : emitter.tensor(slot);
  };
  const std::string low = bound(1), high = bound(2);
  const bool is_hardtanh = emitter.constant_number(1).has_value() &&
                           emitter.constant_number(2).has_value() &&
                           is_floating_point(emitter.input(0).type.dtype);
  if (is_hardtanh) {
    return emitter.assign(
        call(emitter.in_place("hardtanh", emitter.input(0)), {emitter.tensor(0), low, high}));
  }
  if (low == "None" && high == "None") return emitter.forward_input(0);
  emitter.assign(call("clamp", {emitter.tensor(0), low, high}));
}

void emit_leaky_relu(Emitter& emitter) {
  emitter.assign(call(emitter.in_place("leaky_relu", emitter.input(0)),
                      {emitter.tensor(0), number(emitter.node().get_float("alpha", 0.01f))}));
}

void emit_elu(Emitter& emitter) {
  emitter.assign(call(emitter.in_place("elu", emitter.input(0)),
                      {emitter.tensor(0), number(emitter.node().get_float("alpha", 1.0f))}));
}

void emit_celu(Emitter& emitter) {
  emitter.assign(
      call("celu", {emitter.tensor(0), number(emitter.node().get_float("alpha", 1.0f))}));
}

void emit_hard_sigmoid(Emitter& emitter) {
  const float alpha = emitter.node().get_float("alpha", 0.2f);
  const float beta = emitter.node().get_float("beta", 0.5f);
  if (std::abs(alpha - 1.0f / 6) < 1e-5f && beta == 0.5f)
    return emitter.assign(call("hardsigmoid", {emitter.tensor(0)}));
  const std::string scaled = call("mul", {emitter.tensor(0), number(alpha)});
  emitter.assign(call("clamp", {call("add", {scaled, number(beta)}), "0.", "1."}));
}

/// One slope per channel (or one for all), whatever rank ONNX gives it.
void emit_prelu(Emitter& emitter) {
  emitter.assign(call("prelu", {emitter.tensor(0), call("reshape", {emitter.tensor(1), "[-1]"})}));
}

void emit_gelu(Emitter& emitter) {
  const std::string mode = emitter.node().get_string("approximate", "none");
  emitter.assign(call("gelu", {emitter.tensor(0), "approximate=\"" + mode + "\""}));
}

void emit_softsign(Emitter& emitter) {
  const std::string x = emitter.tensor(0);
  emitter.assign(call("div", {x, call("add", {call("abs", {x}), "1"})}));
}

void emit_softmax_of(Emitter& emitter, std::string_view function) {
  const std::int64_t axis = emitter.node().get_int("axis", -1);
  emitter.assign(call(function, {emitter.tensor(0), std::to_string(axis), "None"}));
}
void emit_softmax(Emitter& emitter) {
  emit_softmax_of(emitter, "softmax");
}
void emit_log_softmax(Emitter& emitter) {
  emit_softmax_of(emitter, "log_softmax");
}

void emit_identity(Emitter& emitter) {
  emitter.forward_input(0);
}

// Template arguments must have linkage.
constexpr char kRelu[] = "relu", kHardSwish[] = "hardswish", kMish[] = "mish", kSelu[] = "selu",
               kSigmoid[] = "sigmoid", kTanh[] = "tanh", kSoftplus[] = "softplus";

constexpr OpMapping kMappings[] = {
    {"Relu", emit_in_place<kRelu>},
    {"HardSwish", emit_in_place<kHardSwish>},
    {"Mish", emit_plain<kMish>},
    {"Selu", emit_plain<kSelu>},
    {"Sigmoid", emit_plain<kSigmoid>},
    {"Tanh", emit_plain<kTanh>},
    {"Softplus", emit_plain<kSoftplus>},
    {"Clip", emit_clip},
    {"LeakyRelu", emit_leaky_relu},
    {"Elu", emit_elu},
    {"Celu", emit_celu},
    {"HardSigmoid", emit_hard_sigmoid},
    {"PRelu", emit_prelu},
    {"Gelu", emit_gelu},
    {"Softsign", emit_softsign},
    {"Softmax", emit_softmax},
    {"LogSoftmax", emit_log_softmax},
    {"Identity", emit_identity},
    {"Dropout", emit_identity},
};

}  // namespace

std::span<const OpMapping> activation_mappings() {
  return kMappings;
}

}  // namespace headway::torchscript
