#include "formats/torchscript/op_map.h"

namespace headway::torchscript {
namespace {

/// ATen's order: the last axis first, begin and end of each.
std::vector<std::int64_t> torch_pads(const std::vector<std::int64_t>& pads) {
  const std::size_t rank = pads.size() / 2;
  std::vector<std::int64_t> result;
  for (std::size_t i = rank; i-- > 0;) {
    result.push_back(pads[i]);
    result.push_back(pads[rank + i]);
  }
  return result;
}

void emit_pad(Emitter& emitter) {
  const auto given = emitter.constant_ints(1);
  if (!given) emitter.fail("its padding must be constant");
  if (emitter.has_input(3)) emitter.fail("it pads chosen axes");
  std::vector<std::int64_t> pads = torch_pads(*given);
  const std::string mode = emitter.node().get_string("mode", "constant");
  if (mode == "constant") {
    const auto fill = emitter.has_input(2) ? emitter.constant_number(2) : 0.0;
    if (!fill) emitter.fail("its value must be constant");
    return emitter.assign(call("constant_pad_nd", {emitter.tensor(0), list(pads), number(*fill)}));
  }
  while (pads.size() >= 2 && pads[pads.size() - 1] == 0 && pads[pads.size() - 2] == 0)
    pads.resize(pads.size() - 2);
  const std::size_t spatial = pads.size() / 2;
  if (spatial < 1 || spatial > 3) emitter.fail("it pads ", spatial, " axes");
  const std::string dimensions = std::to_string(spatial) + "d";
  if (mode == "reflect")
    return emitter.assign(call("reflection_pad" + dimensions, {emitter.tensor(0), list(pads)}));
  if (mode == "edge")
    return emitter.assign(call("replication_pad" + dimensions, {emitter.tensor(0), list(pads)}));
  emitter.fail("its mode is '", mode, "'");
}

/// The arguments for the new extents and for the scales: the one that the node has, and None.
std::vector<std::string> target_of(Emitter& emitter) {
  if (emitter.has_input(3)) {
    IntExpressions sizes = emitter.need_ints(3);
    sizes.erase(sizes.begin(), sizes.begin() + 2);
    return {list(sizes), "None"};
  }
  const Value& scales = emitter.input(2);
  if (!scales.is_constant()) emitter.fail("its scales must be constant");
  const Tensor factors = scales.constant().clone().to(DType::kFloat64);
  std::vector<std::string> texts;
  for (std::int64_t i = 2; i < factors.size(); ++i)
    texts.push_back(number(factors.data<double>()[i]));
  return {"None", list(texts)};
}

void emit_resize(Emitter& emitter) {
  const Node& node = emitter.node();
  if (emitter.rank(0) != 4) emitter.fail("it resizes other than images");
  const std::string mode = node.get_string("mode", "nearest");
  const std::string place = node.get_string("coordinate_transformation_mode", "half_pixel");
  const std::vector<std::string> target = target_of(emitter);
  const bool is_nearest = mode == "nearest" && place == "asymmetric" &&
                          node.get_string("nearest_mode", "round_prefer_floor") == "floor";
  if (is_nearest)
    return emitter.assign(call("upsample_nearest2d", {emitter.tensor(0), target[0], target[1]}));
  const bool aligns = place == "align_corners";
  const bool is_cubic = mode == "cubic" && node.get_float("cubic_coeff_a", -0.75f) == -0.75f;
  if ((mode != "linear" && !is_cubic) ||
      (!aligns && place != "half_pixel" && place != "pytorch_half_pixel")) {
    emitter.fail("its mode '", mode, "' with coordinates '", place, "'");
  }
  emitter.assign(call(is_cubic ? "upsample_bicubic2d" : "upsample_bilinear2d",
                      {emitter.tensor(0), target[0], truth(aligns), target[1]}));
}

constexpr OpMapping kMappings[] = {{"Pad", emit_pad}, {"Resize", emit_resize}};

}  // namespace

std::span<const OpMapping> resize_mappings() {
  return kMappings;
}

}  // namespace headway::torchscript
