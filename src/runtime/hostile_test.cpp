#include "runtime/hostile_files.h"

namespace headway::onnx {
namespace {

ModelBuilder one_node(const std::string& op_type, const std::vector<std::string>& attributes,
                      const std::vector<std::int64_t>& shape = {1, 4, 6, 6}) {
  return ModelBuilder().input("x", shape).node(op_type, {"x"}, {"y"}, attributes).output("y");
}

TEST_F(HostileFiles, NamesOfValues) {
  expect_refusal(ModelBuilder().input("", {1}).node("Relu", {""}, {"y"}).output("y"),
                 {"hostile.onnx", "no name"});
  expect_refusal(ModelBuilder().input("x", {1}).node("Relu", {"x"}, {"x"}).output("x"),
                 {"hostile.onnx", "'x' (Relu)", "another value"});
  expect_refusal(ModelBuilder().input("x", {1}).node("Relu", {"y"}, {"y"}).output("y"),
                 {"hostile.onnx", "'y' (Relu)", "own result"});
  expect_refusal(ModelBuilder().input("x", {1}).node("", {"x"}, {"y"}).output("y"),
                 {"hostile.onnx", "'y'", "names no operator"});
}

TEST_F(HostileFiles, OddNamesAreOnlyNames) {
  for (const std::string& name : {std::string("\xff\xfe\x80"), std::string("a\0b", 3),
                                  std::string(1 << 20, 'n'), std::string("../../%s\n")}) {
    EXPECT_EQ(
        outcome(ModelBuilder().input(name, {1}).node("Relu", {name}, {"y"}).output("y").bytes()),
        "");
  }
}

TEST_F(HostileFiles, NamesWithControlCharactersDoNotCutTheSentence) {
  const std::string name("a\0b\x1b", 4);
  expect_refusal(ModelBuilder().input("x", {1}).node("Relu", {name}, {name + "c"}).output("y"),
                 {"hostile.onnx", "'a\\x00b\\x1bc' (Relu)", "reads 'a\\x00b\\x1b'", "computes"});
  expect_refusal(ModelBuilder().input(name, {1}).input(name, {1}).output(name),
                 {"the name 'a\\x00b\\x1b' is given to two values"});
}

TEST_F(HostileFiles, Opsets) {
  for (const std::int64_t opset : {std::int64_t{0}, std::int64_t{-1}, kMin}) {
    expect_refusal(ModelBuilder(opset).input("x", {1}).node("Relu", {"x"}, {"y"}).output("y"),
                   {"hostile.onnx", "opset " + std::to_string(opset)});
  }
  expect_refusal(ModelBuilder(kMax).input("x", {1}).node("Newest", {"x"}, {"y"}).output("y"),
                 {"hostile.onnx", "'y' (Newest)", std::to_string(kMax)});
}

TEST_F(HostileFiles, OperatorsOfOtherDomains) {
  const auto of = [](const std::string& domain) {
    return ModelBuilder().input("x", {1}).node("Relu", {"x"}, {"y"}, {}, domain).output("y");
  };
  expect_refusal(of("com.example"), {"hostile.onnx", "'y' (com.example.Relu)"});
  expect_refusal(of("headway"), {"hostile.onnx", "reserved"});
  expect_refusal(of("a b"), {"hostile.onnx", "'y' (a b.Relu)"});
}

TEST_F(HostileFiles, Extents) {
  expect_refusal(one_node("Relu", {}, {kMax, kMax}), {"hostile.onnx", "'y' (Relu)"});
  expect_refusal(one_node("Relu", {}, {std::int64_t{1} << 39, std::int64_t{1} << 39}),
                 {"hostile.onnx", "'y' (Relu)", "larger than any memory"});
  EXPECT_EQ(outcome(one_node("Relu", {}, {kMin, -1, 0}).bytes()), "");  // Unknown extents.
}

TEST_F(HostileFiles, Windows) {
  const auto kernel = ints_attribute("kernel_shape", {2, 2});
  for (const std::int64_t value : {kMin, kMax, std::int64_t{1} << 40}) {
    for (const char* op_type : {"MaxPool", "AveragePool", "LpPool"}) {
      expect_refusal(one_node(op_type, {ints_attribute("kernel_shape", {value, 2})}),
                     {"hostile.onnx", op_type, std::to_string(value)});
      for (const std::string name : {"strides", "pads"}) {
        const std::vector<std::int64_t> list(name == "pads" ? 4 : 2, value);
        expect_refusal(one_node(op_type, {kernel, ints_attribute(name, list)}),
                       {"hostile.onnx", op_type, name, std::to_string(value)});
      }
    }
  }
  expect_refusal(one_node("MaxPool", {ints_attribute("kernel_shape", {0, 2})}), {"kernel", "0"});
  expect_refusal(one_node("MaxPool", {kernel, ints_attribute("strides", {0, 1})}), {"strides"});
  expect_refusal(one_node("MaxPool", {}), {"hostile.onnx", "'y' (MaxPool)"});
}

TEST_F(HostileFiles, Axes) {
  for (const std::int64_t axis : {kMin, kMax, std::int64_t{4}, std::int64_t{-5}}) {
    for (const char* op_type : {"Softmax", "Concat", "ArgMax", "LogSoftmax", "Hardmax"}) {
      expect_refusal(one_node(op_type, {int_attribute("axis", axis)}),
                     {"hostile.onnx", op_type, "axis", std::to_string(axis)});
    }
    expect_refusal(one_node("Flatten", {int_attribute("axis", axis == 4 ? 5 : axis)}),
                   {"hostile.onnx", "Flatten", "axis"});
    expect_refusal(one_node("ReduceMean", {ints_attribute("axes", {0, axis})}),
                   {"hostile.onnx", "ReduceMean", "axis"});
    expect_refusal(one_node("Transpose", {ints_attribute("perm", {0, 1, 2, axis})}),
                   {"hostile.onnx", "Transpose", "axis"});
    for (const char* op_type : {"Squeeze", "Unsqueeze", "ReduceSum"}) {
      expect_refusal(with_ints(op_type, {axis == 4 ? 9 : axis}), {"hostile.onnx", op_type, "axis"});
    }
  }
}

TEST_F(HostileFiles, ShapesAsInputs) {
  for (const std::int64_t extent : {kMin, kMax, std::int64_t{1} << 40, std::int64_t{5}}) {
    expect_refusal(with_ints("Reshape", {extent, 2}), {"hostile.onnx", "'y' (Reshape)"});
    expect_refusal(with_ints("Split", {extent, 1}, {int_attribute("axis", 1)}),
                   {"hostile.onnx", "Split"});
  }
  expect_refusal(with_ints("Reshape", {-1, -1}), {"hostile.onnx", "'y' (Reshape)"});
  expect_refusal(with_ints("Reshape", {kMax, kMax, 4}), {"hostile.onnx", "'y' (Reshape)"});
  expect_refusal(with_ints("Expand", {kMin, 3, 4}), {"hostile.onnx", "Expand"});
  expect_refusal(with_ints("Tile", {kMax, kMax, 1}), {"'y'"});
  expect_refusal(with_ints("Tile", {-1, 1, 1}), {"hostile.onnx", "Tile"});
  expect_refusal(with_ints("Pad", {kMax, 0, 0, kMax, 0, 0}), {"hostile.onnx", "Pad"});
  expect_refusal(with_ints("Pad", {kMin, 0, 0, kMin, 0, 0}), {"hostile.onnx", "Pad"});
}

TEST_F(HostileFiles, EveryTruncationOfARealModel) {
  const std::string bytes =
      ModelBuilder()
          .input("x", {1, 2, 4, 4})
          .initializer(raw_tensor("w", kFloatCode, {1, 2, 2, 2}, std::string(32, '\x3f')))
          .node("Conv", {"x", "w"}, {"c"},
                {ints_attribute("strides", {2, 2}), int_attribute("group", 1)})
          .node("Relu", {"c"}, {"y"})
          .output("y")
          .bytes();
  EXPECT_EQ(outcome(bytes), "");
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_NE(outcome(bytes.substr(0, length)).find("hostile.onnx"), std::string::npos) << length;
}

TEST_F(HostileFiles, EveryWrongByteOfARealModel) {
  const std::string bytes = with_ints("Reshape", {4, 6}).bytes();
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      outcome(damaged);  // It may be refused or run; it does nothing else.
    }
  }
}

/// A node over inputs of these types.
ModelBuilder node_over(std::int64_t opset, const std::string& op_type,
                       const std::vector<std::pair<std::vector<std::int64_t>, std::int64_t>>& types,
                       const std::vector<std::string>& attributes = {},
                       const std::string& domain = "") {
  ModelBuilder model(opset);
  std::vector<std::string> inputs;
  for (const auto& [shape, code] : types) {
    inputs.push_back("x" + std::to_string(inputs.size()));
    model.input(inputs.back(), shape, code);
  }
  return model.node(op_type, inputs, {"y"}, attributes, domain).output("y");
}

TEST_F(HostileFiles, WhatFuzzersFound) {
  constexpr std::int64_t kFloat = 1, kUInt8 = 2, kInt8 = 3, kInt32 = 6, kInt64 = 7, kHalf = 10;
  expect_refusal(node_over(17, "DFT", {{{}, kFloat}}), {"'y' (DFT)", "rank"});
  expect_refusal(node_over(17, "PRelu", {{{1, 2}, kFloat}, {{3, 2}, kFloat}}), {"'y' (PRelu)"});
  expect_refusal(node_over(21, "QLinearMatMul",
                           {{{2, 2}, kInt8},
                            {{}, kHalf},
                            {{}, kInt8},
                            {{2, 2}, kInt8},
                            {{}, kUInt8},
                            {{}, kInt8},
                            {{}, kHalf},
                            {{}, kInt8}}),
                 {"'y' (QLinearMatMul)", "input 4"});
  const std::vector<std::int64_t> heads = {1, 2, 3, 4}, fewer = {1, 1, 3, 4};
  expect_refusal(node_over(24, "Attention",
                           {{heads, kFloat},
                            {heads, kFloat},
                            {heads, kFloat},
                            {{3, 6}, kFloat},
                            {heads, kFloat},
                            {fewer, kFloat}}),
                 {"(Attention)", "input 5"});
  expect_refusal(node_over(17, "RotaryEmbedding",
                           {{{2, 5, 24}, kFloat}, {{2, 5}, kInt64}, {{}, kFloat}, {{}, kFloat}}, {},
                           "com.microsoft"),
                 {"(com.microsoft.RotaryEmbedding)", "num_heads"});
  for (const std::int64_t axis : {kMin, kMax, std::int64_t{3}}) {
    expect_refusal(node_over(6, "Add", {{{2, 3}, kFloat}, {{3}, kFloat}},
                             {int_attribute("broadcast", 1), int_attribute("axis", axis)}),
                   {"'y' (Add)", "axis"});
  }
  expect_refusal(ModelBuilder(5)
                     .input("x", {2})
                     .floats("none", {})
                     .floats("tiles", {2})
                     .node("Tile", {"x", "tiles", "none"}, {"y"})
                     .output("y"),
                 {"'y' (Tile)", "axis"});
  expect_refusal(ModelBuilder(11)
                     .input("x", {2, 3, 4})
                     .node("Softmax", {"x"}, {"y", "z"}, {int_attribute("axis", 1)})
                     .output("z"),
                 {"'y' (Softmax)", "'z'"});
  expect_refusal(node_over(1, "LpPool", {{{1, 1, 4, 4}, kFloat}},
                           {float_attribute("p", std::numeric_limits<float>::infinity())}),
                 {"'y' (LpPool)"});
  expect_refusal(node_over(17, "TreeEnsembleRegressor", {{{3, 2, 1, 2}, kFloat}}, {}, "ai.onnx.ml"),
                 {"(ai.onnx.ml.TreeEnsembleRegressor)", "rank 1 or 2"});
  for (const std::int64_t captures : {kMin, kMax, std::int64_t{1}}) {
    expect_refusal(node_over(17, "If", {{{}, 9}}, {int_attribute("captures", captures)}),
                   {"hostile.onnx", "'y' (If)", "reserved"});
  }
  EXPECT_EQ(outcome(node_over(17, "Pow", {{{3}, kInt32}, {{1}, kFloat}}).bytes()), "");
}

TEST_F(HostileFiles, LoopsOverNothing) {
  constexpr std::int64_t kBig = std::int64_t{1} << 30;
  for (const char* op_type : {"MaxPool", "AveragePool", "LpPool"}) {
    expect_refusal(one_node(op_type, {ints_attribute("kernel_shape", {kBig, kBig}),
                                      ints_attribute("strides", {kBig, kBig}),
                                      ints_attribute("pads", std::vector(4, kBig - 1))}),
                   {"hostile.onnx", op_type, "far larger"});
  }
  expect_refusal(
      ModelBuilder()
          .input("x", {1, 1, 6, 6})
          .input("r", {1, 4})
          .input("i", {1}, 7)
          .node("RoiAlign", {"x", "r", "i"}, {"y"}, {int_attribute("sampling_ratio", kBig)})
          .output("y"),
      {"hostile.onnx", "RoiAlign", "sampling_ratio"});
}

TEST_F(HostileFiles, NestedTypes) {
  std::string type;  // Sequences of sequences of … nothing.
  for (int i = 0; i < 20'000; ++i) {
    const std::string element = message([&](auto& writer) { writer.add_message(1, type); });
    type = message([&](auto& writer) { writer.add_message(i % 2 == 0 ? 4 : 9, element); });
  }
  const std::string info = message([&](auto& writer) {
    writer.add_string(number_of(ValueInfoField::kName), "x");
    writer.add_message(number_of(ValueInfoField::kType), type);
  });
  expect_refusal(
      ModelBuilder().graph_field(GraphField::kInput, info).node("Relu", {"x"}, {"y"}).output("y"),
      {"hostile.onnx", "'x'", "sequence"});
}

TEST_F(HostileFiles, NestedFunctions) {
  ModelBuilder model;
  model.input("x", {1}).node("f0", {"x"}, {"y"}).output("y");
  for (int i = 0; i < 20'000; ++i) {
    model.function("f" + std::to_string(i), {"a"}, {"b"},
                   {node_message("f" + std::to_string(i + 1), {"a"}, {"b"})});
  }
  expect_refusal(model, {"hostile.onnx", "nested more than"});
}

TEST_F(HostileFiles, Bodies) {
  std::string body = ModelBuilder().node("Identity", {"x"}, {"b"}).output("b").graph();
  for (int i = 0; i < 100; ++i) {
    const auto branch = [&](const char* name) {
      return message_attribute(name, AttributeField::kGraph, AttributeType::kGraph, body);
    };
    body = ModelBuilder().node("If", {"c"}, {"b"}, {branch("then_branch")}).output("b").graph();
  }
  expect_refusal(ModelBuilder()
                     .input("c", {}, 9)
                     .input("x", {1})
                     .node("If", {"c"}, {"y"},
                           {message_attribute("then_branch", AttributeField::kGraph,
                                              AttributeType::kGraph, body)})
                     .output("y"),
                 {"hostile.onnx", "nested more than"});
}

}  // namespace
}  // namespace headway::onnx
