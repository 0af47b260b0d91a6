#include <array>

#include "ops/operator.h"
#include "runtime/hostile_files.h"

namespace headway::onnx {
namespace {

std::string attribute_of_kind(const std::string& name, AttributeKind kind) {
  switch (kind) {
    case AttributeKind::kInt:
      return int_attribute(name, 1);
    case AttributeKind::kFloat:
      return float_attribute(name, 1);
    case AttributeKind::kString:
      return string_attribute(name, "1");
    case AttributeKind::kInts:
      return ints_attribute(name, {1});
    case AttributeKind::kFloats:
      return floats_attribute(name, {1});
    case AttributeKind::kStrings:
      return message_attribute(name, AttributeField::kStrings, AttributeType::kStrings, "1");
    default:
      return message_attribute(name, AttributeField::kTensor, AttributeType::kTensor,
                               raw_tensor("", kFloatCode, {1}, "abcd"));
  }
}

/// `op` with as many inputs of shape 2x3x4x4 as it needs.
ModelBuilder node_of(const Operator& op, const std::vector<std::string>& attributes) {
  ModelBuilder model(25);
  std::vector<std::string> inputs;
  for (int i = 0; i < op.min_inputs; ++i) {
    inputs.push_back("x" + std::to_string(i));
    model.input(inputs.back(), {2, 3, 4, 4});
  }
  return model.node(std::string(op.name), inputs, {"y"}, attributes, std::string(op.domain))
      .output("y");
}

TEST_F(HostileFiles, AttributesOfEveryWrongKind) {
  for (const Operator& op : all_operators()) {
    // A Constant is what its attribute holds, whatever it is called.
    if (op.domain == "headway" || op.name == "Constant") continue;
    for (const AttributeSpec& spec : op.attributes) {
      // How many parts a Split has is what its outputs say.
      if (spec.name == "num_outputs") continue;
      for (int kind = 0; kind <= static_cast<int>(AttributeKind::kTensor); ++kind) {
        const auto wrong = static_cast<AttributeKind>(kind);
        if (wrong == spec.kind) continue;
        const std::string what =
            outcome(node_of(op, {attribute_of_kind(std::string(spec.name), wrong)}).bytes());
        EXPECT_NE(what.find("hostile.onnx"), std::string::npos)
            << op.name << ' ' << spec.name << ": " << what;
      }
    }
  }
}

TEST_F(HostileFiles, AttributesWithExtremeNumbers) {
  constexpr std::array kExtremes = {kMin, std::int64_t{0}, kMax};
  for (const Operator& op : all_operators()) {
    if (op.domain == "headway") continue;
    for (const AttributeSpec& spec : op.attributes) {
      for (const std::int64_t value : kExtremes) {
        const std::string name(spec.name);
        if (spec.kind == AttributeKind::kInt)
          outcome(node_of(op, {int_attribute(name, value)}).bytes());
        if (spec.kind != AttributeKind::kInts) continue;
        for (const std::size_t count : {1, 2, 4})
          outcome(
              node_of(op, {ints_attribute(name, std::vector<std::int64_t>(count, value))}).bytes());
      }
    }
  }
}

}  // namespace
}  // namespace headway::onnx
