#include "formats/torch_export/read.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "formats/torch_export/program_builder.h"
#include "ops/operator.h"

namespace headway::torch_export {
namespace {

/// `bytes` must outlive the graph.
Graph read(const std::string& bytes) {
  return read_torch_export(std::as_bytes(std::span(bytes)), "model.pt2");
}

/// For x of [1, 2].
Tensor result(const Graph& graph, std::initializer_list<float> x) {
  return run_reference(graph, std::vector{Tensor::from<float>({1, 2}, x)})[0];
}

void expect_error(const Archive& archive, ErrorCode code, const std::string& part) {
  try {
    read(archive.bytes());
    FAIL() << "no error with '" << part << "'";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("model.pt2"), std::string::npos) << error.what();
  }
}

Json& nodes(Archive& archive) {
  return archive.program["graph_module"]["graph"]["nodes"];
}

void expect_small_results(const std::string& bytes) {
  Graph graph = read(bytes);
  infer_types(graph);
  ASSERT_EQ(graph.inputs().size(), 1U);
  EXPECT_EQ(graph.inputs()[0]->name(), "x");
  EXPECT_EQ(graph.inputs()[0]->type.to_string(), "float32[s0,2]");
  ASSERT_EQ(graph.outputs().size(), 1U);
  EXPECT_EQ(graph.outputs()[0]->name(), "sum");
  EXPECT_EQ(graph.outputs()[0]->type.to_string(), "float32[s0,2]");
  const Tensor y = result(graph, {10, 100});
  EXPECT_EQ(y.data<float>()[0], 10 + 200 + 10);
  EXPECT_EQ(y.data<float>()[1], 30 + 400 + 100);
}

TEST(ReadTorchExport, ReadsAFolderWithEveryWeightAnEntry) {
  expect_small_results(Archive().bytes());
}

TEST(ReadTorchExport, ReadsAFlatArchiveWithPickledWeights) {
  const std::string weights =
      torch::archive_bytes({{"archive/data.pkl", torch::state_dict_pickle({{"w", {2, 2}}})},
                            {"archive/data/0", torch::bytes_of<float>({1, 2, 3, 4})},
                            {"archive/version", "3"}});
  Json program = small_program();
  program["schema_version"]["major"] = 7;
  expect_small_results(torch::archive_bytes({{"serialized_exported_program.json", program.dump()},
                                             {"serialized_state_dict.pt", weights},
                                             {"version", "7.3"}}));
}

TEST(ReadTorchExport, ReadsStridedWeights) {
  Archive archive;
  archive.weights["w"]["tensor_meta"] = tensor_meta({2, 2}, {1, 2});
  archive.more["m/data/weights/weight_0"] = torch::bytes_of<float>({1, 3, 2, 4});
  expect_small_results(archive.bytes());
}

TEST(ReadTorchExport, ArgumentsByNameAfterThoseLeftOut) {
  Archive archive;
  nodes(archive)[1]["inputs"].push_back({{"name", "alpha"}, {"arg", {{"as_int", 2}}}, {"kind", 2}});
  const std::string bytes = archive.bytes();
  const Graph graph = read(bytes);
  const Tensor y = result(graph, {10, 100});
  EXPECT_EQ(y.data<float>()[0], 10 + 200 + 20);
}

TEST(ReadTorchExport, InfinitiesAreTextsOrBareWords) {
  for (const std::string infinity : {"\"-Infinity\"", "-Infinity"}) {
    Archive archive;
    nodes(archive)[1]["inputs"][1]["arg"] = {{"as_float", "HERE"}};
    std::string text = archive.program.dump();
    text.replace(text.find("\"HERE\""), 6, infinity);
    archive.more["m/models/model.json"] = text;
    const std::string bytes = archive.bytes();
    const Graph graph = read(bytes);
    const Tensor y = result(graph, {10, 100});
    EXPECT_EQ(y.data<float>()[0], -std::numeric_limits<float>::infinity());
  }
}

TEST(ReadTorchExport, AssertionsComputeNothing) {
  Archive archive;
  nodes(archive).push_back(node("torch.ops.aten._assert_scalar.default",
                                {{"self", {{"as_bool", true}}}, {"msg", {{"as_string", "s"}}}},
                                "none"));
  expect_small_results(archive.bytes());
}

TEST(ReadTorchExport, ABranchBecomesIf) {
  Archive archive;
  const auto graph = [](const std::string& target) {
    const Json body = {{"inputs", {tensor_argument("a")}},
                       {"outputs", {tensor_argument("b")}},
                       {"nodes", {node(target, {{"self", tensor_argument("a")}}, "b")}}};
    return Json{{"as_graph", {{"name", "g"}, {"graph", body}}}};
  };
  nodes(archive) = {node("torch.ops.aten.any.default", {{"self", tensor_argument("x")}}, "any"),
                    node("torch.ops.higher_order.cond",
                         {{"", tensor_argument("any")},
                          {"", graph("torch.ops.aten.neg.default")},
                          {"", graph("torch.ops.aten.abs.default")},
                          {"", {{"as_tensors", {{{"name", "x"}}}}}}},
                         "add")};
  nodes(archive)[1]["outputs"] = {{{"as_tensors", {{{"name", "add"}}}}}};
  const std::string bytes = archive.bytes();
  const Graph read_graph = read(bytes);
  const Tensor y = result(read_graph, {-10, 100});
  EXPECT_EQ(y.data<float>()[0], 10);
  EXPECT_EQ(y.data<float>()[1], -100);
}

TEST(ReadTorchExport, NamesWhatItDoesNotKnowWithItsLine) {
  Archive archive;
  nodes(archive)[1]["target"] = "torch.ops.aten.nonsense.default";
  expect_error(archive, ErrorCode::kUnsupported, "torch.ops.aten.nonsense.default, net.py, line 7");
  nodes(archive)[1]["target"] = "torch.ops.mine.add.default";
  expect_error(archive, ErrorCode::kUnsupported, "torch.ops.mine.add.default");
  nodes(archive)[1]["target"] = "torch.ops.higher_order.scan";
  expect_error(archive, ErrorCode::kUnsupported, "torch.ops.higher_order.scan");
}

TEST(ReadTorchExport, RefusesUnknownVersions) {
  Archive archive;
  archive.program["schema_version"]["major"] = 9;
  expect_error(archive, ErrorCode::kUnsupported, "schema version 9");
  archive = {};
  archive.more["m/archive_version"] = "1";
  expect_error(archive, ErrorCode::kUnsupported, "archive version is \"1\"");
}

TEST(ReadTorchExport, RefusesChangedBuffers) {
  Archive archive;
  archive.program["graph_module"]["signature"]["output_specs"].push_back(
      {{"buffer_mutation", {{"arg", {{"name", "add"}}}, {"buffer_name", "count"}}}});
  expect_error(archive, ErrorCode::kUnsupported, "changes the buffer \"count\"");
  archive = {};
  nodes(archive)[0] =
      node("torch.ops.aten.add_.Tensor",
           {{"self", tensor_argument("p_w")}, {"other", tensor_argument("p_w")}}, "linear");
  expect_error(archive, ErrorCode::kUnsupported, "changes a tensor of the module");
}

TEST(ReadTorchExport, RefusesMalformedPrograms) {
  Archive archive;
  archive.more["m/models/model.json"] = "{\"graph_module\": ";
  expect_error(archive, ErrorCode::kInvalidModel, "is no JSON");
  archive.more["m/models/model.json"] = std::string(100'000, '[');
  expect_error(archive, ErrorCode::kInvalidModel, "nested too deeply");
  archive.more["m/models/model.json"] = "[]";
  expect_error(archive, ErrorCode::kInvalidModel, "malformed");
  archive = {};
  archive.program["graph_module"]["graph"].erase("nodes");
  expect_error(archive, ErrorCode::kInvalidModel, "'nodes'");
  archive = {};
  nodes(archive)[0]["inputs"][0]["arg"] = tensor_argument("add");  // A cycle.
  expect_error(archive, ErrorCode::kInvalidModel, "\"add\" is used before it has a value");
  archive = {};
  nodes(archive)[1]["inputs"][0]["arg"] = {{"as_custom_obj", {{"name", "o"}}}};
  expect_error(archive, ErrorCode::kUnsupported, "as_custom_obj");
  archive = {};
  archive.program["graph_module"]["graph"]["tensor_values"]["x"]["dtype"] = 10;
  expect_error(archive, ErrorCode::kUnsupported, "dtype with number 10");
}

TEST(ReadTorchExport, RefusesBadWeights) {
  Archive archive;
  archive.weights.erase("w");
  expect_error(archive, ErrorCode::kInvalidModel, "no tensor \"w\"");
  archive = {};
  archive.weights["w"]["path_name"] = "weight_1";
  expect_error(archive, ErrorCode::kInvalidModel, "weight_1");
  archive = {};
  archive.weights["w"]["tensor_meta"] = tensor_meta({2, 2}, {2, 1}, 1);
  expect_error(archive, ErrorCode::kInvalidModel, "reaches to element 5 of 4");
  archive.weights["w"]["tensor_meta"] = tensor_meta({2, -2}, {2, 1});
  expect_error(archive, ErrorCode::kInvalidModel, "below zero");
  archive.weights["w"]["tensor_meta"] = tensor_meta({2, 2}, {2, 1}, 0, 99);
  expect_error(archive, ErrorCode::kUnsupported, "dtype with number 99");
}

TEST(ReadTorchExport, RefusesGraphsNestedTooDeeply) {
  Archive archive;
  Json graph = {{"inputs", Json::array()}, {"outputs", Json::array()}, {"nodes", Json::array()}};
  for (int i = 0; i < 40; ++i) {
    Json wrap = node("torch.ops.higher_order.wrap",
                     {{"", {{"as_graph", {{"name", "g"}, {"graph", graph}}}}}}, "none");
    wrap["outputs"] = Json::array();
    graph["nodes"] = Json::array({std::move(wrap)});
  }
  nodes(archive).push_back(graph["nodes"][0]);
  expect_error(archive, ErrorCode::kInvalidModel, "nested too deeply");
}

}  // namespace
}  // namespace headway::torch_export
