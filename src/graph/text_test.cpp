#include "graph/text.h"

#include <bit>
#include <cstring>
#include <limits>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/narrow.h"
#include "base/random.h"
#include "graph/verify.h"

namespace headway {
namespace {

/// Prints, parses and prints again; both texts must agree.
Graph round_trip(const Graph& graph) {
  const std::string text = print_graph(graph, ConstantText::kFull);
  Graph parsed = parse_graph(text);
  EXPECT_EQ(print_graph(parsed, ConstantText::kFull), text);
  verify(parsed);
  return parsed;
}

std::string error_of(const std::string& text) {
  try {
    parse_graph(text, "t");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidModel);
    return error.what();
  }
  return "parsed";
}

/// Puts statements into a graph that has an input %x; they begin at line 2, column 1.
std::string error_in(const std::string& statements) {
  return error_of("graph g (%x: float32[2]) -> () {\n" + statements + "\n}");
}

TEST(Text, RoundTripsTheExample) {
  const std::string text =
      R"(graph net (%input: float32[N,3,224,224], %n: int64[]) -> (%output, %n) {
  %w: float32[2,2] = constant {1.0, -0.5, 1e-05, inf}
  %x: float32[N,64,112,112] = Conv(%input, %w) {auto_pad = "SAME_UPPER", group = 1} "conv1"
  %y: float32[?,64], _, %z: int8[...] = headway.Split(%x, _, %n)
  %output = Relu(%y)
  () = Sink(%z) "Sink"
}
)";
  const Graph graph = parse_graph(text);
  verify(graph);
  EXPECT_EQ(print_graph(graph), text);
  EXPECT_EQ(graph.nodes()[0]->name(), "conv1");
  EXPECT_EQ(graph.nodes()[1]->domain(), "headway");
  EXPECT_EQ(graph.nodes()[1]->output(1), nullptr);
  EXPECT_EQ(graph.nodes()[1]->input(1), nullptr);
  EXPECT_EQ(graph.nodes()[2]->name(), "output");
}

TEST(Text, StoredConstantsAreNumbered) {
  const Graph graph = parse_graph(R"(graph g () -> (%b) {
  %a: float32[2] = constant {1.0, 2.0}
  %b: int64[] = constant {7}
})");
  const std::string text = print_graph(graph, ConstantText::kStored);
  EXPECT_NE(text.find("%a: float32[2] = constant stored(0)"), std::string::npos) << text;
  EXPECT_NE(text.find("%b: int64[] = constant stored(1)"), std::string::npos) << text;
  const auto stored = [&](std::uint64_t number, DType dtype, const Shape& shape) {
    const Tensor& constant = graph.constants().at(number)->constant();
    EXPECT_EQ(dtype, constant.dtype());
    EXPECT_EQ(shape, constant.shape());
    return constant;
  };
  const Graph again = parse_graph(text, "t", 0, stored);
  EXPECT_EQ(print_graph(again), print_graph(graph));
  EXPECT_EQ(error_of(text),
            "t:2:29: expected {elements}, splat(value) or random(seed), but found "
            "stored");
}

// The example of docs/text-form.md.
TEST(Text, ParsesWhatTheDocumentationShows) {
  const Graph graph = round_trip(parse_graph(R"(
graph resnet18 (%input: float32[N,3,224,224]) -> (%output) {
  %weight: float32[64,3,7,7] = constant random(1)
  %shape: int64[2] = constant {0, -1}
  %x: float32[N,64,112,112] = Conv(%input, %weight) {pads = [3, 3, 3, 3], strides = [2, 2]} "conv1"
  %y = headway.FusedConv(%x, %weight, _, %x) {activation = "Relu"}
  %mean, _, %deviation = LayerNormalization(%y)
  %output = Reshape(%mean, %shape)
}
)"));
  EXPECT_EQ(graph.node_count(), 4U);
  EXPECT_EQ(graph.constants().size(), 2U);
  EXPECT_TRUE(graph.nodes()[1]->is("FusedConv", "headway"));
}

TEST(Text, BodiesNest) {
  const std::string text =
      R"(graph g (%n: int64[], %s: optional(seq(float32[...]))) -> (%y, %s) {
  %y: seq(int64[]) = Loop(%n, _, %n) {body = graph body (%i: int64[], %c: bool[], %v: int64[]) -> (%c, %w) {
    %one: int64[] = constant {1}
    %w = If(%c, %v) {captures = 1, else_branch = graph e (%v: int64[]) -> (%v) {
    }, then_branch = graph t (%v: int64[]) -> (%q) {
      %q = Neg(%v)
    }}
  }}
}
)";
  const Graph graph = round_trip(parse_graph(text));
  EXPECT_EQ(print_graph(graph), text);
  EXPECT_EQ(graph.inputs()[1]->type.container, Container::kOptionalSequence);
  EXPECT_FALSE(graph.inputs()[1]->type.static_shape());
  const Graph& body = graph.nodes()[0]->body("body");
  EXPECT_EQ(body.nodes()[0]->captures(), 1U);
  EXPECT_EQ(body.nodes()[0]->body("then_branch").nodes()[0]->op_type(), "Neg");
}

TEST(Text, BodiesNestOnlySoDeep) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "graph g () -> () { %y = If() {b = ";
  EXPECT_NE(error_of(text).find("bodies are nested more than 32 deep"), std::string::npos);
}

TEST(Text, EveryAttributeKind) {
  Graph graph("attributes");
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
  graph.add_node("Foo", {}, {"y"},
                 {{"int", kMin},
                  {"float", 3.0F},
                  {"string", std::string("a \"b\" \\ \n\t\x01 \xc3\xa9 \xff")},
                  {"ints", std::vector<std::int64_t>{1, -2}},
                  {"floats", std::vector<float>{0.1F, -0.0F, 1e30F}},
                  {"strings", std::vector<std::string>{"", "b"}},
                  {"no ints", std::vector<std::int64_t>{}},
                  {"no floats", std::vector<float>{}},
                  {"no strings", std::vector<std::string>{}},
                  {"tensor", Tensor::from<std::int8_t>({2, 1}, {-128, 127})},
                  {"", std::int64_t{0}}});
  const Graph parsed = round_trip(graph);
  const Attributes& attributes = parsed.nodes()[0]->attributes;
  EXPECT_EQ(attributes.size(), 11U);
  for (const auto& [name, attribute] : graph.nodes()[0]->attributes) {
    const auto found = attributes.find(name);
    ASSERT_NE(found, attributes.end()) << name;
    EXPECT_STREQ(kind_of(found->second), kind_of(attribute)) << name;
    if (name == "tensor") continue;
    std::visit(
        [&]<typename T>(const T& value) {
          if constexpr (!std::is_same_v<T, Tensor>) {
            EXPECT_EQ(std::get<T>(found->second), value);
          }
        },
        attribute);
  }
  EXPECT_EQ(std::get<Tensor>(attributes.at("tensor")).values<std::int8_t>()[0], -128);
}

TEST(Text, NamesThatNeedQuotes) {
  Graph graph("my net");
  Value* x =
      graph.add_input("input:0", {DType::kFloat32, SymbolicShape{Dim("batch size"), Dim("7")}});
  Value* y = graph.add_node("Weird Op", {x}, {"7"}, {{"an attribute", std::int64_t{1}}})->output();
  Value* z = graph.add_node("a.b", {y}, {"%"}, {}, "n\"1")->output();
  Value* u = graph.add_node("Op", {z}, {"_"}, {}, "", "ai.onnx.ml")->output();
  Value* v = graph.add_node("Op.x", {u}, {"caf\xc3\xa9"}, {}, "", "my domain")->output();
  graph.add_node("constant", {v}, {"c"});
  graph.add_output(v);
  const Graph parsed = round_trip(graph);
  const auto nodes = parsed.nodes();
  EXPECT_EQ(parsed.name(), "my net");
  EXPECT_EQ(parsed.inputs()[0]->name(), "input:0");
  EXPECT_EQ((*parsed.inputs()[0]->type.shape)[1].symbol(), "7");
  EXPECT_EQ(nodes[0]->op_type(), "Weird Op");
  EXPECT_TRUE(nodes[1]->is("a.b"));
  EXPECT_EQ(nodes[1]->name(), "n\"1");
  EXPECT_TRUE(nodes[2]->is("Op", "ai.onnx.ml"));
  EXPECT_TRUE(nodes[3]->is("Op.x", "my domain"));
  EXPECT_TRUE(nodes[4]->is("constant"));
  EXPECT_EQ(parsed.outputs()[0]->name(), "caf\xc3\xa9");
}

/// Random bits.
Tensor random_tensor(Random& random, DType dtype, const Shape& shape) {
  Tensor tensor = Tensor::allocate(dtype, shape);
  auto* bytes = static_cast<unsigned char*>(tensor.raw());
  for (std::size_t i = 0; i < tensor.byte_size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(random.below(dtype == DType::kBool ? 2 : 256));
    bytes[i] = is_narrow_integer(dtype) ? wrap_to_narrow(dtype, byte) : byte;
    if (is_narrow(dtype) && !is_narrow_integer(dtype))
      bytes[i] &= static_cast<std::uint8_t>((1U << bits_of_narrow(dtype)) - 1);
  }
  return tensor;
}

void expect_exact(const Tensor& tensor) {
  Graph graph;
  graph.add_constant("c", tensor);
  const Graph parsed = round_trip(graph);
  const Tensor& back = parsed.constants()[0]->constant();
  ASSERT_EQ(back.dtype(), tensor.dtype());
  ASSERT_EQ(back.shape(), tensor.shape());
  EXPECT_EQ(std::memcmp(back.raw(), tensor.raw(), tensor.byte_size()), 0);
}

TEST(Text, ElementsOfEveryDtypeAreExact) {
  Random random(1);
  for (int dtype = 0; dtype < kDTypeCount; ++dtype) {
    // Every kind of NaN, infinity and subnormal of the small types is among them.
    if (static_cast<DType>(dtype) != DType::kString)
      expect_exact(random_tensor(random, static_cast<DType>(dtype), {64, 256}));
  }
}

TEST(Text, SpecialFloats) {
  const float signalling = std::bit_cast<float>(0x7f800001U);
  const float negative = std::bit_cast<float>(0xffc00000U);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  const Tensor tensor = Tensor::from<float>(
      {8}, {nan, signalling, negative, inf, -inf, -0.0F, 1e-45F, 3.4028235e38F});
  expect_exact(tensor);
  Graph graph;
  graph.add_constant("c", tensor);
  EXPECT_NE(print_graph(graph).find("{nan, nan(0x7f800001), nan(0xffc00000), inf, -inf, -0.0, "
                                    "1e-45, 3.4028235e+38}"),
            std::string::npos);
}

TEST(Text, StringsAreQuoted) {
  Graph graph;
  graph.add_constant("c", Tensor::from<std::string>({2}, {"a \"b\"", "\n"}));
  EXPECT_NE(print_graph(graph).find(R"(%c: string[2] = constant {"a \"b\"", "\n"})"),
            std::string::npos);
  const Graph parsed = round_trip(graph);
  EXPECT_EQ(parsed.constants()[0]->constant().values<std::string>()[0], "a \"b\"");
}

TEST(Text, EmptyAndScalarConstants) {
  expect_exact(Tensor::from<float>({}, {2.5F}));
  expect_exact(Tensor::zeros(DType::kInt64, {0}));
  expect_exact(Tensor::zeros(DType::kBool, {3, 0, 2}));
}

TEST(Text, LargeConstantsAreElided) {
  Graph graph;
  graph.add_constant("small", Tensor::zeros(DType::kInt8, {16}));
  graph.add_constant("large", Tensor::zeros(DType::kInt8, {17}));
  const std::string text = print_graph(graph);
  EXPECT_NE(text.find("%small: int8[16] = constant {0, 0,"), std::string::npos);
  EXPECT_NE(text.find("%large: int8[17] = constant ...\n"), std::string::npos);
  EXPECT_EQ(error_of(text), "t:3:31: the elements are elided; print the graph in full to parse it");
}

TEST(Text, GeneratedConstants) {
  const Graph graph = parse_graph(R"(# comment
graph g () -> () { # another
    %s: float16[3] = constant splat(1.5)
    %i: int32[2,2] = constant splat(-7)
    %r: float32[100] = constant random(7)
    %d: float64[100] = constant random(7)
    %a = Foo() {t = int64[2] splat(3), u = float32[1] random(0)}
})");
  EXPECT_EQ(static_cast<float>(graph.find("s")->constant().values<Float16>()[2]), 1.5F);
  EXPECT_EQ(graph.find("i")->constant().values<std::int32_t>()[3], -7);
  const auto random = graph.find("r")->constant().values<float>();
  Random expected(7);
  for (const float value : random) EXPECT_EQ(value, expected.normal());
  EXPECT_EQ(graph.find("d")->constant().values<double>()[99], random[99]);
  EXPECT_EQ(std::get<Tensor>(graph.nodes()[0]->attributes.at("t")).values<std::int64_t>()[1], 3);
  round_trip(graph);
}

TEST(Text, GeneratedConstantsAreLimited) {
  EXPECT_EQ(error_in("%a: float32[1000000000] = constant splat(0)"),
            "t:2:41: the generated constants exceed the limit; 268435456 bytes of it are left");
  EXPECT_EQ(
      error_in("%a: int8[200000000] = constant splat(0) %b: int8[80000000] = constant splat(0)"),
      "t:2:76: the generated constants exceed the limit; 68435456 bytes of it are left");
  EXPECT_EQ(error_in("%a: int8[9223372036854775807,2] = constant splat(0)"),
            "t:2:1: shape 9223372036854775807x2 has more elements than fit in 64 bits");
}

TEST(Text, HexadecimalFloats) {
  const Graph graph =
      parse_graph("graph g () -> () { %a: float32[3] = constant {0x1.8p3, -0x1p-2, 7} }");
  const auto values = graph.find("a")->constant().values<float>();
  EXPECT_EQ(values[0], 12.0F);
  EXPECT_EQ(values[1], -0.25F);
  EXPECT_EQ(values[2], 7.0F);
}

TEST(Text, OmittedOutputsNeverTakeAName) {
  round_trip(parse_graph("graph g () -> (%v1) { _, %v1, _, %v1_ = Foo() \"f\" }"));
}

TEST(Text, ErrorsSayWhereAndWhat) {
  EXPECT_EQ(error_of(""), "t:1:1: expected 'graph', but the text ends here");
  EXPECT_EQ(error_of("grap"), "t:1:1: expected 'graph', but found grap");
  EXPECT_EQ(error_of("graph 7"), "t:1:7: expected the graph's name, but found 7");
  EXPECT_EQ(error_of("graph g x"), "t:1:9: expected '(', but found x");
  EXPECT_EQ(error_of("graph g (x"), "t:1:10: expected an input (%name), but found x");
  EXPECT_EQ(error_of("graph g (%x)"), "t:1:12: expected ':', but found )");
  EXPECT_EQ(error_of("graph g (%x: int8[1], %x: int8[1])"), "t:1:23: value %x is defined twice");
  EXPECT_EQ(error_of("graph g (%x: int8[1] %y"), "t:1:22: expected ')', but found %y");
  EXPECT_EQ(error_of("graph g () ("), "t:1:12: expected '->', but found (");
  EXPECT_EQ(error_of("graph g () -> (1"), "t:1:16: expected a value (%name), but found 1");
  EXPECT_EQ(error_of("graph g () -> (%y) {}"), "t:1:16: value %y is not defined before this point");
  EXPECT_EQ(error_of("graph g () -> () {} x"),
            "t:1:21: expected the end of the text after the graph's '}', but found x");
  EXPECT_EQ(
      error_of("graph g () -> () {"),
      "t:1:19: expected a statement (%name, _ or () before '=') or '}', but the text ends here");
  EXPECT_EQ(error_of("graph \"g"), "t:1:7: this string has no closing quote");
  EXPECT_EQ(error_of("graph \"g\n\""), "t:1:7: this string has no closing quote");
  EXPECT_EQ(error_of("graph \"\\q\""),
            "t:1:8: unknown escape in a string; the known ones are \\\" \\\\ \\n \\t and \\xHH");
  EXPECT_NE(error_of("graph \"\\x1\"").find("unknown escape"), std::string::npos);
  EXPECT_NE(error_of("graph \"\\").find("unknown escape"), std::string::npos);
  EXPECT_EQ(error_of("graph g (% )"), "t:1:10: a value name is missing after '%'");
  EXPECT_EQ(error_of("graph g (%\"\")"), "t:1:10: a value name is missing after '%'");
  EXPECT_EQ(error_of("graph g &"), "t:1:9: the character \"&\" has no place here");
  EXPECT_EQ(error_of(std::string("graph g \0", 9)),
            "t:1:9: the character \"\\x00\" has no place here");
}

TEST(Text, ErrorsInTypes) {
  EXPECT_NE(error_of("graph g (%x: float[1])").find("t:1:14: unknown dtype 'float'"),
            std::string::npos);
  EXPECT_EQ(error_of("graph g (%x: int8(1))"), "t:1:18: expected '[', but found (");
  EXPECT_EQ(error_of("graph g (%x: int8[-1])"), "t:1:19: -1 is no extent of a shape");
  EXPECT_EQ(error_of("graph g (%x: int8[1.0])"), "t:1:19: 1.0 is no extent of a shape");
  EXPECT_EQ(error_of("graph g (%x: int8[9223372036854775808])"),
            "t:1:19: 9223372036854775808 is no extent of a shape");
  EXPECT_EQ(error_of("graph g (%x: int8[\"\"])"), "t:1:19: expected an extent, but found \"\"");
  EXPECT_EQ(error_of("graph g (%x: int8[1)"), "t:1:20: expected ']', but found )");
  EXPECT_EQ(error_of("graph g (%x: int8[1,...])"),
            "t:1:21: expected an extent: a number, a symbol or '?', but found ...");
  EXPECT_EQ(error_of("graph g (%x: int8[...1"), "t:1:22: expected ']', but found 1");
}

TEST(Text, ErrorsInStatements) {
  EXPECT_EQ(error_in("%x = Relu(%x)"), "t:2:1: value %x is defined twice");
  EXPECT_EQ(error_in("%a, %a = Relu(%x)"), "t:2:5: value %a is defined twice");
  EXPECT_EQ(error_in("%a = Relu(%b)"), "t:2:11: value %b is not defined before this point");
  EXPECT_EQ(error_in("%a = Relu(%a)"), "t:2:11: value %a is not defined before this point");
  EXPECT_EQ(error_in("%a Relu"), "t:2:4: expected '=', but found Relu");
  EXPECT_EQ(error_in("(%a) = Relu()"), "t:2:2: expected ')', but found %a");
  EXPECT_EQ(error_in("%a = 7"), "t:2:6: expected an operator or 'constant', but found 7");
  EXPECT_EQ(error_in("%a = \"\"()"), "t:2:6: the operator's name is empty");
  EXPECT_EQ(error_in("%a = headway.()"), "t:2:6: the operator's name is empty");
  EXPECT_EQ(error_in("%a = \"d\".Op()"),
            "t:2:10: expected the operator's name in quotes, but found Op");
  EXPECT_EQ(error_in("%a = Relu"), "t:3:1: expected '(', but found }");
  EXPECT_EQ(error_in("%a = Relu(7)"), "t:2:11: expected a value (%name) or '_', but found 7");
  EXPECT_EQ(error_in("7"),
            "t:2:1: expected a statement (%name, _ or () before '=') or '}', but found 7");
}

TEST(Text, ErrorsInAttributes) {
  EXPECT_EQ(error_in("%a = F() {7 = 1}"), "t:2:11: expected an attribute's name, but found 7");
  EXPECT_EQ(error_in("%a = F() {a: 1}"), "t:2:12: expected '=', but found :");
  EXPECT_EQ(error_in("%a = F() {a = 1, a = 2}"), "t:2:18: attribute \"a\" is given twice");
  EXPECT_EQ(error_in("%a = F() {a = }"),
            "t:2:15: expected an attribute's value: a number, a string, a list, a tensor or a "
            "graph, but found }");
  EXPECT_EQ(error_in("%a = F() {a = 1 b = 2}"), "t:2:17: expected '}', but found b");
  EXPECT_EQ(error_in("%a = F() {a = 9223372036854775808}"),
            "t:2:15: 9223372036854775808 is no element of type int64");
  EXPECT_EQ(error_in("%a = F() {a = 1e99}"), "t:2:15: 1e99 is no element of type float32");
  EXPECT_EQ(error_in("%a = F() {a = 1.2.3}"), "t:2:15: 1.2.3 is no element of type float32");
  EXPECT_EQ(error_in("%a = F() {a = -nan}"), "t:2:15: -nan is no element of type float32");
  EXPECT_EQ(error_in("%a = F() {a = -}"), "t:2:15: - is no element of type int64");
  EXPECT_EQ(error_in("%a = F() {a = nan(5)}"), "t:2:19: 5 is no NaN of type float32");
  EXPECT_EQ(error_in("%a = F() {a = nan(0x5)}"), "t:2:19: 0x5 is no NaN of type float32");
  EXPECT_EQ(error_in("%a = F() {a = nan(0x17fc00000)}"),
            "t:2:19: 0x17fc00000 is no NaN of type float32");
  EXPECT_EQ(error_in("%a = F() {a = []}"),
            "t:2:16: expected an element (an empty list is written ints [], floats [] or strings "
            "[]), but found ]");
  EXPECT_EQ(error_in("%a = F() {a = ints [1]}"), "t:2:21: expected ']', but found 1");
  EXPECT_EQ(error_in("%a = F() {a = [1, 2.5]}"), "t:2:19: 2.5 is no element of type int64");
  EXPECT_EQ(error_in("%a = F() {a = [\"s\", 1]}"), "t:2:21: expected a string, but found 1");
  EXPECT_EQ(error_in("%a = F() {a = [%x]}"),
            "t:2:16: expected an element of type float32, but found %x");
}

TEST(Text, ErrorsInConstants) {
  EXPECT_EQ(error_in("%a = constant {1}"),
            "t:2:1: a constant is written %name: dtype[extents] = constant …");
  EXPECT_NE(error_in("_ = constant {1}").find("a constant is written"), std::string::npos);
  EXPECT_NE(error_in("() = constant {1}").find("a constant is written"), std::string::npos);
  EXPECT_EQ(error_in("%x: int8[1] = constant {1}"), "t:2:1: value %x is defined twice");
  EXPECT_EQ(error_in("%a: int8[N] = constant {1}"),
            "t:2:1: every extent of a constant must be a number");
  EXPECT_EQ(error_in("%a: int8[2] = constant {1}"),
            "t:2:1: the shape 2 asks for 2 elements, but there are 1");
  EXPECT_EQ(error_in("%a: int8[1] = constant 1"),
            "t:2:24: expected {elements}, splat(value) or random(seed), but found 1");
  EXPECT_EQ(error_in("%a: int8[1] = constant {128}"), "t:2:25: 128 is no element of type int8");
  EXPECT_EQ(error_in("%a: uint8[1] = constant {-1}"), "t:2:26: -1 is no element of type uint8");
  EXPECT_EQ(error_in("%a: bool[1] = constant {1}"), "t:2:25: 1 is no element of type bool");
  EXPECT_EQ(error_in("%a: float16[1] = constant {65520}"),
            "t:2:28: 65520 is no element of type float16");
  EXPECT_EQ(error_in("%a: int8[1] = constant {nan(0x1)}"),
            "t:2:25: nan is no element of type int8");
  EXPECT_EQ(error_in("%a: float16[1] = constant {nan(0x7c00)}"),
            "t:2:32: 0x7c00 is no NaN of type float16");
  EXPECT_EQ(error_in("%a: int8[1] = constant random(1)"),
            "t:2:30: random(seed) makes floating-point elements, not int8");
  EXPECT_EQ(error_in("%a: int4[1] = constant {8}"), "t:2:25: 8 is no element of type int4");
  EXPECT_EQ(error_in("%a: float4e2m1[1] = constant {6.5}"),
            "t:2:31: 6.5 is no element of type float4e2m1");
  EXPECT_EQ(error_in("%a: string[1] = constant {1}"), "t:2:27: expected a string, but found 1");
  EXPECT_EQ(error_in("%a: float32[1] = constant random(-1)"),
            "t:2:34: -1 is no element of type uint64");
  EXPECT_NE(error_in("%a = F() {t = float32[2] {1}}").find("asks for 2 elements"),
            std::string::npos);
}

// ---- Random graphs ------------------------------------------------------------------------------

std::string random_name(Random& random) {
  static constexpr std::string_view kLetters = "abZ09_.-/: \"\\%\n\x7f\xc3\xa9#";
  std::string name;
  for (std::uint64_t length = random.below(6); length > 0; --length)
    name += kLetters[random.below(kLetters.size())];
  return name;
}

TensorType random_type(Random& random) {
  TensorType type{static_cast<DType>(random.below(kDTypeCount)), std::nullopt};
  if (random.below(4) == 0) return type;
  type.shape.emplace();
  for (std::uint64_t rank = random.below(4); rank > 0; --rank) {
    switch (random.below(3)) {
      case 0:
        type.shape->emplace_back();
        break;
      case 1:
        type.shape->emplace_back(random_name(random));
        break;
      default:
        type.shape->emplace_back(static_cast<std::int64_t>(random.below(5)));
    }
  }
  return type;
}

Tensor random_tensor(Random& random) {
  Shape shape(random.below(4));
  for (auto& extent : shape) extent = static_cast<std::int64_t>(random.below(4));
  const auto dtype = static_cast<DType>(random.below(kDTypeCount));
  if (dtype != DType::kString) return random_tensor(random, dtype, shape);
  Tensor tensor = Tensor::allocate(dtype, shape);
  for (std::string& text : tensor.values<std::string>()) text = random_name(random);
  return tensor;
}

Attribute random_attribute(Random& random) {
  const auto number = static_cast<std::int64_t>(random.next());
  const auto real = std::bit_cast<float>(static_cast<std::uint32_t>(random.next()));
  const std::size_t count = random.below(3);
  switch (random.below(7)) {
    case 0:
      return number;
    case 1:
      return real;
    case 2:
      return random_name(random);
    case 3:
      return std::vector<std::int64_t>(count, number);
    case 4:
      return std::vector<float>(count, real);
    case 5:
      return std::vector<std::string>(count, random_name(random));
    default:
      return random_tensor(random);
  }
}

Graph random_graph(std::uint64_t seed) {
  Random random(seed);
  Graph graph(random_name(random));
  std::vector<Value*> values = {nullptr};
  for (std::uint64_t i = random.below(4); i > 0; --i)
    values.push_back(graph.add_input(random_name(random), random_type(random)));
  for (std::uint64_t i = random.below(4); i > 0; --i)
    values.push_back(graph.add_constant(random_name(random), random_tensor(random)));
  for (std::uint64_t i = random.below(8); i > 0; --i) {
    std::vector<Value*> inputs(random.below(4));
    for (Value*& input : inputs) input = values[random.below(values.size())];
    std::vector<std::string> outputs(random.below(3));
    for (std::string& output : outputs) output = random_name(random);
    Attributes attributes;
    for (std::uint64_t j = random.below(3); j > 0; --j)
      attributes.insert_or_assign(random_name(random), random_attribute(random));
    Node* node = graph.add_node(random_name(random) + "O", inputs, outputs, attributes,
                                random_name(random), random_name(random));
    for (std::size_t j = 0; j < outputs.size(); ++j) {
      if (random.below(4) == 0) {
        graph.erase_output(node, j);
      } else {
        if (random.below(2) == 0) node->output(j)->type = random_type(random);
        values.push_back(node->output(j));
      }
    }
  }
  for (std::uint64_t i = random.below(3); i > 0; --i)
    if (Value* value = values[random.below(values.size())]) graph.add_output(value);
  return graph;
}

TEST(Text, RandomGraphsRoundTrip) {
  for (std::uint64_t seed = 0; seed < 2000 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    const Graph graph = random_graph(seed);
    verify(graph);
    round_trip(graph);
  }
}

TEST(Text, TruncatedTextNeverCrashes) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const std::string text = print_graph(random_graph(seed), ConstantText::kFull);
    for (std::size_t length = 0; length + 1 < text.size(); ++length)
      EXPECT_NE(error_of(text.substr(0, length)), "parsed");
  }
}

}  // namespace
}  // namespace headway
