#include "formats/onnx/upgrade_oldest.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>

#include "ops/elements.h"
#include "ops/onnx_dtype.h"

namespace headway::onnx {
namespace {

/// The second operand used to be aligned to the axes of the first from `axis` on: it gets as many
/// axes of extent 1 behind its own as today's alignment at the end needs.
void align_operand(Context& context) {
  Node& node = *context.node;
  drop(node, "broadcast");
  if (!node.has("axis")) return;
  std::int64_t axis = node.get_int("axis", 0);
  drop(node, "axis");
  const auto left = context.ranks.of(node.input(0)), right = context.ranks.of(node.input(1));
  if (!left || !right) context.fail("the ranks of its operands are not known");
  if (axis < -*left || axis > *left)
    context.fail("its axis ", axis, " does not exist in an operand of rank ", *left);
  if (axis < 0) axis += *left;
  std::vector<std::int64_t> behind;
  for (std::int64_t i = *right; i < *left - axis; ++i) behind.push_back(i);
  if (behind.empty()) return;
  node.set_input(1,
                 context.compute("Unsqueeze", {node.input(1), context.constant("axes", behind)}));
}

/// The slopes used to belong to the channels, whatever came behind them.
void align_slopes(Context& context) {
  Node& node = *context.node;
  const auto rank = context.ranks.of(node.input(0)), own = context.ranks.of(node.input(1));
  if (!rank || !own) context.fail("the ranks of its inputs are not known");
  std::vector<std::int64_t> behind;
  for (std::int64_t i = 2; *own == 1 && i < *rank; ++i) behind.push_back(i - 1);
  if (behind.empty()) return;
  node.set_input(1,
                 context.compute("Unsqueeze", {node.input(1), context.constant("axes", behind)}));
}

void rename_attribute(Node& node, std::string_view from, std::string_view to) {
  const auto found = node.attributes.find(from);
  if (found == node.attributes.end()) return;
  Attribute attribute = std::move(found->second);
  node.attributes.erase(found);
  node.attributes.insert_or_assign(std::string(to), std::move(attribute));
}

/// "FLOAT" and such, as TensorProto.DataType spells them.
void number_cast_target(Context& context) {
  Node& node = *context.node;
  const auto found = node.attributes.find("to");
  const auto* name =
      found == node.attributes.end() ? nullptr : std::get_if<std::string>(&found->second);
  if (name == nullptr) return;
  static constexpr std::array<std::string_view, 17> kNames = {
      "UNDEFINED", "FLOAT",  "UINT8",     "INT8",       "UINT16",  "INT16",
      "INT32",     "INT64",  "STRING",    "BOOL",       "FLOAT16", "DOUBLE",
      "UINT32",    "UINT64", "COMPLEX64", "COMPLEX128", "BFLOAT16"};
  std::string upper = *name;
  std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return std::toupper(c); });
  const auto* number = std::ranges::find(kNames, upper);
  if (number == kNames.end()) context.fail("it casts to '", *name, "', which is no data type");
  found->second = static_cast<std::int64_t>(number - kNames.begin());
}

void shape_to_input(Context& context) {
  Node& node = *context.node;
  if (const auto shape = take_ints(node, "shape"))
    node.set_input(1, context.constant("shape", *shape));
}

/// Tile(x, tiles, axis) repeated along one axis.
void upgrade_tile(Context& context) {
  Node& node = *context.node;
  if (node.input(2) == nullptr) return;
  const auto rank = context.ranks.of(node.input(0));
  const Value* axis = node.input(2);
  if (!rank || !axis->is_constant() || axis->constant().size() != 1)
    context.fail("its axis is not known");
  const Tensor at = axis->constant().clone().to(DType::kInt64);
  const std::vector<std::int64_t> ones(static_cast<std::size_t>(*rank), 1);
  Value* place = context.constant("axis", std::vector<std::int64_t>{at.data<std::int64_t>()[0]});
  Value* tiles = context.compute("Cast", {node.input(1)}, {{"to", onnx_number_of(DType::kInt64)}});
  Value* tile = context.compute("Reshape", {tiles, context.constant("one", {std::int64_t{1}})});
  Value* repeats =
      context.compute("ScatterElements", {context.constant("ones", ones), place, tile});
  context.replace_with("Tile", {node.input(0), repeats}, {});
}

void upgrade_upsample(Context& context) {
  Node& node = *context.node;
  if (node.has("scales") || !node.has("height_scale")) return;
  node.attributes.insert_or_assign("scales",
                                   std::vector<float>{1, 1, node.get_float("height_scale", 1),
                                                      node.get_float("width_scale", 1)});
  drop(node, "height_scale");
  drop(node, "width_scale");
}

void upgrade_concat(Context& context) {
  if (!context.node->has("axis")) context.node->attributes["axis"] = std::int64_t{1};
}

void upgrade_lp_pool(Context& context) {
  Node& node = *context.node;
  const auto found = node.attributes.find("p");
  if (found == node.attributes.end()) return;
  if (const auto* p = std::get_if<float>(&found->second))
    found->second = saturated<std::int64_t>(*p);
}

void upgrade_selu(Context& context) {
  Node& node = *context.node;
  if (!node.has("alpha")) node.attributes["alpha"] = 1.6732f;
  if (!node.has("gamma")) node.attributes["gamma"] = 1.0507f;
}

struct Upgrade {
  std::string_view op_type;
  std::int64_t last;  ///< The last opset of models that need it.
  void (*apply)(Context& context);
};

constexpr Upgrade kUpgrades[] = {
    {"Add", 6, align_operand},
    {"And", 6, align_operand},
    {"Cast", 5, number_cast_target},
    {"Concat", 3, upgrade_concat},
    {"Div", 6, align_operand},
    {"Equal", 6, align_operand},
    {"Gemm", 6, [](Context& context) { drop(*context.node, "broadcast"); }},
    {"GlobalLpPool", 1, upgrade_lp_pool},
    {"Greater", 6, align_operand},
    {"Less", 6, align_operand},
    {"LpPool", 1, upgrade_lp_pool},
    {"Mul", 6, align_operand},
    {"Or", 6, align_operand},
    {"PRelu", 6, align_slopes},
    {"Pad", 1, [](Context& context) { rename_attribute(*context.node, "paddings", "pads"); }},
    {"Pow", 6, align_operand},
    {"Reshape", 4, shape_to_input},
    {"Selu", 5, upgrade_selu},
    {"Sub", 6, align_operand},
    {"Tile", 5, upgrade_tile},
    {"Upsample", 6, upgrade_upsample},
    {"Xor", 6, align_operand},
};

}  // namespace

void upgrade_oldest(Context& context, std::int64_t opset) {
  drop(*context.node, "consumed_inputs");
  drop(*context.node, "is_test");
  const auto* upgrade = std::ranges::find_if(kUpgrades, [&](const Upgrade& candidate) {
    return context.node->is(candidate.op_type) && opset <= candidate.last;
  });
  if (upgrade != std::end(kUpgrades)) upgrade->apply(context);
}

}  // namespace headway::onnx
