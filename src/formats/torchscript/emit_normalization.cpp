#include "formats/torchscript/op_map.h"

namespace headway::torchscript {
namespace {

constexpr std::string_view kMomentum = "0.1";  // Has no effect in inference.

void emit_batch_normalization(Emitter& emitter) {
  emitter.assign(
      call("batch_norm", {emitter.tensor(0), emitter.tensor(1), emitter.tensor(2),
                          emitter.tensor(3), emitter.tensor(4), "False", std::string(kMomentum),
                          number(emitter.node().get_float("epsilon", 1e-5f)), "True"}));
}

void emit_instance_normalization(Emitter& emitter) {
  emitter.assign(
      call("instance_norm",
           {emitter.tensor(0), emitter.tensor(1), emitter.tensor(2), "None", "None", "True",
            std::string(kMomentum), number(emitter.node().get_float("epsilon", 1e-5f)), "True"}));
}

void emit_layer_normalization(Emitter& emitter) {
  if (emitter.node().output(1) != nullptr || emitter.node().output(2) != nullptr)
    emitter.fail("its mean or deviation is used");
  const std::int64_t rank = emitter.rank(0);
  std::vector<std::int64_t> extents;
  for (std::int64_t axis = emitter.axis(emitter.node().get_int("axis", -1), rank); axis < rank;
       ++axis)
    extents.push_back(emitter.extent(0, axis));
  emitter.assign(call(
      "layer_norm", {emitter.tensor(0), list(extents), emitter.tensor(1), emitter.tensor_or_none(2),
                     number(emitter.node().get_float("epsilon", 1e-5f)), "True"}));
}

void emit_group_normalization(Emitter& emitter) {
  emitter.assign(call("group_norm",
                      {emitter.tensor(0), std::to_string(emitter.node().get_int("num_groups", 1)),
                       emitter.tensor(1), emitter.tensor(2),
                       number(emitter.node().get_float("epsilon", 1e-5f)), "True"}));
}

constexpr OpMapping kMappings[] = {{"BatchNormalization", emit_batch_normalization},
                                   {"InstanceNormalization", emit_instance_normalization},
                                   {"LayerNormalization", emit_layer_normalization},
                                   {"GroupNormalization", emit_group_normalization}};

}  // namespace

std::span<const OpMapping> normalization_mappings() {
  return kMappings;
}

}  // namespace headway::torchscript
