#include "formats/torchscript/reader/call.h"

namespace headway::script {
namespace {

/// To an output size, or by factors if none is given.
IValue resized(Call& call, Attributes attributes, const std::vector<IValue>& factors) {
  Value* input = call.tensor("self");
  if (call.has("output_size")) {
    std::vector<Extent> extents = call.extents_of(input);
    const std::vector<Extent> sizes = call.extents("output_size");
    if (sizes.size() + 2 != extents.size()) call.unsupported("a size for other axes");
    std::copy(sizes.begin(), sizes.end(), extents.begin() + 2);
    return tensor_result(call.node("Resize", {input, nullptr, nullptr, call.extents_value(extents)},
                                   std::move(attributes)));
  }
  std::vector<float> scales = {1, 1};
  for (const IValue& factor : factors) {
    const auto* number = std::get_if<double>(&factor);
    if (number == nullptr) call.unsupported("neither a size nor factors");
    scales.push_back(static_cast<float>(*number));
  }
  Value* constant = call.graph().constant(Tensor::from<float>(
      {static_cast<std::int64_t>(scales.size())}, std::span<const float>(scales)));
  return tensor_result(call.node("Resize", {input, nullptr, constant}, std::move(attributes)));
}

/// The last arguments are a list of factors, or one factor for each axis.
std::vector<IValue> factors_of(Call& call) {
  if (call.is_list("scales")) return call.items("scales");
  return {call.argument("scales"), call.argument("scales2")};
}

IValue nearest(Call& call) {
  return resized(call,
                 {{"mode", std::string("nearest")},
                  {"coordinate_transformation_mode", std::string("asymmetric")},
                  {"nearest_mode", std::string("floor")}},
                 factors_of(call));
}

IValue interpolated(Call& call, const std::string& mode) {
  const bool corners = call.flag("align_corners");
  Attributes attributes = {
      {"mode", mode},
      {"coordinate_transformation_mode", std::string(corners           ? "align_corners"
                                                     : mode == "cubic" ? "half_pixel"
                                                                       : "pytorch_half_pixel")}};
  if (mode == "cubic") attributes["cubic_coeff_a"] = -0.75f;
  return resized(call, std::move(attributes), factors_of(call));
}
IValue linear(Call& call) {
  return interpolated(call, "linear");
}
IValue cubic(Call& call) {
  return interpolated(call, "cubic");
}

constexpr std::string_view kNearest = "self, output_size, scales=None, scales2=None";
constexpr std::string_view kLinear = "self, output_size, align_corners, scales=None, scales2=None";

constexpr AtenOperator kOperators[] = {
    {"upsample_nearest1d", kNearest, nearest}, {"upsample_nearest2d", kNearest, nearest},
    {"upsample_linear1d", kLinear, linear},    {"upsample_bilinear2d", kLinear, linear},
    {"upsample_bicubic2d", kLinear, cubic},
};

}  // namespace

std::span<const AtenOperator> resize_operators() {
  return kOperators;
}

}  // namespace headway::script
