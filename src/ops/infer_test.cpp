#include "graph/text.h"
#include "ops/op_testing.h"

namespace headway {
namespace {

/// x.view(x.size(0), -1) as torch.onnx exports it.
struct ViewGraph {
  Graph graph;
  Node* reshape = nullptr;

  explicit ViewGraph(std::vector<Dim> dims) {
    Value* x = graph.add_input("x", type_of(std::move(dims)));
    Value* shape = graph.add_node("Shape", {x})->output();
    Value* zero = graph.add_constant("zero", Tensor::from<std::int64_t>({}, {0}));
    Value* batch = graph.add_node("Gather", {shape, zero})->output();
    Value* axes = graph.add_constant("axes", ints({0}));
    Value* first = graph.add_node("Unsqueeze", {batch, axes})->output();
    Value* rest = graph.add_constant("rest", ints({-1}));
    Value* target =
        graph.add_node("Concat", {first, rest}, {""}, {{"axis", std::int64_t{0}}})->output();
    reshape = graph.add_node("Reshape", {x, target}, {"y"});
    graph.add_output(reshape->output());
  }
};

TEST(InferTypes, FollowsShapesThroughArithmetic) {
  ViewGraph symbolic({symbol("N"), 512, 7, 7});
  infer_types(symbolic.graph);
  EXPECT_EQ(symbolic.reshape->output()->type.to_string(), "float32[N,25088]");
  ViewGraph concrete({2, 512, 7, 7});
  infer_types(concrete.graph);
  EXPECT_EQ(concrete.reshape->output()->type.to_string(), "float32[2,25088]");
  ViewGraph unknown({symbol("N"), 512, Dim(), 7});
  infer_types(unknown.graph);
  EXPECT_EQ(unknown.reshape->output()->type.to_string(), "float32[N,?]");
}

TEST(InferTypes, KeepsSymbolsThroughNeutralArithmeticAndCasts) {
  Graph graph;
  Value* x = graph.add_input("x", type_of({symbol("N"), 6}));
  Value* shape = graph.add_node("Shape", {x})->output();
  Value* cast = graph.add_node("Cast", {shape}, {""}, {{"to", std::int64_t{6}}})->output();
  const Tensor factors = Tensor::from<std::int32_t>({2}, {1, 2});
  Value* product = graph.add_node("Mul", {cast, graph.add_constant("f", factors)})->output();
  Value* back = graph.add_node("Cast", {product}, {""}, {{"to", std::int64_t{7}}})->output();
  Node* filled = graph.add_node("ConstantOfShape", {back});
  graph.add_output(filled->output());
  infer_types(graph);
  EXPECT_EQ(filled->output()->type.to_string(), "float32[N,12]");
}

TEST(InferTypes, AListOfUnknownExtentsTellsTheRank) {
  Graph graph;
  Value* extents = graph.add_input("extents", {DType::kInt64, to_symbolic({3})});
  Node* filled = graph.add_node("ConstantOfShape", {extents});
  graph.add_output(filled->output());
  infer_types(graph);
  EXPECT_EQ(filled->output()->type.to_string(), "float32[?,?,?]");
}

TEST(InferTypes, ComputesSmallChainsOfConstants) {
  Graph graph;
  Value* x = graph.add_input("x", type_of({1, 3, 10, 20}));
  Value* shape = graph.add_node("Shape", {x})->output();
  Value* floating = graph.add_node("Cast", {shape}, {""}, {{"to", std::int64_t{1}}})->output();
  Value* factors = graph.add_constant("factors", floats({4}, {1, 1, 1.5, 0.55f}));
  Value* scaled = graph.add_node("Mul", {floating, factors})->output();
  Value* rounded = graph.add_node("Floor", {scaled})->output();
  Value* sizes = graph.add_node("Cast", {rounded}, {""}, {{"to", std::int64_t{7}}})->output();
  Node* node = graph.add_node("Resize", {x, nullptr, nullptr, sizes});
  graph.add_output(node->output());
  infer_types(graph);
  EXPECT_EQ(node->output()->type.to_string(), "float32[1,3,15,11]");
}

/// token.expand(x.size(0), -1, -1) as torch.onnx exports it.
TEST(InferTypes, FollowsTheSizesOfAnExpand) {
  Graph graph;
  Value* x = graph.add_input("x", type_of({symbol("N"), 5}));
  Value* token = graph.add_input("token", type_of({1, 1, 8}));
  Value* shape = graph.add_node("Shape", {x})->output();
  Value* first = graph.add_constant("first", ints({0}));
  Value* batch = graph.add_node("Gather", {shape, first})->output();
  Value* kept = graph.add_constant("kept", ints({-1, -1}));
  Value* wanted =
      graph.add_node("Concat", {batch, kept}, {""}, {{"axis", std::int64_t{0}}})->output();
  Value* ones = graph.add_constant("ones", ints({1, 1, 1}));
  Value* negative = graph.add_constant("negative", ints({-1, -1, -1}));
  Value* is_kept = graph.add_node("Equal", {wanted, negative})->output();
  Value* sizes = graph.add_node("Where", {is_kept, ones, wanted})->output();
  Node* node = graph.add_node("Expand", {token, sizes});
  graph.add_output(node->output());
  const std::vector<Shape> shapes = {{2, 5}, {1, 1, 8}};
  infer_types(graph, shapes);
  EXPECT_EQ(node->output()->type.to_string(), "float32[2,1,8]");
}

TEST(InferTypes, BindsInputsToConcreteShapes) {
  ViewGraph view({symbol("N"), 512, 7, 7});
  const std::vector<Shape> shapes = {{8, 512, 7, 7}};
  infer_types(view.graph, shapes);
  EXPECT_EQ(view.reshape->output()->type.to_string(), "float32[8,25088]");
}

TEST(InferTypes, RefusesBindingsThatContradictTheDeclaration) {
  const ErrorCode bad = ErrorCode::kInvalidArgument;
  ViewGraph view({symbol("N"), 512, 7, 7});
  const std::vector<Shape> none(2, Shape{1}), ranks = {{1, 2}}, extents = {{1, 512, 7, 8}};
  expect_error(bad, {"1 input", "2"}, [&] { infer_types(view.graph, none); });
  expect_error(bad, {"'x'", "1x2", "ranks differ"}, [&] { infer_types(view.graph, ranks); });
  expect_error(bad, {"'x'", "[N,512,7,7]", "1x512x7x8"}, [&] { infer_types(view.graph, extents); });
  OneNode two("Add", {type_of({symbol("N")}), type_of({symbol("N")})});
  const std::vector<Shape> differing = {{3}, {4}};
  expect_error(bad, {"N = 3"}, [&] { infer_types(two.graph, differing); });
}

TEST(InferTypes, ChecksArityAndAttributes) {
  const ErrorCode bad = ErrorCode::kInvalidModel;
  const TensorType x = type_of({2});
  expect_error(bad, {"'it' (Relu)", "has 2 inputs", "takes 1 input"}, [&] {
    OneNode("Relu", {x, x}).infer();
  });
  expect_error(bad, {"has 2 outputs", "takes 1 output"},
               [&] { OneNode("Relu", {x}, {}, 2).infer(); });
  expect_error(bad, {"has 1 input ", "takes 2 to 3 inputs"}, [&] { OneNode("Conv", {x}).infer(); });
  expect_error(bad, {"no attribute 'colour'"}, [&] {
    OneNode("Relu", {x}, {{"colour", std::int64_t{1}}}).infer();
  });
  expect_error(bad, {"'alpha'", "kind int", "kind float"}, [&] {
    OneNode("Elu", {x}, {{"alpha", std::int64_t{1}}}).infer();
  });
  expect_error(bad, {"required attribute 'axis' is missing"},
               [&] { OneNode("Concat", {x}).infer(); });
  expect_error(bad, {"required output 0 is missing"}, [] {
    Graph graph = parse_graph(
        "graph net (%x: float32[1,1,4]) -> (%i) { _, %i = MaxPool(%x) {kernel_shape = [2]} }");
    infer_types(graph);
  });
  expect_error(bad, {"required input 0 is missing"}, [&] {
    run_op("Add", {Tensor(), floats({1}, {1})});
  });
}

/// Inference with symbols must agree with what runs: extents "s3" stand for 3.
TEST(InferTypes, SymbolicTypesAgreeWithResults) {
  struct Case {
    const char* op;
    std::vector<Shape> shapes;
    Attributes attributes;
  };
  const std::vector<Case> cases = {
      {"Add", {{2, 3, 1}, {3, 4}}, {}},
      {"Mul", {{5, 0}, {1}}, {}},
      {"MatMul", {{2, 1, 3, 4}, {5, 4, 2}}, {}},
      {"Gemm", {{4, 3}, {4, 2}, {2}}, {{"transA", std::int64_t{1}}}},
      {"Conv", {{2, 3, 7, 6}, {4, 3, 3, 3}}, {{"pads", list({1, 0, 1, 0})}}},
      {"ConvTranspose", {{2, 3, 4, 5}, {3, 2, 3, 3}}, {{"strides", list({2, 2})}}},
      {"MaxPool", {{2, 3, 7, 6}}, {{"kernel_shape", list({3, 2})}, {"strides", list({2, 2})}}},
      {"GlobalAveragePool", {{2, 3, 7, 6}}, {}},
      {"Concat", {{2, 3}, {2, 0}, {2, 5}}, {{"axis", std::int64_t{-1}}}},
      {"Transpose", {{2, 3, 4}}, {{"perm", list({1, 2, 0})}}},
      {"Flatten", {{2, 3, 4}}, {{"axis", std::int64_t{2}}}},
      {"ReduceMean", {{2, 3, 4}}, {{"axes", list({0, -1})}, {"keepdims", std::int64_t{0}}}},
      {"ArgMax", {{2, 3, 4}}, {{"axis", std::int64_t{1}}}},
      {"Softmax", {{2, 3, 1}}, {}},
      {"DepthToSpace", {{1, 8, 2, 3}}, {{"blocksize", std::int64_t{2}}}},
      {"Einsum", {{2, 3, 4}, {4, 5}}, {{"equation", std::string("bij,jk->bki")}}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.op);
    std::vector<Tensor> inputs;
    std::vector<TensorType> symbolic, unknown;
    for (const Shape& shape : c.shapes) {
      inputs.push_back(random_floats(shape));
      SymbolicShape dims;
      for (const std::int64_t extent : shape) {
        dims.push_back(extent < 2 ? Dim(extent) : Dim(concat("s", extent)));
      }
      symbolic.push_back({DType::kFloat32, dims});
      unknown.push_back({DType::kFloat32, std::nullopt});
    }
    const Tensor result = run_op(c.op, inputs, c.attributes);
    EXPECT_EQ(OneNode(c.op, unknown, c.attributes).infer().dtype, result.dtype());
    const TensorType type = OneNode(c.op, symbolic, c.attributes).infer();
    EXPECT_EQ(type.dtype, result.dtype());
    if (!type.shape) continue;
    ASSERT_EQ(type.shape->size(), result.rank()) << type.to_string();
    for (std::size_t axis = 0; axis < result.rank(); ++axis) {
      const Dim& dim = (*type.shape)[axis];
      const std::string extent = std::to_string(result.dim(axis));
      EXPECT_TRUE(dim.is_unknown() || dim.to_string() == extent ||
                  dim.to_string() == concat("s", extent))
          << type.to_string() << " against " << to_string(result.shape());
    }
  }
}

TEST(Infer, TakesTheElementsOfWhereFromBothSides) {
  // As exporters write expand(1, -1): -1 stands for the extent that is there, and Expand wants 1.
  Graph graph;
  Value* x = graph.add_input("x", type_of({1, 5}));
  Value* wanted = graph.add_constant("wanted", ints({3, -1}));
  Value* ones = graph.add_constant("ones", ints({1, 1}));
  Value* minus = graph.add_constant("minus", ints({-1, -1}));
  Value* keeps = graph.add_node("Equal", {wanted, minus})->output();
  Value* shape = graph.add_node("Where", {keeps, ones, wanted})->output();
  Value* y = graph.add_node("Expand", {x, shape})->output();
  graph.add_output(y);
  infer_types(graph);
  EXPECT_EQ(y->type.static_shape(), Shape({3, 5}));
}

}  // namespace
}  // namespace headway
