#include "formats/onnx/write.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "headway/error.h"

#include "base/temporary_folder.h"
#include "formats/onnx/model_builder.h"
#include "formats/onnx/read.h"
#include "formats/onnx/write_form.h"
#include "graph/text.h"

namespace headway::onnx {
namespace {

/// One node of every attribute kind, constants of several dtypes, symbols and omitted values.
Graph example() {
  Graph graph("example");
  Value* x = graph.add_input("x", {DType::kFloat32, SymbolicShape{Dim("N"), 3, Dim(), 8}});
  Value* weight = graph.add_constant("weight", Tensor::zeros(DType::kFloat32, {4, 3, 1, 1}));
  Value* conv = graph
                    .add_node("Conv", {x, weight}, {"conv"},
                              {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}},
                               {"group", std::int64_t{1}},
                               {"auto_pad", std::string("NOTSET")}},
                              "first")
                    ->output();
  conv->type = {DType::kFloat32, SymbolicShape{Dim("N"), 4, Dim(), 8}};
  Value* six = graph.add_constant("six", Tensor::from<float>({}, {6.0f}));
  Value* clipped = graph.add_node("Clip", {conv, nullptr, six}, {"clipped"})->output();
  Value* odd = graph
                   .add_node("Oddity", {clipped}, {"odd"},
                             {{"alpha", 0.25f},
                              {"scales", std::vector<float>{1, 2.5f}},
                              {"keys", std::vector<std::string>{"a", ""}},
                              {"table", Tensor::from<std::int64_t>({2}, {-1, 1})}},
                             "", "com.example")
                   ->output();
  Value* flags = graph.add_constant("flags", Tensor::from<bool>({2}, {true, false}));
  Value* halves = graph.add_constant("halves", Tensor::from<Float16>({1}, {Float16(0.5f)}));
  Value* words = graph.add_constant("words", Tensor::from<std::string>({2}, {"", "\xc3\xa9"}));
  graph.add_output(graph.add_node("Identity", {words}, {"echo"})->output());
  for (const DType dtype : {DType::kInt4, DType::kUInt2, DType::kFloat6E2M3, DType::kFloat8E5M2}) {
    const Tensor numbers = Tensor::from<float>({5}, {1, 0, 1, 2, 3}).to(dtype);
    Value* narrow = graph.add_constant(std::string(name_of(dtype)), numbers);
    graph.add_output(graph.add_node("Identity", {narrow}, {""})->output());
  }
  graph.add_output(odd);
  graph.add_output(graph.add_node("Where", {flags, halves, halves}, {"last"})->output());
  return graph;
}

std::string text_of(const Graph& graph) {
  return print_graph(graph, ConstantText::kFull);
}

TEST(WriteOnnx, ReadsBackAsWritten) {
  const Graph graph = example();
  EXPECT_EQ(text_of(read_bytes(to_onnx(graph))), text_of(graph));
}

TEST(WriteOnnx, WritesTheSameBytesToAFile) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "model.onnx";
  const Graph graph = example();
  write_onnx(graph, path);
  EXPECT_EQ(std::filesystem::file_size(path), to_onnx(graph).size());
  EXPECT_EQ(text_of(read_onnx(path)), text_of(graph));
}

TEST(WriteOnnx, MovesLargeTensorsOutOfLargeModels) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "model.onnx";
  Graph graph = example();
  Value* large = graph.add_constant("large", Tensor::zeros(DType::kFloat64, {1000}));
  graph.add_output(graph.add_node("Relu", {large}, {"relu"})->output());
  write_onnx(graph, path, {.max_embedded_bytes = 4000});
  EXPECT_EQ(std::filesystem::file_size(folder.path() / "model.onnx.data"), 8000u);
  EXPECT_LT(std::filesystem::file_size(path), 4000u);
  EXPECT_TRUE(text_of(read_onnx(path)) == text_of(graph));
}

TEST(WriteOnnx, RaisesTheOpsetOnlyForWhatNeedsIt) {
  Graph graph;
  Value* x = graph.add_input("x", {DType::kFloat32, SymbolicShape{2, 4}});
  Value* mean =
      graph.add_node("ReduceMean", {x}, {"mean"}, {{"axes", std::vector<std::int64_t>{1}}})
          ->output();
  Node* split = graph.add_node("Split", {mean}, {"a", "b"}, {{"axis", std::int64_t{0}}});
  graph.add_output(split->output(0));
  EXPECT_EQ(write_form(graph).opset, 17);

  graph.add_output(graph.add_node("Gelu", {split->output(1)}, {"gelu"})->output());
  const WriteForm form = write_form(graph);
  EXPECT_EQ(form.opset, 20);
  EXPECT_FALSE(form.graph.nodes()[0]->has("axes"));
  EXPECT_TRUE(form.graph.nodes()[0]->input(1)->is_constant());
  EXPECT_EQ(form.graph.nodes()[1]->get_int("num_outputs", 0), 2);
  const Graph again = read_bytes(to_onnx(graph));
  EXPECT_EQ(again.nodes()[0]->get_ints("axes", {}), (std::vector<std::int64_t>{1}));
}

TEST(WriteOnnx, RaisesTheOpsetForDtypesAndAttributes) {
  const auto opset_of = [](std::string_view op, DType dtype, Attributes attributes = {}) {
    Graph graph;
    Value* x = graph.add_input("x", {dtype, SymbolicShape{2, 4}});
    Value* scale = graph.add_input("scale", {DType::kFloat32, SymbolicShape{}});
    Node* node = graph.add_node(op, {x, scale}, {"y"}, std::move(attributes));
    graph.add_output(node->output());
    return write_form(graph).opset;
  };
  const Attributes blocks = {{"block_size", std::int64_t{2}}};
  EXPECT_EQ(opset_of("DequantizeLinear", DType::kUInt8), 17);
  EXPECT_EQ(opset_of("DequantizeLinear", DType::kUInt16), 21);
  EXPECT_EQ(opset_of("DequantizeLinear", DType::kInt8, blocks), 21);
  EXPECT_EQ(opset_of("DequantizeLinear", DType::kFloat8E5M2), 19);
  EXPECT_EQ(opset_of("DequantizeLinear", DType::kFloat4E2M1), 23);
  EXPECT_EQ(opset_of("BitShift", DType::kUInt8), 17);
  EXPECT_EQ(opset_of("BitShift", DType::kInt8), 28);
  EXPECT_EQ(opset_of("SwiGLU", DType::kFloat32), 28);
}

/// A LabelEncoder with keys needs version 2 at least; the body's domain counts as well.
TEST(WriteOnnx, OtherDomainsHaveTheVersionsOfTheirOperators) {
  const std::string coded =
      " = ai.onnx.ml.LabelEncoder(%x) {keys_int64s = [1], values_int64s = [5]}\n";
  const std::string branch = "graph b (%x: int64[1]) -> (%r) { %r" + coded + "}";
  for (const std::string& text :
       {"graph g (%x: int64[1]) -> (%y) { %y" + coded + "}",
        "graph g (%x: int64[1], %c: bool[]) -> (%y) { %y = If(%c, %x) {captures = 1, "
        "then_branch = " +
            branch + ", else_branch = " + branch + "} }"}) {
    const std::string bytes = to_onnx(parse_graph(text));
    const std::string import = std::string("\n\nai.onnx.ml\x10") + '\x04';
    EXPECT_NE(bytes.find(import), std::string::npos) << text;
  }
  const std::string oldest = to_onnx(parse_graph(
      "graph g (%x: int64[1]) -> (%y) { %y = ai.onnx.ml.LabelEncoder(%x) {classes_strings = "
      "[\"a\"]} }"));
  EXPECT_NE(oldest.find(std::string("\n\nai.onnx.ml\x10") + '\x01'), std::string::npos);
}

TEST(WriteOnnx, FourierTransformsKeepTheirAxis) {
  Graph graph;
  Value* x = graph.add_input("x", {DType::kFloat32, SymbolicShape{2, 4, 3, 1}});
  Value* first = graph.add_node("DFT", {x}, {"first"})->output();
  Value* second = graph.add_node("DFT", {first}, {"second"}, {{"axis", std::int64_t{2}}})->output();
  graph.add_output(second);
  EXPECT_EQ(write_form(graph).opset, 17);
  graph.add_output(graph.add_node("Gelu", {second}, {"gelu"})->output());
  const WriteForm form = write_form(graph);
  EXPECT_EQ(form.opset, 20);
  EXPECT_FALSE(form.graph.nodes()[1]->has("axis"));
  EXPECT_EQ(form.graph.nodes()[0]->input(2)->constant().data<std::int64_t>()[0], 1);
  EXPECT_EQ(form.graph.nodes()[1]->input(2)->constant().data<std::int64_t>()[0], 2);
}

/// ONNX Runtime takes a type that is written at its word.
TEST(WriteOnnx, OutputsOfBodiesHaveNoTypesThatAreNotKnown) {
  const Graph graph = parse_graph(R"(graph loop (%x: float32[2], %n: int64[], %c: bool[]) -> (%y) {
    %y = Loop(%n, %c, %x) {body = graph step (%i: int64[], %go: bool[], %a: float32[2]) -> (%more, %b) {
      %more = Identity(%go)
      %b = Sigmoid(%a)
    }}
  })");
  const std::string bytes = to_onnx(graph);
  const std::string untyped = std::string("b\6\n\4", 4) + "more";
  EXPECT_NE(bytes.find(untyped), std::string::npos);
  EXPECT_EQ(print_graph(read_bytes(bytes)), print_graph(graph));
}

TEST(WriteOnnx, RefusesInternalOperators) {
  Graph graph;
  Value* x = graph.add_input("x", {});
  graph.add_output(graph.add_node("FusedConv", {x}, {"y"}, {}, "inner", "headway")->output());
  try {
    to_onnx(graph);
    FAIL() << "it was written";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_NE(std::string(error.what()).find("'inner' (headway.FusedConv)"), std::string::npos);
  }
}

TEST(WriteOnnx, LeavesNothingBehindWhereItCannotWrite) {
  const TemporaryFolder folder;
  EXPECT_THROW(write_onnx(example(), folder.path() / "absent" / "model.onnx"), Error);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace headway::onnx
