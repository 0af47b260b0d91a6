#include "formats/torchscript/write.h"

#include <gtest/gtest.h>

#include "headway/error.h"

#include "base/mapped_file.h"
#include "base/temporary_folder.h"
#include "base/zip.h"
#include "graph/text.h"

namespace headway {
namespace {

struct Archive {
  std::string code, pickle;
  std::vector<ZipEntry> entries;
};

Archive write(const Graph& graph) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "model.pt";
  write_torchscript(graph, path);
  const ZipReader zip(MappedFile::open(path));
  return {zip.read(zip.at("model/code/__torch__.py")),
          zip.read(zip.at("model/data.pkl")),
          {zip.entries().begin(), zip.entries().end()}};
}

std::string code_of(std::string_view text) {
  return write(parse_graph(text)).code;
}

testing::AssertionResult contains(const std::string& code, const std::string& part) {
  if (code.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "'" << part << "' is not in:\n" << code;
}

constexpr std::string_view kResidual = R"(
graph residual (%x: float32[N,2,4,4]) -> (%y) {
  %w: float32[2,2,1,1] = constant {1, 2, 3, 4}
  %conv.1 = Conv(%x, %w)
  %sum = Add(%conv.1, %x)
  %y = Relu(%sum)
}
)";

TEST(WriteTorchScript, WritesTheEntriesThatLibtorchLooksFor) {
  const Archive archive = write(parse_graph(kResidual));
  std::vector<std::string> names;
  for (const ZipEntry& entry : archive.entries) {
    names.push_back(entry.name);
    EXPECT_EQ(entry.offset % 64, 0u) << entry.name;
    EXPECT_FALSE(entry.deflated) << entry.name;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"model/data.pkl", "model/data/0",
                                             "model/code/__torch__.py", "model/constants.pkl",
                                             "model/version", "model/extra/headway.interface"}));
  EXPECT_TRUE(
      archive.pickle.starts_with("\x80\x02"
                                 "c__torch__\nModel\n)\x81}("));
  EXPECT_TRUE(contains(archive.pickle, "FloatStorage"));
  EXPECT_TRUE(contains(archive.pickle, "training"));
}

TEST(WriteTorchScript, OverwritesWhatNobodyElseSees) {
  const std::string code = code_of(kResidual);
  EXPECT_TRUE(contains(code, "__parameters__ = [\"w\", ]"));
  EXPECT_TRUE(contains(code, "conv_1 = torch.conv2d(x, self.w, None, [1, 1], [0, 0], [1, 1], 1)"));
  EXPECT_TRUE(contains(code, "sum = torch.add_(conv_1, x)"));
  EXPECT_TRUE(contains(code, "y = torch.relu_(sum)"));
}

TEST(WriteTorchScript, OverwritesNeitherInputsNorSharedValues) {
  EXPECT_TRUE(
      contains(code_of("graph g (%x: float32[2]) -> (%y) { %y = Relu(%x) }"), "torch.relu(x)"));
  const std::string shared =
      code_of("graph g (%x: float32[2]) -> (%y) { %a = Exp(%x) %b = Relu(%a) %y = Add(%a, %b) }");
  EXPECT_TRUE(contains(shared, "b = torch.relu(a)"));
  EXPECT_TRUE(contains(shared, "y = torch.add(a, b)"));
  const std::string view =
      code_of("graph g (%x: float32[1,2]) -> (%y) { %a = Flatten(%x) %y = Relu(%a) }");
  EXPECT_TRUE(contains(view, "y = torch.relu(a)"));
  const std::string output =
      code_of("graph g (%x: float32[2]) -> (%a, %y) { %a = Exp(%x) %y = Relu(%a) }");
  EXPECT_TRUE(contains(output, "y = torch.relu(a)"));
  EXPECT_TRUE(contains(output, "return (a, y)"));
  EXPECT_TRUE(contains(output, "-> Tuple[Tensor, Tensor]"));
}

TEST(WriteTorchScript, DoesNotOverwriteASmallerOperand) {
  EXPECT_TRUE(contains(code_of("graph g (%x: float32[2], %z: float32[3,2]) -> (%y) {"
                               " %a = Exp(%x) %y = Add(%a, %z) }"),
                       "y = torch.add(a, z)"));
}

TEST(WriteTorchScript, FindsWhatPyTorchHasAsOneOperator) {
  EXPECT_TRUE(contains(code_of("graph g (%x: float32[2]) -> (%y) {"
                               " %a = Exp(%x) %s = Sigmoid(%a) %y = Mul(%a, %s) }"),
                       "y = torch.silu_(a)"));
  EXPECT_TRUE(
      contains(code_of("graph g (%x: float32[2]) -> (%y) {"
                       " %r: float32[] = constant {1.4142135} %one: float32[] = constant {1}"
                       " %half: float32[] = constant {0.5} %d = Div(%x, %r) %e = Erf(%d)"
                       " %a = Add(%e, %one) %m = Mul(%x, %a) %y = Mul(%m, %half) }"),
               "y = torch.gelu(x)"));
  const std::string linear = code_of(
      "graph g (%x: float32[N,2]) -> (%y) { %w: float32[2,1] = constant {1, 2}"
      " %b: float32[1] = constant {3} %m = MatMul(%x, %w) %y = Add(%m, %b) }");
  EXPECT_TRUE(contains(linear, "y = torch.linear(x, self.w, self.b)"));
}

TEST(WriteTorchScript, NestsModulesAsTheNamesSay) {
  const Archive archive = write(parse_graph(R"(
graph g (%x: float32[N,2]) -> (%y) {
  %layer.0.weight: float32[2,2] = constant {1, 2, 3, 4}
  %layer.1.weight: float32[2,2] = constant {1, 2, 3, 4}
  %layer.1.running_mean: float32[2] = constant {5, 6}
  %a = Gemm(%x, %layer.0.weight) {transB = 1}
  %b = Gemm(%a, %layer.1.weight) {transB = 1}
  %y = Add(%b, %layer.1.running_mean)
}
)"));
  EXPECT_TRUE(contains(archive.code, "getattr(self.layer, \"0\").weight"));
  EXPECT_TRUE(contains(archive.code, "getattr(self.layer, \"1\").running_mean"));
  EXPECT_TRUE(contains(archive.code, "__buffers__ = [\"running_mean\", ]"));
  EXPECT_TRUE(contains(archive.code, "__annotations__[\"0\"] = __torch__.Module0\n"));
  EXPECT_TRUE(contains(archive.code, "layer : __torch__.Module2\n"));
}

TEST(WriteTorchScript, ModulesWithTheSameMembersShareAClass) {
  const std::string code = code_of(R"(
graph g (%x: float32[N,2]) -> (%y) {
  %a.weight: float32[2,2] = constant {1, 2, 3, 4}
  %b.weight: float32[2,2] = constant {5, 6, 7, 8}
  %z = Gemm(%x, %a.weight) {transB = 1}
  %y = Gemm(%z, %b.weight) {transB = 1}
}
)");
  EXPECT_TRUE(contains(code, "a : __torch__.Module0\n  b : __torch__.Module0\n"));
}

TEST(WriteTorchScript, ATensorCannotBeAModuleToo) {
  const std::string code = code_of(R"(
graph g (%x: float32[N,2]) -> (%y) {
  %a: float32[2] = constant {1, 2}
  %a.b: float32[2] = constant {5, 6}
  %z = Add(%x, %a)
  %y = Mul(%z, %a.b)
}
)");
  EXPECT_TRUE(contains(code, "self.a_b"));
}

TEST(WriteTorchScript, PicksByIndicesOfAnyRank) {
  const std::string code = code_of(R"(
graph g (%x: float32[N,4,2]) -> (%y) {
  %i: int64[2,2] = constant {0, 1, 2, 3}
  %y = Gather(%x, %i) {axis = 1}
}
)");
  EXPECT_TRUE(contains(code, "t = torch.index_select(x, 1, torch.reshape(self.i, [-1]))"));
  EXPECT_TRUE(contains(code, "torch.unflatten(t, 1, [torch.size(self.i, 0)"));
}

TEST(WriteTorchScript, NamesFunctionsAsATenDoes) {
  const std::string code = code_of(R"(
graph g (%x: float32[2,2], %i: int64[2,2]) -> (%t, %a, %b, %s, %l) {
  %t = Trilu(%x) {upper = 0}
  %a = ThresholdedRelu(%x) {alpha = 0.5}
  %b = BitwiseAnd(%i, %i)
  %s = ScatterElements(%x, %i, %x) {axis = 1}
  %l = ReduceLogSum(%x) {axes = [1]}
}
)");
  EXPECT_TRUE(contains(code, "t = torch.tril(x, 0)"));
  EXPECT_TRUE(contains(code, "a = torch.threshold(x, 0.5, 0)"));
  EXPECT_TRUE(contains(code, "b = torch.bitwise_and(i, i)"));
  EXPECT_TRUE(contains(code, "s = torch.scatter(x, 1, i, x)"));
  EXPECT_TRUE(contains(code, "l = torch.log(torch.sum(x, [1], True))"));
}

TEST(WriteTorchScript, KeepsExtentsSymbolic) {
  const std::string code = code_of(R"(
graph g (%x: float32[N,2,3]) -> (%y) {
  %zero: int64[] = constant {0}
  %axes: int64[1] = constant {0}
  %rest: int64[1] = constant {-1}
  %shape = Shape(%x)
  %batch = Gather(%shape, %zero) {axis = 0}
  %first = Unsqueeze(%batch, %axes)
  %target = Concat(%first, %rest) {axis = 0}
  %y = Reshape(%x, %target)
}
)");
  EXPECT_TRUE(contains(code, "y = torch.reshape(x, [torch.size(x, 0), -1])"));
}

TEST(WriteTorchScript, PadsUnevenlyBeforeTheWindow) {
  const std::string code = code_of(R"(
graph g (%x: float32[1,1,4,4]) -> (%y) {
  %y = MaxPool(%x) {kernel_shape = [2, 2], pads = [0, 0, 1, 1]}
}
)");
  EXPECT_TRUE(contains(code, "t = torch.constant_pad_nd(x, [0, 1, 0, 1], -inf)"));
  EXPECT_TRUE(contains(code, "torch.max_pool2d(t, [2, 2], [1, 1], [0, 0], [1, 1], False)"));
}

TEST(WriteTorchScript, ComputesPaddingFromConstants) {
  const std::string code = code_of(R"(
graph g (%x: float32[1,1,4,4]) -> (%y) {
  %a: int64[4] = constant {0, 0, 1, 1}
  %b: int64[4] = constant {0, 0, 0, 2}
  %pads = Concat(%a, %b) {axis = 0}
  %y = Pad(%x, %pads)
}
)");
  EXPECT_TRUE(contains(code, "y = torch.constant_pad_nd(x, [1, 2, 1, 0, 0, 0, 0, 0], 0.)"));
}

TEST(WriteTorchScript, NamesNodesThatPyTorchCannotExpress) {
  const TemporaryFolder folder;
  const Graph graph = parse_graph(
      "graph g (%x: float32[1,4,2,2]) -> (%y) {"
      " %y = DepthToSpace(%x) {blocksize = 2, mode = \"DCR\"} \"unshuffle\" }");
  try {
    write_torchscript(graph, folder.path() / "model.pt");
    FAIL() << "it was written";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_TRUE(contains(error.what(), "'unshuffle' (DepthToSpace)"));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace headway
