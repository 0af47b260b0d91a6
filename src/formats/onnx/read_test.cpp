#include "formats/onnx/read.h"

#include <cstring>
#include <fstream>

#include <gtest/gtest.h>

#include "headway/error.h"

#include "base/temporary_folder.h"
#include "formats/onnx/model_builder.h"
#include "graph/text.h"
#include "graph/verify.h"

namespace headway::onnx {
namespace {

/// What reading says, with its code: every message names the file.
testing::AssertionResult refuses(const ModelBuilder& model, ErrorCode code,
                                 std::initializer_list<std::string> parts,
                                 const std::filesystem::path& folder = {}) {
  try {
    model.read(folder);
  } catch (const Error& error) {
    const std::string what = error.what();
    if (error.code() != code) return testing::AssertionFailure() << "wrong code for: " << what;
    if (what.find("test.onnx") == std::string::npos)
      return testing::AssertionFailure() << "does not name the file: " << what;
    for (const std::string& part : parts)
      if (what.find(part) == std::string::npos)
        return testing::AssertionFailure() << "'" << part << "' is not in: " << what;
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << "it was read";
}

ModelBuilder with_constant(const std::string& tensor) {
  ModelBuilder model;
  model.input("x", {1}).initializer(tensor).node("Add", {"x", "w"}, {"y"}).output("y");
  return model;
}

template <typename T>
std::vector<T> elements(const Graph& graph, const std::string& name) {
  const Tensor aligned = graph.find(name)->constant().clone();
  const auto values = aligned.values<T>();
  return {values.begin(), values.end()};
}

TEST(ReadOnnx, KeepsNamesTypesAndOrder) {
  const Graph graph = ModelBuilder()
                          .input("image", {1, 3, 8, 8})
                          .floats("bias", {1, 2, 3})
                          .node("Relu", {"image"}, {"a"})
                          .node("Identity", {"a"}, {"b"}, {}, "ai.onnx")
                          .output("b")
                          .read();
  verify(graph);
  EXPECT_EQ(graph.inputs()[0]->type.to_string(), "float32[1,3,8,8]");
  EXPECT_EQ(graph.outputs()[0]->name(), "b");
  EXPECT_EQ(graph.nodes()[1]->domain(), "");
  EXPECT_EQ(elements<float>(graph, "bias"), (std::vector<float>{1, 2, 3}));
}

TEST(ReadOnnx, SortsNodes) {
  const Graph graph = ModelBuilder()
                          .input("x", {1})
                          .node("Relu", {"a"}, {"b"})
                          .node("Sigmoid", {"x"}, {"a"})
                          .output("b")
                          .read();
  verify(graph);
  EXPECT_EQ(graph.nodes()[0]->op_type(), "Sigmoid");
}

TEST(ReadOnnx, TreatsExtentsThatAreNotPositiveAsUnknown) {
  const Graph graph =
      ModelBuilder().input("x", {0, -1, 3}).node("Relu", {"x"}, {"y"}).output("y").read();
  EXPECT_EQ(graph.inputs()[0]->type.to_string(), "float32[?,?,3]");
}

TEST(ReadOnnx, IgnoresInitializersAmongTheInputs) {
  const Graph graph = ModelBuilder()
                          .input("x", {1})
                          .input("w", {1})
                          .floats("w", {5})
                          .node("Add", {"x", "w"}, {"y"})
                          .output("y")
                          .read();
  EXPECT_EQ(graph.inputs().size(), 1u);
  EXPECT_TRUE(graph.find("w")->is_constant());
}

TEST(ReadOnnx, KeepsOmittedInputsAndOutputs) {
  const Graph graph = ModelBuilder()
                          .input("x", {1, 1, 4})
                          .floats("hi", {6})
                          .node("Clip", {"x", "", "hi"}, {"", "y"})
                          .output("y")
                          .read();
  const Node& clip = *graph.nodes()[0];
  EXPECT_EQ(clip.input(1), nullptr);
  EXPECT_EQ(clip.output(0), nullptr);
  EXPECT_EQ(clip.output(1)->name(), "y");
}

TEST(ReadOnnx, BorrowsRawDataFromTheBytes) {
  const std::string bytes = with_constant(raw_tensor("w", kFloatCode, {2}, "abcdefgh")).bytes();
  const auto owner = std::make_shared<const std::string>(bytes);
  const Graph graph = read_onnx(std::as_bytes(std::span(*owner)), "test.onnx", {}, owner);
  const auto* elements = static_cast<const char*>(graph.find("w")->constant().raw());
  EXPECT_GE(elements, owner->data());
  EXPECT_LT(elements, owner->data() + owner->size());
}

TEST(ReadOnnx, ReadsTypedFields) {
  const auto packed = [](TensorField field, std::vector<std::int32_t> values) {
    return [=](auto& writer) {
      writer.add_packed_int32(number_of(field), values.begin(), values.end());
    };
  };
  const auto read = [](const std::string& tensor) { return with_constant(tensor).read(); };
  const Graph int8 = read(tensor_message("w", 3, {2}, packed(TensorField::kInt32Data, {-1, 7})));
  EXPECT_EQ(elements<std::int8_t>(int8, "w"), (std::vector<std::int8_t>{-1, 7}));
  const Graph flags = read(tensor_message("w", 9, {2}, packed(TensorField::kInt32Data, {2, 0})));
  EXPECT_EQ(elements<bool>(flags, "w"), (std::vector<bool>{true, false}));
  const Graph half = read(tensor_message("w", 10, {1}, packed(TensorField::kInt32Data, {0x3c00})));
  EXPECT_EQ(static_cast<float>(elements<Float16>(half, "w")[0]), 1.0f);
  const Graph brain = read(tensor_message("w", 16, {1}, packed(TensorField::kInt32Data, {0x4000})));
  EXPECT_EQ(static_cast<float>(elements<BFloat16>(brain, "w")[0]), 2.0f);
  const Graph wide = read(tensor_message("w", 7, {2}, packed(TensorField::kInt64Data, {-5, 6})));
  EXPECT_EQ(elements<std::int64_t>(wide, "w"), (std::vector<std::int64_t>{-5, 6}));
  const Graph natural = read(tensor_message("w", 13, {1}, packed(TensorField::kUint64Data, {9})));
  EXPECT_EQ(elements<std::uint64_t>(natural, "w"), (std::vector<std::uint64_t>{9u}));
}

TEST(ReadOnnx, ReadsFloatingPointFieldsInPiecesAndWhole) {
  const std::vector<float> whole = {1.5f, 2.5f};
  const Graph packed =
      with_constant(tensor_message("w", kFloatCode, {2}, [&](auto& writer) {
        writer.add_packed_float(number_of(TensorField::kFloatData), whole.begin(), whole.end());
      })).read();
  EXPECT_EQ(elements<float>(packed, "w"), (std::vector<float>{1.5f, 2.5f}));
  const Graph pieces = with_constant(tensor_message("w", 11, {2}, [](auto& writer) {
                         writer.add_double(number_of(TensorField::kDoubleData), 0.5);
                         writer.add_double(number_of(TensorField::kDoubleData), -4);
                       })).read();
  EXPECT_EQ(elements<double>(pieces, "w"), (std::vector<double>{0.5, -4}));
}

TEST(ReadOnnx, TurnsRawBoolsIntoValidOnes) {
  const Graph graph = with_constant(raw_tensor("w", 9, {2}, std::string("\x05\x00", 2))).read();
  EXPECT_EQ(elements<bool>(graph, "w"), (std::vector<bool>{true, false}));
}

TEST(ReadOnnx, TurnsConstantNodesIntoConstants) {
  const Graph graph =
      ModelBuilder()
          .node("Constant", {}, {"a"}, {float_attribute("value_float", 2)})
          .node("Constant", {}, {"b"}, {ints_attribute("value_ints", {3, 4})})
          .node("Constant", {}, {"c"}, {int_attribute("value_int", 5)})
          .node("Constant", {}, {"d"}, {floats_attribute("value_floats", {6})})
          .node("Constant", {}, {"e"},
                {message_attribute("value", AttributeField::kTensor, AttributeType::kTensor,
                                   raw_tensor("", 3, {1}, "\x07"))})
          .node("Concat", {"a", "b", "c", "d", "e"}, {"y"}, {int_attribute("axis", 0)})
          .output("y")
          .read();
  EXPECT_EQ(graph.node_count(), 1u);
  EXPECT_EQ(elements<float>(graph, "a"), (std::vector<float>{2}));
  EXPECT_TRUE(graph.find("a")->constant().shape().empty());
  EXPECT_EQ(elements<std::int64_t>(graph, "b"), (std::vector<std::int64_t>{3, 4}));
  EXPECT_EQ(elements<std::int64_t>(graph, "c"), (std::vector<std::int64_t>{5}));
  EXPECT_EQ(elements<float>(graph, "d"), (std::vector<float>{6}));
  EXPECT_EQ(elements<std::int8_t>(graph, "e"), (std::vector<std::int8_t>{7}));
}

TEST(ReadOnnx, KeepsUnknownOperatorsForInspection) {
  const Graph graph = ModelBuilder()
                          .input("x", {1})
                          .node("Oddity", {"x"}, {"y"}, {}, "com.microsoft")
                          .node("Frobnicate", {"y"}, {"z"})
                          .output("z")
                          .read();
  EXPECT_EQ(graph.nodes()[0]->domain(), "com.microsoft");
  EXPECT_NE(print_graph(graph).find("Frobnicate"), std::string::npos);
}

TEST(ReadOnnx, ReadsExternalData) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "weights.bin", std::ios::binary) << "????abcdefgh";
  const Graph graph =
      with_constant(external_tensor(
                        "w", {2}, {{"location", "weights.bin"}, {"offset", "4"}, {"length", "8"}}))
          .read(folder.path());
  EXPECT_EQ(std::memcmp(graph.find("w")->constant().raw(), "abcdefgh", 8), 0);
}

TEST(ReadOnnx, RefusesExternalDataOutsideTheFolder) {
  const TemporaryFolder folder;
  const auto inside = folder.path() / "model";
  std::filesystem::create_directory(inside);
  std::ofstream(folder.path() / "secret", std::ios::binary) << "abcdefgh";
  std::filesystem::create_symlink(folder.path() / "secret", inside / "link");
  const auto at = [](const std::string& location) {
    return with_constant(external_tensor("w", {2}, {{"location", location}}));
  };
  for (const std::string location : {"../secret", "/etc/passwd", "", "sub/../../secret"})
    EXPECT_TRUE(refuses(at(location), ErrorCode::kInvalidModel, {"'w'", "inside"}, inside));
  EXPECT_TRUE(refuses(at("link"), ErrorCode::kInvalidModel, {"'w'", "symbolic link"}, inside));
  EXPECT_TRUE(refuses(at("absent"), ErrorCode::kNotFound, {"'w'", "absent"}, inside));
}

TEST(ReadOnnx, RefusesExternalDataOutsideTheFile) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "data", std::ios::binary) << "abcdefgh";
  const auto range = [](const std::string& offset, const std::string& length) {
    return with_constant(
        external_tensor("w", {2}, {{"location", "data"}, {"offset", offset}, {"length", length}}));
  };
  const auto path = folder.path();
  EXPECT_TRUE(refuses(range("1", "8"), ErrorCode::kInvalidModel, {"'w'", "only 8"}, path));
  EXPECT_TRUE(
      refuses(range("18446744073709551615", "8"), ErrorCode::kInvalidModel, {"only"}, path));
  EXPECT_TRUE(refuses(range("0", "4"), ErrorCode::kInvalidModel, {"4 bytes", "needs 8"}, path));
  EXPECT_TRUE(refuses(range("-1", "8"), ErrorCode::kInvalidModel, {"'-1'"}, path));
}

TEST(ReadOnnx, RefusesDataThatDoesNotFitTheShape) {
  EXPECT_TRUE(refuses(with_constant(raw_tensor("w", kFloatCode, {3}, "abcdefgh")),
                      ErrorCode::kInvalidModel, {"'w'", "8 bytes", "needs 12"}));
  EXPECT_TRUE(refuses(with_constant(raw_tensor("w", kFloatCode, {-2}, "abcdefgh")),
                      ErrorCode::kInvalidModel, {"'w'", "negative"}));
  const std::int64_t huge = std::int64_t{1} << 40;
  EXPECT_TRUE(refuses(with_constant(raw_tensor("w", kFloatCode, {huge, huge}, "")),
                      ErrorCode::kInvalidModel, {"'w'", "overflows"}));
  EXPECT_TRUE(
      refuses(with_constant(raw_tensor("w", kFloatCode, std::vector<std::int64_t>(65, 1), "abcd")),
              ErrorCode::kInvalidModel, {"65 dimensions"}));
}

TEST(ReadOnnx, RefusesElementTypesWithoutDtype) {
  EXPECT_TRUE(refuses(with_constant(raw_tensor("w", 14, {1}, "")), ErrorCode::kUnsupported,
                      {"'w'", "complex64"}));
  EXPECT_TRUE(refuses(with_constant(raw_tensor("w", 8, {1}, "")), ErrorCode::kInvalidModel,
                      {"'w'", "0 strings", "needs 1"}));
  EXPECT_TRUE(
      refuses(with_constant(raw_tensor("w", 99, {1}, "")), ErrorCode::kUnsupported, {"'w'", "99"}));
  EXPECT_TRUE(
      refuses(ModelBuilder().input("x", {1}, 14), ErrorCode::kUnsupported, {"'x'", "complex64"}));
}

TEST(ReadOnnx, RefusesSparseTensorsAndWhatIsReserved) {
  const auto with_attribute = [](AttributeField field, AttributeType type) {
    return ModelBuilder().input("x", {1}).node("If", {"x"}, {"branch"},
                                               {message_attribute("body", field, type)});
  };
  EXPECT_TRUE(refuses(with_attribute(AttributeField::kGraphs, AttributeType::kGraphs),
                      ErrorCode::kUnsupported, {"'branch' (If)", "'body'", "several graphs"}));
  EXPECT_TRUE(refuses(with_attribute(AttributeField::kSparseTensor, AttributeType::kSparseTensor),
                      ErrorCode::kUnsupported, {"'branch' (If)", "sparse"}));
  EXPECT_TRUE(refuses(ModelBuilder().graph_field(GraphField::kSparseInitializer, ""),
                      ErrorCode::kUnsupported, {"sparse initializer"}));
  EXPECT_TRUE(refuses(ModelBuilder().input("x", {1}).node("Conv", {"x"}, {"y"}, {}, "headway"),
                      ErrorCode::kUnsupported, {"'y' (Conv)", "reserved"}));
}

TEST(ReadOnnx, RefusesGraphsThatAreNone) {
  const auto code = ErrorCode::kInvalidModel;
  EXPECT_TRUE(refuses(ModelBuilder().node("Relu", {"ghost"}, {"y"}).output("y"), code,
                      {"'y' (Relu)", "'ghost'"}));
  EXPECT_TRUE(refuses(ModelBuilder().input("x", {1}).output("ghost"), code, {"'ghost'"}));
  EXPECT_TRUE(
      refuses(ModelBuilder().input("x", {1}).node("Relu", {"x"}, {"y"}), code, {"no outputs"}));
  EXPECT_TRUE(refuses(ModelBuilder().input("x", {1}).input("x", {1}), code, {"'x'"}));
  EXPECT_TRUE(refuses(ModelBuilder().floats("w", {1}).floats("w", {1}), code, {"'w'"}));
  EXPECT_TRUE(
      refuses(ModelBuilder().input("x", {1}).node("Relu", {"x"}, {"y"}).node("Tanh", {"x"}, {"y"}),
              code, {"(Tanh)", "'y'"}));
  EXPECT_TRUE(
      refuses(ModelBuilder().node("Relu", {"b"}, {"a"}).node("Tanh", {"a"}, {"b"}).output("b"),
              code, {"depends on its own result"}));
  EXPECT_TRUE(refuses(ModelBuilder().input("x", {1}).node(
                          "Elu", {"x"}, {"y"}, {int_attribute("a", 1), int_attribute("a", 1)}),
                      code, {"'y' (Elu)", "'a'", "twice"}));
}

TEST(ReadOnnx, RefusesOpsetsItCannotMean) {
  EXPECT_TRUE(refuses(ModelBuilder(99).input("x", {1}).node("Newest", {"x"}, {"y"}).output("y"),
                      ErrorCode::kUnsupported, {"'y' (Newest)", "opset 99"}));
}

TEST(ReadOnnx, RefusesEveryTruncation) {
  const std::string bytes = with_constant(raw_tensor("w", kFloatCode, {2}, "abcdefgh")).bytes();
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_THROW(read_bytes(bytes.substr(0, length)), Error) << length;
}

TEST(ReadOnnx, NamesWhatTheFileIsInstead) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "model.onnx";
  std::ofstream(path, std::ios::binary) << "version https://git-lfs.github.com/spec/v1\n";
  try {
    read_onnx(path);
    FAIL() << "it was read";
  } catch (const Error& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("model.onnx"), std::string::npos) << what;
    EXPECT_NE(what.find("git lfs pull"), std::string::npos) << what;
  }
  EXPECT_THROW(read_onnx(folder.path() / "absent.onnx"), Error);
}

}  // namespace
}  // namespace headway::onnx
