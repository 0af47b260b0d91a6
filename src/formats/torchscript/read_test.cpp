#include "formats/torchscript/read.h"

#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_error.h"
#include "formats/torch/archive_builder.h"
#include "formats/torchscript/write.h"
#include "graph/text.h"
#include "ops/operator.h"

namespace headway {
namespace {

using torchscript::PickleWriter;

/// A module of class Net whose attribute "w" is float32[2,3]: 1 to 6, with forward's code.
class ReadTorchScript : public testing::Test {
 protected:
  std::string archive(const std::string& body, const std::string& arguments = "x: Tensor",
                      const std::string& rest = "") const {
    const std::string code = "class Net(Module):\n  __parameters__ = [\"w\", ]\n  w : Tensor\n" +
                             ("  def forward(self: __torch__.Net,\n    " + arguments) +
                             ") -> Tensor:\n" + body + rest;
    PickleWriter module;
    module.global("__torch__", "Net");
    module.empty_tuple();
    module.new_object();
    module.empty_dict();
    module.mark();
    module.string("w");
    module.tensor(DType::kFloat32, {2, 3}, "0");
    module.string("training");
    module.boolean(false);
    module.set_items();
    module.build();
    return torch::archive_bytes(
        {{"net/data.pkl", std::move(module).finish()},
         {"net/data/0", torch::bytes_of(std::vector<float>{1, 2, 3, 4, 5, 6})},
         {"net/code/__torch__.py", code},
         {"net/constants.pkl", std::string("\x80\x02).", 4)},
         {"net/version", "3\n"}});
  }

  Graph read(const std::string& body, const std::vector<script::InputShape>& shapes = {},
             const std::string& arguments = "x: Tensor", const std::string& rest = "") const {
    Graph graph = read_torchscript(folder_.write("net.pt", archive(body, arguments, rest)), shapes);
    infer_types(graph);
    return graph;
  }

  static std::vector<float> run(const Graph& graph, const std::vector<Tensor>& inputs) {
    const Tensor output = run_reference(graph, inputs).at(0).to(DType::kFloat32);
    return {output.values<float>().begin(), output.values<float>().end()};
  }

  std::vector<float> run(const std::string& body, const Tensor& x) const {
    return run(read(body, {{"", x.shape()}}), {x});
  }

  bool refused(const std::string& body, std::string_view part,
               ErrorCode code = ErrorCode::kUnsupported) const {
    const std::string message = error_message(code, [&] { read(body, {{"", {1, 3}}}); });
    return message.find(part) != std::string::npos && message.find("net.pt") != std::string::npos;
  }

  const TestFolder folder_;
  const Tensor x_ = Tensor::from<float>({1, 3}, {1, -1, 2});
};

TEST_F(ReadTorchScript, KeepsWhatIsDoneWithTensors) {
  const Graph graph = read("    w = self.w\n    return torch.relu(torch.linear(x, w, None))\n");
  EXPECT_EQ(graph.inputs()[0]->type.to_string(), "float32[N,3]");
  EXPECT_EQ(graph.outputs()[0]->name(), "output");
  EXPECT_EQ(graph.outputs()[0]->type.to_string(), "float32[N,2]");
  EXPECT_NE(graph.find("w"), nullptr);
  EXPECT_EQ(run(graph, {x_}), (std::vector<float>{5, 11}));
  EXPECT_EQ(run(graph, {Tensor::from<float>({2, 3}, {1, 0, 0, -1, 0, 0})}),
            (std::vector<float>{1, 4, 0, 0}));
}

TEST_F(ReadTorchScript, NodesHaveNamesOfTheirOwn) {
  const Graph graph =
      read("    return torch.relu(torch.neg(torch.relu(torch.neg(x))))\n", {{"", {1, 3}}});
  std::set<std::string> names;
  for (const Node* node : graph.nodes()) names.insert(node->name());
  EXPECT_EQ(names.size(), 4U);
  EXPECT_TRUE(names.contains("/Relu_1"));
}

TEST_F(ReadTorchScript, EvaluatesEverythingElse) {
  EXPECT_EQ(run(R"(    n = torch.size(x, 1)
    total = 0
    for i in range(n):
      if torch.eq(torch.remainder(i, 2), 0):
        total = torch.add(total, i)
      else:
        pass
    items = annotate(List[int], [])
    _0 = torch.append(items, total)
    scale = {"a": items[0], "b": 5}
    a, b, = scale["a"], torch.floordiv(-7, 2)
    if torch.__is__(None, None):
      y = torch.mul(x, a)
    else:
      ops.prim.RaiseException("never")
    return torch.add(y, b)
)",
                x_),
            (std::vector<float>{-2, -6, 0}));
}

TEST_F(ReadTorchScript, CallsFunctionsMethodsAndClasses) {
  const std::string rest = R"(  def helper(self: __torch__.Net,
    x: Tensor,
    scale: float=2.) -> Tensor:
    return torch.mul(x, scale)
class Pair(NamedTuple):
  first : Tensor
  second : Tensor
def double(x: Tensor) -> Tensor:
  return torch.add(x, x)
)";
  const Graph graph = read(R"(    f = __torch__.double
    return __torch__.Pair((self).helper(f(x, ), scale=3., ), x)
)",
                           {{"x", {1, 3}}}, "x: Tensor", rest);
  ASSERT_EQ(graph.outputs().size(), 2U);
  EXPECT_EQ(graph.outputs()[0]->name(), "first");
  EXPECT_EQ(run(graph, {x_}), (std::vector<float>{6, -6, 12}));
}

TEST_F(ReadTorchScript, OutputsAreNamedByWhereTheyAre) {
  const Graph graph = read(R"(    d = annotate(Dict[str, Tensor], dict())
    _0 = torch._set_item(d, "out", torch.neg(x))
    _1 = torch._set_item(d, "aux", x)
    return (d, [torch.relu(x)], None)
)",
                           {{"", {1, 3}}});
  std::vector<std::string> names;
  for (const Value* output : graph.outputs()) names.push_back(output->name());
  EXPECT_EQ(names, (std::vector<std::string>{"0.out", "0.aux", "1.0"}));
  EXPECT_EQ(run(graph, {x_}), (std::vector<float>{-1, 1, -2}));
}

TEST_F(ReadTorchScript, WritesAreSeenThroughViews) {
  // To a slice of a copy, to a view's base, and to the input.
  EXPECT_EQ(run("    y = torch.clone(x)\n    _0 = torch.zero_(torch.slice(y, 1, 1, 2))\n"
                "    return y\n",
                x_),
            (std::vector<float>{1, 0, 2}));
  EXPECT_EQ(run("    v = torch.select(torch.view(x, [3, 1]), 0, 2)\n    _0 = torch.add_(x, 1)\n"
                "    return v\n",
                x_),
            (std::vector<float>{3}));
  EXPECT_EQ(run("    y = torch.transpose(torch.relu_(x), 0, 1)\n    _0 = torch.mul_(y, 2)\n"
                "    return torch.add(x, 0)\n",
                x_),
            (std::vector<float>{2, 0, 4}));
  EXPECT_EQ(run("    y = torch.squeeze(torch.unsqueeze(x, 0), 0)\n"
                "    _0 = torch.fill_(torch.permute(y, [1, 0]), 7)\n    return x\n",
                x_),
            (std::vector<float>{7, 7, 7}));
  EXPECT_EQ(
      run("    a, b, c, = torch.split(x, 1, 1)\n    _0 = torch.copy_(b, a)\n    return x\n", x_),
      (std::vector<float>{1, 1, 2}));
}

TEST_F(ReadTorchScript, RefusesWhatDependsOnWhetherMemoryIsShared) {
  EXPECT_TRUE(refused("    y = torch.reshape(x, [3])\n    _0 = torch.relu_(y)\n    return x\n",
                      "a tensor is read after a write"));
  EXPECT_TRUE(refused("    y = torch.contiguous(x)\n    _0 = torch.relu_(x)\n    return y\n",
                      "may be a view"));
  EXPECT_TRUE(refused("    w = self.w\n    _0 = torch.relu_(w)\n    return x\n",
                      "changes a tensor of the module"));
}

TEST_F(ReadTorchScript, TheBatchStaysSymbolic) {
  const Graph graph = read(
      "    n = torch.size(x, 0)\n    y = torch.reshape(x, [n, 1, -1])\n"
      "    return torch.expand(y, [-1, 2, -1])\n",
      {{"", {1, 3}}});
  EXPECT_EQ(graph.inputs()[0]->type.to_string(), "float32[N,3]");
  EXPECT_EQ(run(graph, {Tensor::from<float>({2, 3}, {1, 2, 3, 4, 5, 6})}),
            (std::vector<float>{1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6}));
}

TEST_F(ReadTorchScript, ABatchThatDecidesIsFixed) {
  const Graph graph = read(
      "    if torch.gt(torch.size(x, 0), 1):\n      y = x\n    else:\n      y = torch.neg(x)\n"
      "    return torch.relu(y)\n",
      {{"", {1, 3}}});
  EXPECT_EQ(graph.inputs()[0]->type.to_string(), "float32[1,3]");
  EXPECT_EQ(run(graph, {x_}), (std::vector<float>{0, 1, 0}));
}

TEST_F(ReadTorchScript, ChecksTellExtents) {
  const Graph graph = read(
      "    n, c, = torch.size(x)\n    if torch.eq(c, 3):\n      pass\n    else:\n"
      "      ops.prim.RaiseException(\"no\")\n    return torch.relu(x)\n");
  EXPECT_EQ(graph.inputs()[0]->type.to_string(), "float32[N,3]");
}

TEST_F(ReadTorchScript, EmbeddingsTakeIntegers) {
  const Graph graph = read("    w = self.w\n    return torch.embedding(w, x)\n");
  EXPECT_EQ(graph.inputs()[0]->type.to_string(), "int64[N,x_1]");
  EXPECT_EQ(run(graph, {Tensor::from<std::int64_t>({1, 1}, {1})}), (std::vector<float>{4, 5, 6}));
}

TEST_F(ReadTorchScript, AsksForShapes) {
  const std::string message = error_message(
      ErrorCode::kUnsupported, [&] { read("    return torch.adaptive_avg_pool2d(x, [1, 1])\n"); });
  EXPECT_NE(message.find("code/__torch__.py, line 6"), std::string::npos) << message;
  EXPECT_NE(message.find("--shape"), std::string::npos);
  error_message(ErrorCode::kInvalidArgument, [&] {
    read("    return torch.relu(x)\n", {{"y", {1}}});
  });
}

TEST_F(ReadTorchScript, NamesWhatItDoesNotKnow) {
  EXPECT_TRUE(refused("    return torch.fft_fft(x)\n", "line 6: the operator torch.fft_fft"));
  EXPECT_TRUE(refused("    return torch.relu(x, 1)\n", "torch.relu"));
  EXPECT_TRUE(
      refused("    return torch.batch_norm(x, None, None, x, x, True, 0.1, 0.1)\n", "eval()"));
  EXPECT_TRUE(
      refused("    return torch.add(x, y)\n", "\"y\" has no value", ErrorCode::kInvalidModel));
  EXPECT_TRUE(refused("    return (self).other(x, )\n", "no attribute", ErrorCode::kInvalidModel));
  EXPECT_TRUE(refused("    return __torch__.os.system(x, )\n", "does not define",
                      ErrorCode::kInvalidModel));
  EXPECT_TRUE(refused("    return 1\n", "returns no tensor"));
}

TEST_F(ReadTorchScript, BranchesOnDataBecomeIf) {
  const Graph graph = read(
      "    n = 1\n    if bool(torch.gt(torch.sum(x), 0)):\n      y = torch.mul(x, 2)\n      n = 3\n"
      "      _0 = torch.add_(y, 1)\n    else:\n      y = torch.neg(x)\n    return torch.mul(y, "
      "n)\n",
      {{"", {1, 3}}});
  EXPECT_EQ(run(graph, {x_}), (std::vector<float>{9, -3, 15}));
  EXPECT_EQ(run(graph, {Tensor::from<float>({1, 3}, {-1, -2, 1})}), (std::vector<float>{1, 2, -1}));
}

TEST_F(ReadTorchScript, LoopsOfUnknownLengthBecomeLoop) {
  const std::string body =
      "    n = torch.size(torch.nonzero(torch.gt(x, 0)), 0)\n    total = torch.zeros_like(x)\n"
      "    y = x\n    rows = annotate(List[Tensor], [])\n    for i in range(n):\n"
      "      y = torch.mul(y, 2)\n      _0 = torch.add_(total, y)\n"
      "      _1 = torch.append(rows, torch.mul(x, i))\n"
      "    return torch.add(torch.add(total, y), torch.sum(torch.stack(rows, 0)))\n";
  const Graph graph = read(body, {{"", {1, 3}}});
  // Two trips: y = 4x, total = 2x + 4x, rows of 0 and x.
  EXPECT_EQ(run(graph, {x_}), (std::vector<float>{12, -8, 22}));
  EXPECT_EQ(run(graph, {Tensor::from<float>({1, 3}, {-1, -1, -2})}),
            (std::vector<float>{-1, -1, -2}));
}

TEST_F(ReadTorchScript, LoopsWhileDataSaysSoBecomeLoop) {
  const Graph graph = read(
      "    i = 0\n    while bool(torch.gt(torch.sum(x), 1)):\n      x = torch.mul(x, 0.5)\n"
      "      i = torch.add(i, 1)\n    return torch.add(x, i)\n",
      {{"", {1, 3}}});
  EXPECT_EQ(run(graph, {x_}), (std::vector<float>{1.5F, 0.5F, 2}));
}

TEST_F(ReadTorchScript, RefusesWhatBranchesOnDataCannotDo) {
  const std::string condition = "    if bool(torch.gt(torch.sum(x), 0)):\n";
  EXPECT_TRUE(refused("    l = [x]\n" + condition +
                          "      _0 = torch.append(l, x)\n    else:\n      pass\n    return l[0]\n",
                      "the length of a list"));
  EXPECT_TRUE(
      refused("    d = {\"a\": x}\n" + condition +
                  "      torch._set_item(d, \"b\", x)\n    else:\n      pass\n    return x\n",
              "changes a dict"));
  EXPECT_TRUE(refused(condition + "      y = x\n    else:\n      y = None\n    return y\n",
                      "is one of two different things"));
  EXPECT_TRUE(refused(condition + "      y = x\n    else:\n      y = torch.neg(x)\n"
                                  "    _0 = torch.add_(y, 1)\n    return y\n",
                      "a branch or loop chose"));
}

/// What a branch makes of several variables, and lists.
TEST_F(ReadTorchScript, BranchesKeepWhoSharesMemory) {
  const std::string condition = "    if bool(torch.gt(torch.sum(x), 0)):\n";
  EXPECT_EQ(
      run(condition + "      y = torch.neg(x)\n      z = y\n    else:\n      y = torch.mul(x, 2)\n"
                      "      z = y\n    _0 = torch.add_(y, 1)\n    return z\n",
          x_),
      (std::vector<float>{0, 2, -1}));
  EXPECT_TRUE(refused("    z = torch.neg(x)\n" + condition +
                          "      y = z\n    else:\n      y = x\n    _0 = torch.add_(z, 1)\n"
                          "    return y\n",
                      "read after a write"));
  EXPECT_TRUE(refused(condition +
                          "      y = torch.neg(x)\n      z = y\n    else:\n      y = torch.neg(x)\n"
                          "      z = torch.mul(x, 2)\n    _0 = torch.add_(y, 1)\n    return z\n",
                      "a branch or loop chose"));
  EXPECT_TRUE(refused("    l = annotate(List[Tensor], [])\n" + condition +
                          "      pass\n    else:\n      _0 = torch.append(l, x)\n"
                          "    return torch.stack(l)\n",
                      "the length of a list"));
}

/// As decoding no boxes at all does: [0, 2] one way, [K, 2, 1] the other.
TEST_F(ReadTorchScript, NoElementsMayHaveAnyNumberOfDimensions) {
  const Graph graph = read(
      "    z = torch.nonzero(torch.gt(x, 0))\n    n = torch.size(z, 0)\n"
      "    if torch.gt(n, 0):\n      y = torch.reshape(z, [n, -1, 1])\n    else:\n      y = z\n"
      "    return torch.add(torch.sum(torch.transpose(y, 1, 2)), x)\n",
      {{"", {1, 3}}});
  EXPECT_EQ(run(graph, {x_}), (std::vector<float>{3, 1, 4}));
  EXPECT_EQ(run(graph, {Tensor::from<float>({1, 3}, {-1, -2, -3})}),
            (std::vector<float>{-1, -2, -3}));
}

TEST_F(ReadTorchScript, NumbersStandForTensorsInTracedPrograms) {
  EXPECT_EQ(run("    n = ops.prim.NumToTensor(torch.size(x, 1))\n    m = torch.add(n, 1)\n"
                "    k = torch.add_(m, n)\n    _0 = torch.to(torch.detach(k), 6)\n"
                "    return torch.mul(x, _0)\n",
                x_),
            (std::vector<float>{7, -7, 14}));
}

TEST_F(ReadTorchScript, KnowsTypesAndPairs) {
  EXPECT_EQ(
      run("    d = torch.dict([(\"a\", x), (str(1), torch.neg(x)), (\"a\", torch.mul(x, 2))])\n"
          "    if isinstance([x], (list, tuple)):\n      y = d[\"a\"]\n    else:\n      y = x\n"
          "    if isinstance(y, Tensor):\n      z = torch.add(y, d[\"1\"])\n    else:\n"
          "      z = y\n    return torch.mul(z, torch.len(d))\n",
          x_),
      (std::vector<float>{2, -2, 4}));
}

TEST_F(ReadTorchScript, ScattersTheFirstOfTheSource) {
  EXPECT_EQ(run("    i = torch.slice(torch.nonzero(torch.gt(x, 0)), 1, 1, 2)\n"
                "    _0 = torch.reshape(i, [1, -1])\n"
                "    return torch.scatter(torch.zeros([1, 3]), 1, _0, torch.mul(x, 3))\n",
                x_),
            (std::vector<float>{3, 0, -3}));
}

TEST_F(ReadTorchScript, LoopsOverListsOfUnknownLengthAreRefused) {
  EXPECT_TRUE(refused(
      "    l = annotate(List[Tensor], [])\n"
      "    for i in range(torch.size(torch.nonzero(x), 0)):\n      _0 = torch.append(l, x)\n"
      "    y = x\n    for z in l:\n      y = z\n    return y\n",
      "a loop over a list whose length"));
}

TEST_F(ReadTorchScript, ObjectsAreMadeInTwoSteps) {
  const std::string rest = R"(class Box(Module):
  __parameters__ = []
  kept : Tensor
  def __init__(self: __torch__.Box,
    x: Tensor) -> NoneType:
    self.kept = torch.neg(x)
    return None
)";
  const Graph graph = read(
      "    _0 = __torch__.Box.__new__(__torch__.Box)\n    _1 = (_0).__init__(x, )\n"
      "    return _0.kept\n",
      {{"", {1, 3}}}, "x: Tensor", rest);
  EXPECT_EQ(run(graph, {x_}), (std::vector<float>{-1, 1, -2}));
}

TEST_F(ReadTorchScript, KeepsTheBestOfOverlappingBoxes) {
  EXPECT_EQ(
      run("    boxes = torch.tensor([[0., 0., 1., 1.], [0., 0., 1., 0.9], [2., 2., 3., 3.]])\n"
          "    return ops.torchvision.nms(boxes, torch.select(x, 0, 0), 0.5)\n",
          x_),
      (std::vector<float>{2, 0}));
}

TEST_F(ReadTorchScript, AlignsRegions) {
  const auto region = [&](const std::string& aligned) {
    return run(
        "    image = torch.reshape(torch.arange(16, dtype=6), [1, 1, 4, 4])\n"
        "    rois = torch.tensor([[0., 0., 0., 2., 2.]])\n    _0 = torch.mul(image, "
        "torch.select(torch.select(x, 0, 0), 0, 0))\n"
        "    return ops.torchvision.roi_align(_0, rois, 1., 1, 1, 2, " +
            aligned + ")\n",
        x_);
  };
  EXPECT_EQ(region("False"), (std::vector<float>{5}));
  EXPECT_EQ(region("True"), (std::vector<float>{2.5}));
}

/// One step of one unit: the order of the gates shows.
TEST_F(ReadTorchScript, RecurrentNetworksOrderTheirGates) {
  const std::string state = "    h = torch.zeros([1, 1, 1])\n    one = torch.ones([1, 1, 1])\n";
  const auto sigmoid = [](float x) { return 1 / (1 + std::exp(-x)); };
  const float cell = sigmoid(0) * std::tanh(1.F);
  EXPECT_NEAR(run(state + "    w = torch.tensor([[0.], [5.], [1.], [-1.]])\n    y, h1, c1, = "
                          "torch.lstm(torch.add(h, torch.select(torch.select(x, 0, 0), 0, 0)), [h, "
                          "h], [w, torch.zeros([4, 1])], False, "
                          "1, 0., False, False, False)\n    return y\n",
                  x_)[0],
              sigmoid(-1) * std::tanh(cell), 1e-6F);
  EXPECT_NEAR(
      run(state + "    w = torch.tensor([[1.], [2.], [0.5]])\n    b = torch.tensor([0., 0., "
                  "1.])\n    y, h1, = torch.gru(torch.add(h, torch.select(torch.select(x, 0, 0), "
                  "0, 0)), h, [w, torch.zeros([3, "
                  "1]), torch.zeros([3]), b], True, 1, 0., False, False, True)\n"
                  "    return h1\n",
          x_)[0],
      (1 - sigmoid(2)) * std::tanh(0.5F + sigmoid(1)), 1e-6F);
}

TEST_F(ReadTorchScript, WritesWhereAMaskOrIndicesSay) {
  EXPECT_EQ(run("    y = torch.clone(x)\n    _0 = torch.index_put_(y, [torch.gt(x, 0)], "
                "torch.tensor(5.))\n    return y\n",
                x_),
            (std::vector<float>{5, -1, 5}));
  EXPECT_EQ(run("    return torch.index(x, [torch.gt(x, 0)])\n", x_), (std::vector<float>{1, 2}));
  EXPECT_EQ(run("    y = torch.zeros([4])\n    i = torch.tensor([1, 1, 3])\n"
                "    return torch.index_put(y, [i], torch.select(x, 0, 0), True)\n",
                x_),
            (std::vector<float>{0, 0, 0, 2}));
}

/// As pasting masks into an image does: a tensor is an int, and views begin where data says.
TEST_F(ReadTorchScript, WritesToSlicesThatDataPlaces) {
  EXPECT_EQ(run("    y = torch.zeros([3, 3])\n    m = torch.argmax(x, 1)\n"
                "    i = annotate(int, torch.select(m, 0, 0))\n"
                "    _0 = torch.slice(torch.slice(y, 0, i, torch.add(i, 1)), 1, 0, i)\n"
                "    _1 = torch.copy_(_0, torch.slice(x, 1, 0, i))\n"
                "    _2 = torch.add_(torch.select(y, 1, i), 5)\n    return y\n",
                x_),
            (std::vector<float>{0, 0, 5, 0, 0, 5, 1, -1, 5}));
  EXPECT_EQ(run("    n = annotate(int, torch.sum(torch.gt(x, 0)))\n"
                "    return torch.cat([torch.zeros([1, n]), x], 1)\n",
                x_),
            (std::vector<float>{0, 0, 1, -1, 2}));
}

TEST_F(ReadTorchScript, AnyOfSeveralNumbers) {
  EXPECT_EQ(run("    if torch.any([0, 2]):\n      y = torch.neg(x)\n    else:\n      y = x\n"
                "    if torch.all([0, 2]):\n      z = x\n    else:\n      z = y\n    return z\n",
                x_),
            (std::vector<float>{-1, 1, -2}));
}

TEST_F(ReadTorchScript, FillsAtIndices) {
  EXPECT_EQ(run("    y = torch.clone(x)\n"
                "    _0 = torch.index_fill_(y, 1, torch.tensor([2, 0]), 7)\n    return y\n",
                x_),
            (std::vector<float>{7, -1, 7}));
}

/// Bags of two, none, one, and none.
TEST_F(ReadTorchScript, EmbeddingBagsReduceWhatIsInThem) {
  const auto bags = [&](int mode) {
    return run(
        "    w = self.w\n    i = torch.tensor([0, 1, 1])\n    o = torch.tensor([0, 2, 2, 3])\n"
        "    y, _0, n, _1, = torch.embedding_bag(w, i, o, False, " +
            std::to_string(mode) +
            ")\n    return torch.mul(y, torch.select(torch.select(x, 0, 0), 0, 0))\n",
        x_);
  };
  EXPECT_EQ(bags(0), (std::vector<float>{5, 7, 9, 0, 0, 0, 4, 5, 6, 0, 0, 0}));
  EXPECT_EQ(bags(1), (std::vector<float>{2.5, 3.5, 4.5, 0, 0, 0, 4, 5, 6, 0, 0, 0}));
  EXPECT_EQ(bags(2), (std::vector<float>{4, 5, 6, 0, 0, 0, 4, 5, 6, 0, 0, 0}));
}

/// Weights of zero leave the biases.
TEST_F(ReadTorchScript, TransformerLayersAddToTheirInput) {
  const std::string layer =
      "    e = torch.slice(torch.reshape(x, [1, 1, 3]), 2, 0, 2)\n    z = torch.zeros([2, 2])\n"
      "    one = torch.ones([2])\n    o = torch.zeros([2])\n    return "
      "torch._transformer_encoder_layer_fwd(e, 2, 1, torch.zeros([6, 2]), torch.zeros([6]), z, "
      "torch.tensor([3., 4.]), True, ";
  const std::string norms =
      ", 1e-05, one, o, one, torch.tensor([0.5, 0.5]), z, o, z, torch.tensor([10., 20.]))\n";
  EXPECT_EQ(run(layer + "True" + norms, x_), (std::vector<float>{14, 23}));
  const std::vector<float> normalized = run(layer + "False" + norms, x_);
  EXPECT_NEAR(normalized[0], -0.5, 1e-4);
  EXPECT_NEAR(normalized[1], 1.5, 1e-4);
}

TEST_F(ReadTorchScript, ListsOfTensorsAreInputsOfTheirOwn) {
  const Graph graph = read("    return torch.add(images[0], images[1])\n",
                           {{"", {1, 3}}, {"", {1, 3}}}, "images: List[Tensor]");
  ASSERT_EQ(graph.inputs().size(), 2U);
  EXPECT_EQ(graph.inputs()[1]->name(), "images.1");
  EXPECT_EQ(run(graph, {x_, x_}), (std::vector<float>{2, -2, 4}));
}

TEST_F(ReadTorchScript, DepthCyclesAndGrowthDoNoHarm) {
  EXPECT_TRUE(refused("    t = (x, )\n    for i in range(100000):\n      t = (t, )\n    return t\n",
                      "nested too deeply"));
  EXPECT_TRUE(
      refused("    l = [x]\n    _0 = torch.append(l, l)\n    return l\n", "nested too deeply"));
  EXPECT_TRUE(refused("    s = \"ab\"\n    while True:\n      s = torch.add(s, s)\n    return x\n",
                      "a string of more than"));
  EXPECT_TRUE(refused("    l = [1]\n    while True:\n      l = torch.add(l, l)\n    return x\n",
                      "a list of more than"));
  EXPECT_TRUE(refused("    while True:\n      x = torch.view(x, [1, 3])\n    return x\n",
                      "a view of a view"));
}

TEST_F(ReadTorchScript, ListsTakeNumbersOfAnySize) {
  const Graph graph = read(
      "    none = torch.mul([1, 2], -9223372036854775807)\n    some = [1, 2, 3, 4]\n"
      "    ends = torch.slice(some, 1, 4, 9223372036854775807)\n    _0 = torch.reverse(some)\n"
      "    n = torch.add(torch.len(none), torch.add(torch.len(ends), torch.pop(some)))\n"
      "    return torch.mul(x, n)\n",
      {{"", {1, 3}}});
  EXPECT_EQ(run(graph, {x_}), (std::vector<float>{2, -2, 4}));
}

TEST_F(ReadTorchScript, EndlessProgramsEnd) {
  EXPECT_TRUE(refused("    while True:\n      pass\n    return x\n", "steps"));
  EXPECT_TRUE(refused("    return (self).forward(x, )\n", "nested"));
}

TEST_F(ReadTorchScript, RefusesMalformedCode) {
  for (const char* body : {"    return torch.relu(x\n", "    return (x))\n", "    y = \n",
                           "      return x\n     y = 1\n", "    return \"x\n", "    x = $\n"}) {
    const std::string message = error_message(ErrorCode::kInvalidModel, [&] {
      read(body, {{"", {1, 3}}});
    });
    EXPECT_NE(message.find("code/__torch__.py, line"), std::string::npos) << body << message;
  }
  error_message(ErrorCode::kInvalidModel, [&] {
    read("    return " + std::string(5000, '(') + "x" + std::string(5000, ')') + "\n");
  });
}

TEST_F(ReadTorchScript, ReadsWhatTheWriterWrites) {
  const Graph graph = parse_graph(R"(graph g (%x: float32[N,4,6,6]) -> (%y) {
  %w: float32[8,4,3,3] = constant random(1)
  %b: float32[8] = constant random(2)
  %c = Conv(%x, %w, %b) {pads = [1, 1, 1, 1]}
  %r = Relu(%c)
  %p = MaxPool(%r) {kernel_shape = [2, 2], strides = [2, 2]}
  %s = Sigmoid(%p)
  %m = Mul(%p, %s)
  %g = GlobalAveragePool(%m)
  %y = Flatten(%g)
})");
  write_torchscript(graph, folder_ / "g.pt");
  Graph back = read_torchscript(folder_ / "g.pt");
  infer_types(back);
  EXPECT_EQ(back.inputs()[0]->name(), "x");
  const Tensor x = Tensor::zeros(DType::kFloat32, {2, 4, 6, 6});
  Graph original = graph.clone();
  infer_types(original);
  EXPECT_EQ(run(back, {x}), run(original, {x}));
}

TEST_F(ReadTorchScript, TypesAndNamesSurviveTheWriter) {
  const Graph graph =
      parse_graph(R"(graph g (%the.ids: int64[N,T], %mask: bool[N,T]) -> (%scores, %other) {
  %layer.0.weight: float32[5,4] = constant random(1)
  %e = Gather(%layer.0.weight, %the.ids)
  %scores = Relu(%e)
  %other = Not(%mask)
})");
  write_torchscript(graph, folder_ / "g.pt");
  const Graph back = read_torchscript(folder_ / "g.pt");
  ASSERT_EQ(back.inputs().size(), 2u);
  EXPECT_EQ(back.inputs()[0]->name(), "the.ids");
  EXPECT_EQ(back.inputs()[0]->type.to_string(), "int64[N,T]");
  EXPECT_EQ(back.inputs()[1]->type.to_string(), "bool[N,T]");
  ASSERT_EQ(back.outputs().size(), 2u);
  EXPECT_EQ(back.outputs()[0]->name(), "scores");
  EXPECT_EQ(back.outputs()[1]->name(), "other");
  EXPECT_NE(back.find("layer.0.weight"), nullptr);
}

}  // namespace
}  // namespace headway
