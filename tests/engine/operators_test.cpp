#include "engine_testing.h"

namespace headway {
namespace {

/// One node over two random inputs; `fast`: whether a fast kernel is expected to do it.
struct Case {
  std::string inputs;  ///< Types of %a and %b.
  std::string constants;
  std::string node;
  bool fast = true;
};

std::string text_of(const Case& c) {
  return "graph g (" + c.inputs + ") -> (%y) {\n" + c.constants + "\n%y = " + c.node + "\n}\n";
}

void expect_agreement(const Case& c, const std::vector<std::string>& isas = available_isas()) {
  SCOPED_TRACE(text_of(c));
  const Model model = model_of(text_of(c));
  std::vector<Tensor> inputs;
  for (const ValueInfo& info : model.inputs()) {
    inputs.push_back(random_tensor(info.shape, inputs.size() + 1));
  }
  const Tensor expected = run_reference(model.graph(), inputs)[0];
  for (const std::string& isa : isas) {
    const ScopedVariable force("HEADWAY_ISA", isa);
    const Program program = model.compile({.threads = 2, .fuse = false});
    EXPECT_EQ(program.summary().reference_nodes, c.fast ? 0u : 1u);
    Session session(program);
    EXPECT_LT(relative_error(session.run(inputs)[0], expected), 1e-5) << isa;
  }
}

const std::string kImage = "%a: float32[2,4,7,6]";
const std::string kTwo = "%a: float32[2,4,7,6], %b: float32[2,4,7,6]";

TEST(Operators, Convolutions) {
  const std::string w =
      "%w: float32[6,4,3,3] = constant random(1)\n"
      "%b: float32[6] = constant random(2)\n"
      "%g: float32[8,2,3,3] = constant random(3)\n"
      "%d: float32[4,1,3,3] = constant random(4)\n"
      "%o: float32[6,4,1,1] = constant random(5)";
  for (const std::string node :
       {"Conv(%a, %w)", "Conv(%a, %w, %b) {pads = [1, 2, 0, 1]}", "Conv(%a, %w) {strides = [2, 1]}",
        "Conv(%a, %w) {dilations = [2, 1], auto_pad = \"SAME_LOWER\"}",
        "Conv(%a, %g) {group = 2, pads = [1, 1, 1, 1]}", "Conv(%a, %d) {group = 4}",
        "Conv(%a, %d) {group = 4, strides = [2, 2], pads = [1, 1, 1, 1]}",
        "Conv(%a, %o, %b) {strides = [2, 2]}",
        "headway.FusedConv(%a, %w, %b) {activation = \"Clip\", activation_min = -0.5, "
        "activation_max = 1.0}",
        "headway.FusedConv(%a, %o) {activation = \"LeakyRelu\", activation_alpha = 0.3}"}) {
    expect_agreement({kImage, w, node});
  }
}

TEST(Operators, ConvolutionsWithComputedWeights) {
  expect_agreement({"%a: float32[1,2,5,5], %w: float32[3,2,3,3]", "", "Conv(%a, %w)"});
  expect_agreement({"%a: float32[1,2,5,5], %w: float32[2,1,3,3]", "", "Conv(%a, %w) {group = 2}"});
}

TEST(Operators, ConvolutionsOfOtherRanks) {
  expect_agreement({"%a: float32[2,3,11]", "%w: float32[4,3,3] = constant random(1)",
                    "Conv(%a, %w) {strides = [2], pads = [1, 0]}"});
  const std::string volume = "%a: float32[2,4,5,7,6]";
  const std::string w =
      "%w: float32[6,4,3,3,3] = constant random(1)\n%b: float32[6] = constant random(2)\n"
      "%g: float32[8,2,2,3,1] = constant random(3)\n%d: float32[4,1,3,3,3] = constant random(4)\n"
      "%o: float32[6,4,1,1,1] = constant random(5)\n%t: float32[4,3,2,3,2] = constant random(6)";
  for (const std::string node :
       {"Conv(%a, %w)", "Conv(%a, %w, %b) {pads = [1, 2, 0, 1, 0, 2]}",
        "Conv(%a, %w, %b) {pads = [4, 1, 1, 4, 1, 1]}", "Conv(%a, %w) {strides = [2, 1, 2]}",
        "Conv(%a, %w) {dilations = [2, 1, 1], pads = [2, 1, 1, 2, 1, 1]}",
        "Conv(%a, %g) {group = 2}", "Conv(%a, %d) {group = 4, pads = [1, 1, 1, 1, 1, 1]}",
        "Conv(%a, %o, %b)", "Conv(%a, %o) {strides = [2, 2, 2]}",
        "headway.FusedConv(%a, %w, %b) {activation = \"Relu\", strides = [2, 2, 2]}",
        "ConvTranspose(%a, %t)",
        "ConvTranspose(%a, %t) {strides = [2, 3, 2], dilations = [1, 2, 1]}",
        "ConvTranspose(%a, %t) {strides = [2, 1, 2], pads = [1, 1, 0, 0, 2, 1]}"}) {
    expect_agreement({volume, w, node});
  }
  expect_agreement(
      {"%a: float32[2,4,5,7,6], %b: float32[2,4,5,7,6]",
       "%o: float32[4,4,1,3,1] = constant random(1)",
       "headway.FusedConv(%a, %o, _, %b) {activation = \"Relu\", pads = [0, 1, 0, 0, 1, 0]}"});
  expect_agreement({"%a: float32[1,2,3,4,4,4]", "%w: float32[3,2,2,2,2,2] = constant random(1)",
                    "Conv(%a, %w)", false});
}

TEST(Operators, Residuals) {
  expect_agreement({kTwo, "%w: float32[4,4,1,1] = constant random(1)",
                    "headway.FusedConv(%a, %w, _, %b) {activation = \"Relu\"}"});
  expect_agreement({"%a: float32[3,4,5], %b: float32[3,4,6]",
                    "%w: float32[5,6] = constant random(1)\n%c: float32[6] = constant random(2)",
                    "headway.FusedMatMul(%a, %w, %c, %b) {activation = \"SiLU\"}"});
}

TEST(Operators, TransposedConvolutions) {
  const std::string w =
      "%w: float32[4,3,3,3] = constant random(1)\n"
      "%g: float32[4,2,2,2] = constant random(2)";
  for (const std::string node :
       {"ConvTranspose(%a, %w)", "ConvTranspose(%a, %w) {strides = [2, 2], pads = [1, 1, 1, 1]}",
        "ConvTranspose(%a, %w) {strides = [2, 2], output_padding = [1, 0]}",
        "ConvTranspose(%a, %g) {group = 2, strides = [2, 2]}"}) {
    expect_agreement({kImage, w, node});
  }
}

TEST(Operators, Products) {
  const std::string c =
      "%w: float32[5,7] = constant random(1)\n%c: float32[7] = constant random(2)\n"
      "%m: float32[3,7] = constant random(3)\n"
      "%col: float32[3,1] = constant random(4)";
  const std::string a = "%a: float32[3,5]", t = "%a: float32[5,3]";
  for (const std::string node : {"Gemm(%a, %w)", "Gemm(%a, %w, %c)", "Gemm(%a, %w, %m)",
                                 "Gemm(%a, %w, %m) {alpha = 0.5}", "MatMul(%a, %w)"}) {
    expect_agreement({a, c, node});
  }
  expect_agreement({t, c, "Gemm(%a, %w, %c) {transA = 1}"});
  expect_agreement({"%a: float32[3,5], %w: float32[7,5]", "", "Gemm(%a, %w) {transB = 1}"});
  expect_agreement({a, c, "Gemm(%a, %w, %m) {beta = 2.0}", false});
  expect_agreement({a, c, "Gemm(%a, %w, %col)", false});
  expect_agreement({"%a: float32[2,4,3,5], %b: float32[2,4,5,6]", "", "MatMul(%a, %b)"});
  expect_agreement({"%a: float32[2,4,3,5]", c, "MatMul(%a, %w)"});
  expect_agreement({"%a: float32[3,5], %b: float32[2,4,5,6]", "", "MatMul(%a, %b)"});
  expect_agreement({"%a: float32[2,1,3,5], %b: float32[1,4,5,6]", "", "MatMul(%a, %b)"});
  expect_agreement({"%a: float32[3,1,2,4,5], %b: float32[1,2,1,5,6]", "", "MatMul(%a, %b)"});
  expect_agreement({"%a: float32[5], %b: float32[5,6]", "", "MatMul(%a, %b)"});
  expect_agreement({"%a: float32[3,5], %b: float32[5]", "", "MatMul(%a, %b)"});
}

TEST(Operators, Resizes) {
  const std::string input = "%x: float32[1,3,5,7]";
  const std::string scales = "%s: float32[4] = constant {1.0, 1.0, 2.0, 1.5}";
  for (const std::string mode : {"nearest", "linear", "cubic"}) {
    for (const std::string coordinates : {"half_pixel", "align_corners", "asymmetric"}) {
      expect_agreement({input, scales,
                        "Resize(%x, _, %s) {mode = \"" + mode +
                            "\", coordinate_transformation_mode = \"" + coordinates + "\"}"});
    }
  }
}

TEST(Operators, GroupNormalizations) {
  const std::string factors =
      "%s: float32[6] = constant random(1)\n%b: float32[6] = constant random(2)";
  expect_agreement({"%x: float32[2,6,5,7]", factors, "InstanceNormalization(%x, %s, %b)"});
  expect_agreement(
      {"%x: float32[2,6,5,7]", factors, "GroupNormalization(%x, %s, %b) {num_groups = 3}"});
}

TEST(Operators, Pools) {
  for (const std::string attributes :
       {"kernel_shape = [3, 2]", "kernel_shape = [2, 2], strides = [2, 2], ceil_mode = 1",
        "kernel_shape = [3, 3], pads = [1, 1, 1, 1], strides = [2, 2]",
        "kernel_shape = [3, 3], pads = [0, 1, 2, 1], strides = [2, 3], ceil_mode = 1",
        "kernel_shape = [2, 2], auto_pad = \"SAME_UPPER\""}) {
    expect_agreement({kImage, "", "MaxPool(%a) {" + attributes + "}"});
    expect_agreement({kImage, "", "AveragePool(%a) {" + attributes + "}"});
    expect_agreement({kImage, "", "AveragePool(%a) {count_include_pad = 1, " + attributes + "}"});
  }
  expect_agreement({kImage, "", "MaxPool(%a) {kernel_shape = [2, 3], dilations = [3, 2]}"});
  expect_agreement({"%a: float32[2,3,9]", "", "MaxPool(%a) {kernel_shape = [3], strides = [2]}"});
  expect_agreement({kImage, "", "GlobalAveragePool(%a)"});
  expect_agreement({kImage, "", "GlobalMaxPool(%a)"});
}

/// Elements per vector, the last extent of the blocked layout.
std::string width_of(const std::string& isa) {
  return isa == "avx512" ? "16" : isa == "avx2" ? "8" : "4";
}

TEST(Operators, BlockedPools) {
  for (const std::string& isa : available_isas()) {
    const std::string image = "%a: float32[1,3,7,12," + width_of(isa) + "]";
    for (const std::string attributes :
         {"kernel_shape = [3, 3, 1], strides = [2, 2, 1], pads = [1, 1, 0, 1, 1, 0]",
          "kernel_shape = [2, 2, 1], strides = [2, 2, 1], ceil_mode = 1",
          "kernel_shape = [3, 3, 1], pads = [1, 1, 0, 1, 1, 0]",
          "kernel_shape = [4, 2, 1], strides = [1, 3, 1], pads = [2, 0, 0, 1, 1, 0]"}) {
      expect_agreement({image, "", "MaxPool(%a) {" + attributes + "}"}, {isa});
      expect_agreement({image, "", "AveragePool(%a) {" + attributes + "}"}, {isa});
      expect_agreement({image, "", "AveragePool(%a) {count_include_pad = 1, " + attributes + "}"},
                       {isa});
    }
    expect_agreement({image, "", "MaxPool(%a) {kernel_shape = [1, 3, 2]}"}, {isa});
  }
}

TEST(Operators, Reductions) {
  for (const std::string op : {"ReduceMean", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2",
                               "ReduceProd", "ReduceSumSquare"}) {
    expect_agreement({kImage, "", op + "(%a) {axes = [2, 3]}"});
    expect_agreement({kImage, "", op + "(%a) {axes = [1], keepdims = 0}"});
    expect_agreement({kImage, "", op + "(%a) {axes = [-1]}"});
    expect_agreement({kImage, "", op + "(%a) {axes = [0, 2]}"});
    expect_agreement({kImage, "", op + "(%a) {axes = [1, 3], keepdims = 0}"});
  }
  expect_agreement({kImage, "%axes: int64[2] = constant {1, 2}", "ReduceSum(%a, %axes)"});
  expect_agreement({kImage, "", "ReduceSum(%a) {keepdims = 0}"});
  expect_agreement({"%a: float32[2,3]", "%one: float32[] = constant {9.5}\n%z = Add(%a, %one)",
                    "ReduceLogSum(%z) {axes = [-1]}"});
  expect_agreement({kImage, "", "ReduceLogSumExp(%a) {axes = [-1]}"});
  expect_agreement({kImage, "", "ReduceLogSumExp(%a) {axes = [1, 2, 3], keepdims = 0}"});
  expect_agreement({kImage, "", "ReduceLogSumExp(%a)"});
  expect_agreement({kImage, "", "ReduceLogSumExp(%a) {axes = [1]}"});
}

TEST(Operators, Elementwise) {
  const std::string constants =
      "%row: float32[6] = constant random(1)\n"
      "%channel: float32[4,1,1] = constant random(2)\n"
      "%one: float32[] = constant {1.5}\n"
      "%low: float32[] = constant {-0.2}";
  for (const std::string op : {"Add", "Sub", "Mul", "Min", "Max"}) {
    for (const std::string other : {"%b", "%a", "%row", "%channel", "%one"}) {
      expect_agreement({kTwo, constants, op + "(%a, " + other + ")"});
      expect_agreement({kTwo, constants, op + "(" + other + ", %a)"});
    }
  }
  expect_agreement({kTwo, constants, "Div(%a, %one)"});
  expect_agreement({"%a: float32[2,1,3], %b: float32[4,1]", "", "Add(%a, %b)"});
  expect_agreement({kTwo, constants, "Sum(%a, %b)"});
  expect_agreement({kTwo, constants, "Sum(%a, %b, %row)"});
  expect_agreement({kTwo, constants, "Mean(%row, %a, %b)"});
  expect_agreement({kTwo, constants + "\n%three: float32[] = constant {3.0}", "Pow(%a, %three)"});
  for (const std::string node : {"Relu(%a)",
                                 "Sigmoid(%a)",
                                 "Tanh(%a)",
                                 "Erf(%a)",
                                 "Exp(%a)",
                                 "Abs(%a)",
                                 "Neg(%a)",
                                 "Floor(%a)",
                                 "Ceil(%a)",
                                 "Round(%a)",
                                 "Sign(%a)",
                                 "Softplus(%a)",
                                 "Softsign(%a)",
                                 "Mish(%a)",
                                 "HardSwish(%a)",
                                 "headway.Silu(%a)",
                                 "Swish(%a)",
                                 "Elu(%a) {alpha = 0.7}",
                                 "Selu(%a)",
                                 "LeakyRelu(%a)",
                                 "HardSigmoid(%a) {alpha = 0.3, beta = 0.6}",
                                 "Gelu(%a)",
                                 "Gelu(%a) {approximate = \"tanh\"}",
                                 "Clip(%a, %low, %one)",
                                 "Clip(%a, _, %one)",
                                 "Clip(%a)"}) {
    expect_agreement({kImage, constants, node});
  }
  for (const std::string node :
       {"Swish(%a) {alpha = 2.0}", "Sin(%a)", "Cos(%a)", "Tan(%a)", "Atan(%a)", "Asinh(%a)",
        "Sinh(%a)", "Cosh(%a)", "Celu(%a) {alpha = 0.6}", "ThresholdedRelu(%a) {alpha = 0.5}",
        "Shrink(%a) {lambd = 0.7, bias = 0.2}"})
    expect_agreement({kImage, constants, node});
}

TEST(Operators, Normalizations) {
  const std::string constants =
      "%s: float32[4] = constant random(1)\n"
      "%v: float32[4] = constant splat(0.8)\n"
      "%l: float32[6] = constant random(2)\n"
      "%m: float32[7,6] = constant random(3)";
  expect_agreement({kImage, constants, "BatchNormalization(%a, %s, %s, %s, %v)"});
  expect_agreement({kImage, constants,
                    "headway.FusedBatchNormalization(%a, %s, %s, %s, %v) {activation = \"Relu\"}"});
  expect_agreement({kImage, constants, "LayerNormalization(%a, %l, %l)"});
  expect_agreement({kImage, constants, "LayerNormalization(%a, %l)"});
  expect_agreement({kImage, constants, "LayerNormalization(%a, %m, %m) {axis = 2}"});
  expect_agreement({kImage, constants, "LayerNormalization(%a, %l) {axis = 2}", false});
  for (const std::string axis : {"0", "1", "2", "-1"}) {
    expect_agreement({kImage, "", "Softmax(%a) {axis = " + axis + "}"});
    expect_agreement({kImage, "", "LogSoftmax(%a) {axis = " + axis + "}"});
  }
}

TEST(Operators, Movement) {
  const std::string constants =
      "%from: int64[2] = constant {1, -1}\n"
      "%to: int64[2] = constant {4, -5}\n"
      "%axes: int64[2] = constant {1, 3}\n"
      "%steps: int64[2] = constant {2, -1}\n"
      "%wide: int64[5] = constant {3, 1, 1, 1, 1}\n"
      "%pads: int64[8] = constant {0, 1, 2, 3, 1, 0, 0, 2}\n"
      "%cut: int64[8] = constant {0, -1, 1, 0, 0, 0, -2, 0}\n"
      "%some: int64[4] = constant {2, 1, 0, 3}\n"
      "%half: float32[] = constant {0.5}";
  for (const std::string node :
       {"Transpose(%a)", "Transpose(%a) {perm = [0, 2, 3, 1]}",
        "Transpose(%a) {perm = [1, 0, 2, 3]}", "Slice(%a, %from, %to, %axes, %steps)",
        "Expand(%a, %wide)", "Pad(%a, %pads)", "Pad(%a, %pads, %half)",
        "Pad(%a, %pads) {mode = \"reflect\"}", "Pad(%a, %pads) {mode = \"edge\"}", "Pad(%a, %cut)",
        "Pad(%a, %some, %half, %axes)", "Concat(%a, %a) {axis = 0}",
        "Concat(%a, %a, %a) {axis = 1}", "Concat(%a, %a) {axis = -1}"}) {
    expect_agreement({kImage, constants, node});
  }
}

TEST(Operators, Gathers) {
  const std::string constants =
      "%last: int64[] = constant {-1}\n"
      "%some: int32[3] = constant {1, 0, -2}\n"
      "%table: int64[2,2] = constant {0, 1, -1, 1}";
  for (const std::string indices : {"%last", "%some", "%table"}) {
    for (const std::string axis : {"0", "1", "3", "-2"}) {
      expect_agreement({kImage, constants, "Gather(%a, " + indices + ") {axis = " + axis + "}"});
    }
  }
}

TEST(Operators, Masks) {
  const std::string mask = "%m: bool[1,6] = constant {true, false, false, true, true, false}";
  const std::string low = "\n%low: float32[] = constant {-10000.0}";
  expect_agreement({kTwo, mask + low, "Where(%m, %a, %b)"});
  expect_agreement({kTwo, mask + low, "Where(%m, %a, %low)"});
  for (const std::string type : {"bool", "uint8", "int32", "int64"}) {
    const std::string text =
        "graph g (%x: " + type + "[2,3]) -> (%y) {\n%y = Cast(%x) {to = 1}\n}\n";
    const Model model = model_of(text);
    const Program program = model.compile();
    EXPECT_EQ(program.summary().reference_nodes, 0u) << type;
    const Tensor x =
        Tensor::from<std::int64_t>({2, 3}, {0, 1, 2, 0, 200, 7}).to(model.inputs()[0].dtype);
    EXPECT_EQ(relative_error(Session(program).run(std::span(&x, 1))[0], x.to(DType::kFloat32)), 0.0)
        << type;
  }
}

TEST(Operators, AnIndexOutsideIsSaid) {
  const Model model = model_of(R"(graph g (%table: float32[5,2], %i: int64[N]) -> (%y) {
    %y = Gather(%table, %i) "words"
  })");
  const Program program = model.compile();
  Session session(program);
  const std::vector<Tensor> good = {random_tensor({5, 2}, 1),
                                    Tensor::from<std::int64_t>({2}, {-5, 4})};
  EXPECT_EQ(relative_error(session.run(good)[0], run_reference(model.graph(), good)[0]), 0.0);
  const std::vector<Tensor> bad = {good[0], Tensor::from<std::int64_t>({2}, {4, 5})};
  try {
    session.run(bad);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "node 'words' (Gather): index 5 is out of range for an axis of extent 5");
  }
  EXPECT_EQ(relative_error(session.run(good)[0], run_reference(model.graph(), good)[0]), 0.0);
}

TEST(Operators, Splits) {
  for (const std::string outputs : {"%y, %z", "%z, %y", "%z, %v, %y"}) {
    for (const std::string axis : {"1", "2", "-1"}) {
      const bool three = outputs.size() > 7;
      const std::string text = "graph g (%a: float32[2,6,6,6]) -> (%y) {\n" + outputs +
                               " = Split(%a) {axis = " + axis +
                               ", num_outputs = " + (three ? "3" : "2") + "}\n}\n";
      const Model model = model_of(text);
      const std::vector<Tensor> inputs = {random_tensor({2, 6, 6, 6}, 1)};
      const Program program = model.compile({.fuse = false});
      EXPECT_EQ(program.summary().reference_nodes, 0u);
      Session session(program);
      EXPECT_EQ(relative_error(session.run(inputs)[0], run_reference(model.graph(), inputs)[0]),
                0.0)
          << text;
    }
  }
}

TEST(Operators, HalvesAreComputedAsFloats) {
  for (const std::string type : {"float16", "bfloat16"}) {
    const Model model = model_of("graph g (%a: " + type + R"([2,3,8]) -> (%y) {
      %w: )" + type + R"([8,5] = constant random(1)
      %p = MatMul(%a, %w)
      %y = Softmax(%p)
    })");
    const std::vector<Tensor> inputs = {random_tensor({2, 3, 8}, 1).to(model.inputs()[0].dtype)};
    const Program program = model.compile();
    EXPECT_EQ(program.summary().reference_nodes, 0u);
    Session session(program);
    EXPECT_LT(relative_error(session.run(inputs)[0], run_reference(model.graph(), inputs)[0]),
              0.05);
  }
}

TEST(Operators, OtherTypesRunOnReferenceKernels) {
  const Model model = model_of(R"(graph g (%a: float64[3]) -> (%y) {
    %y = Softsign(%a)
  })");
  const std::vector<Tensor> inputs = {Tensor::from<double>({3}, {-1.0, 0.0, 2.5})};
  const Program program = model.compile();
  EXPECT_EQ(program.summary().reference_nodes, 1u);
  Session session(program);
  EXPECT_EQ(session.run(inputs)[0].data<double>()[2], 2.5 / 3.5);
}

}  // namespace
}  // namespace headway
