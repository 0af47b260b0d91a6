#include "backends/opencl/test_support.h"

namespace headway::opencl {
namespace {

/// One node of some inputs, given by their extents.
void expect_node(Context& context, const std::vector<std::string>& shapes, const std::string& op,
                 const std::string& attributes = "") {
  std::string inputs, names;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    inputs += concat(i > 0 ? ", " : "", "%x", i, ": float32", shapes[i]);
    names += concat(i > 0 ? ", " : "", "%x", i);
  }
  expect_like_reference(context, concat("graph g (", inputs, ") -> (%y) { %y = ", op, "(", names,
                                        ") {", attributes, "} }"));
}

TEST(OpenClMatMul, GemmOfEverySize) {
  HEADWAY_OPEN_DEVICE(context);
  const bool is_watched = context->device().name.starts_with("Oclgrind");  // And slow.
  Random random(7);
  for (const auto& [m, n, k] : {std::array{1, 1, 1},
                                {1, 70, 33},
                                {2, 17, 200},
                                {3, 5, 7},
                                {33, 1, 40},
                                {31, 33, 17},
                                {64, 64, 16},
                                {70, 65, 50},
                                {7, 9, 300},
                                {130, 70, 129},
                                {131, 130, 19}}) {
    if (is_watched && m * n > 4000) continue;
    for (const bool transpose_a : {false, true}) {
      for (const bool transpose_b : {false, true}) {
        const auto matrix = [](int rows, int columns, bool transposed) {
          return transposed ? concat("[", columns, ",", rows, "]")
                            : concat("[", rows, ",", columns, "]");
        };
        const std::string c =
            std::array{concat("[", n, "]"), concat("[", m, ",", n, "]"), concat("[", m, ",1]"),
                       std::string("[]")}[static_cast<std::size_t>(4 * random.uniform())];
        expect_node(*context, {matrix(m, k, transpose_a), matrix(k, n, transpose_b), c}, "Gemm",
                    concat("transA = ", transpose_a, ", transB = ", transpose_b,
                           ", alpha = 0.5, beta = 1.5"));
      }
    }
  }
}

TEST(OpenClMatMul, ActivationsOfFusedNodes) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* name : {"", "Relu", "Clip", "Sigmoid", "HardSigmoid", "HardSwish", "SiLU",
                           "LeakyRelu", "Gelu", "GeluTanh"}) {
    for (const char* a : {"[1,40]", "[9,40]", "[5,200]"}) {
      const std::string k(a + 3, std::string_view(a + 3).find(']'));
      expect_node(
          *context, {a, concat("[", k, ",21]"), "[21]"}, "headway.FusedGemm",
          concat("activation = \"", name, "\", activation_alpha = 0.125, ",
                 name == std::string_view("Clip") ? "activation_min = -1.0, activation_max = 6.0"
                                                  : "activation_beta = 0.25"));
    }
  }
}

TEST(OpenClMatMul, BatchesAndVectors) {
  HEADWAY_OPEN_DEVICE(context);
  const std::vector<std::array<std::string, 2>> pairs = {{"[5]", "[5]"},
                                                         {"[5]", "[5,3]"},
                                                         {"[4,5]", "[5]"},
                                                         {"[2,3,4,5]", "[5]"},
                                                         {"[5]", "[2,3,5,4]"},
                                                         {"[2,3,4,5]", "[5,6]"},
                                                         {"[4,5]", "[2,5,6]"},
                                                         {"[2,3,4,5]", "[3,5,6]"},
                                                         {"[2,1,4,5]", "[1,3,5,6]"},
                                                         {"[3,1,5]", "[3,5,70]"},
                                                         {"[2,3,1,4,5]", "[1,3,2,5,6]"},
                                                         {"[2,1,2,1,4,5]", "[1,2,1,2,5,6]"},
                                                         {"[2,33,40]", "[2,40,35]"}};
  for (const auto& [a, b] : pairs) expect_node(*context, {a, b}, "MatMul");
}

TEST(OpenClMatMul, AddendsOfFusedNodes) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* bias : {"[7]", "[1]", "[4,1]", "[3,1,7]", "[2,3,4,7]", "[2,1,1,1]"}) {
    for (const char* residual : {"[2,3,4,7]", "[4,7]", "[2,1,4,1]"}) {
      expect_node(*context, {"[2,3,4,5]", "[7,5]", bias, residual}, "headway.FusedMatMul",
                  "transB = 1, activation = \"Relu\"");
      expect_node(*context, {"[2,3,4,5]", "[3,5,7]", bias, residual}, "headway.FusedMatMul");
    }
  }
  expect_node(*context, {"[5]", "[2,5,7]", "[7]", "[2,7]"}, "headway.FusedMatMul");
  expect_node(*context, {"[2,4,5]", "[5]", "[4]", "[2,1]"}, "headway.FusedMatMul");
}

/// A device with so many units that every product is split.
TEST(OpenClMatMul, SplitSums) {
  std::vector<Device> devices = find_devices();
  if (devices.empty()) GTEST_SKIP() << "no OpenCL device";
  devices.front().compute_units = 200;
  Context context(devices.front());
  expect_node(context, {"[9,333]", "[333,40]", "[40]"}, "Gemm");
  expect_node(context, {"[3,2,40,130]", "[3,1,130,33]", "[33]", "[3,2,40,33]"},
              "headway.FusedMatMul", "activation = \"Sigmoid\"");
}

}  // namespace
}  // namespace headway::opencl
