#include "backends/opencl/test_support.h"

namespace headway::opencl {
namespace {

struct Case {
  const char *x, *w, *bias, *attributes;
};

/// With constant weights and with weights that are an input.
void expect_conv(Context& context, const Case& c, const std::string& op = "Conv") {
  const std::string types = concat("graph g (%x: float32", c.x);
  const std::string inputs = *c.bias ? concat(", %b: float32", c.bias) : "";
  const std::string node =
      concat("%y = ", op, "(%x, %w", *c.bias ? ", %b" : "", ") {", c.attributes, "} }");
  expect_like_reference(context, concat(types, inputs, ") -> (%y) { %w: float32", c.w,
                                        " = constant random(3) ", node));
  expect_like_reference(context, concat(types, ", %w: float32", c.w, inputs, ") -> (%y) { ", node));
}

const std::vector<Case> kCases = {
    {"[1,3,9,7]", "[10,3,3,3]", "[10]", "pads = [1, 1, 1, 1]"},
    {"[2,5,11,8]", "[17,5,3,2]", "[17]", "strides = [2, 3], pads = [2, 0, 1, 1]"},
    {"[2,4,12,13]", "[40,4,3,3]", "", "dilations = [2, 3], pads = [1, 3, 0, 2]"},
    {"[2,24,5,7]", "[36,12,3,3]", "[36]", "group = 2, pads = [1, 1, 1, 1]"},
    {"[3,33,5,5]", "[65,33,1,1]", "[65]", ""},
    {"[2,30,7,9]", "[20,15,1,1]", "[20]", "group = 2"},
    {"[2,8,7,9]", "[20,8,1,1]", "[20]", "strides = [2, 2]"},
    {"[2,8,5,6]", "[20,8,1,1]", "", "pads = [0, 1, 2, 0]"},
    {"[3,40,1,1]", "[21,40,1,1]", "[21]", ""},
    {"[1,6,4,5]", "[19,6,4,5]", "[19]", ""},
    {"[2,6,4,5]", "[18,3,4,5]", "[18]", "group = 2"},
    {"[2,3,19]", "[12,3,5]", "[12]", "strides = [2], pads = [2, 2]"},
    {"[2,3,5,6,7]", "[12,3,3,2,3]", "[12]", "strides = [1, 2, 2], pads = [1, 0, 1, 1, 1, 2]"},
    {"[1,4,3,4,5]", "[10,4,1,1,1]", "", ""}};

const std::vector<Case> kLargeCases = {
    {"[1,3,20,20]", "[70,3,7,7]", "[70]", "strides = [2, 2], pads = [3, 3, 3, 3]"},
    {"[1,16,14,14]", "[130,16,3,3]", "[130]", "auto_pad = \"SAME_UPPER\""}};

const std::vector<Case> kDirectCases = {
    {"[2,6,9,8]", "[6,1,3,3]", "[6]", "group = 6, pads = [1, 1, 1, 1]"},
    {"[1,5,9,8]", "[10,1,5,3]", "", "group = 5, strides = [2, 2], pads = [2, 1, 2, 1]"},
    {"[2,8,7,7]", "[8,4,3,3]", "[8]", "group = 2, dilations = [2, 1], pads = [2, 0, 2, 0]"},
    {"[1,7,6,5]", "[2,7,3,3]", "[2]", "pads = [1, 1, 1, 1]"},
    {"[2,4,13]", "[4,1,4]", "[4]", "group = 4, strides = [3]"},
    {"[1,4,4,5,6]", "[4,1,3,3,3]", "[4]", "group = 4, pads = [1, 1, 1, 1, 1, 1]"}};

TEST(OpenClConv, Products) {
  HEADWAY_OPEN_DEVICE(context);
  for (const Case& c : kCases) expect_conv(*context, c);
  if (context->device().name.starts_with("Oclgrind")) return;  // Which would take minutes.
  for (const Case& c : kLargeCases) expect_conv(*context, c);
}

TEST(OpenClConv, Direct) {
  HEADWAY_OPEN_DEVICE(context);
  for (const Case& c : kDirectCases) expect_conv(*context, c);
}

TEST(OpenClConv, Winograd) {
  HEADWAY_OPEN_DEVICE(context);
  if (context->device().name.starts_with("Oclgrind")) GTEST_SKIP() << "minutes, for no new kernel";
  for (const char* shape : {"[8,32,13,16]", "[2,37,31,34]"}) {
    const bool is_first = shape[1] == '8';
    const std::string w = is_first ? "[33,32,3,3]" : "[40,37,3,3]";
    const std::string y = is_first ? "[8,33,13,16]" : "[2,40,30,33]";
    expect_like_reference(
        *context,
        concat(
            "graph g (%x: float32", shape, ", %b: float32[", is_first ? 33 : 40, "], %z: float32",
            y, ") -> (%y, %plain) { %w: float32", w,
            " = constant random(3) %plain = Conv(%x, %w) %y = headway.FusedConv(%x, %w, %b, %z) ",
            "{activation = \"Relu\", pads = [", is_first ? "1, 1, 1, 1" : "0, 1, 1, 0", "]} }"),
        6e-5);
  }
}

/// A device of so little memory that a batch is transformed in parts.
TEST(OpenClConv, WinogradInParts) {
  std::vector<Device> devices = find_devices();
  if (devices.empty()) GTEST_SKIP() << "no OpenCL device";
  devices.front().max_allocation_bytes = std::uint64_t{2} << 20;
  Context context(devices.front());
  expect_like_reference(context,
                        "graph g (%x: float32[8,32,13,16]) -> (%y) { %w: float32[32,32,3,3] = "
                        "constant random(3) %y = Conv(%x, %w) {pads = [1, 1, 1, 1]} }",
                        6e-5);
}

/// A device with so many units that every product is split.
TEST(OpenClConv, SplitSums) {
  std::vector<Device> devices = find_devices();
  if (devices.empty()) GTEST_SKIP() << "no OpenCL device";
  devices.front().compute_units = 200;
  Context context(devices.front());
  expect_conv(context, {"[2,32,7,7]", "[40,32,3,3]", "[40]", "pads = [1, 1, 1, 1]"});
  expect_conv(context, {"[2,64,7,7]", "[48,32,3,3]", "", "pads = [1, 1, 1, 1], group = 2"});
  expect_conv(context, {"[1,200,3,3]", "[40,200,1,1]", "[40]", ""});
}

void expect_fused(Context& context, const std::string& x, const std::string& w,
                  const std::string& y, const std::string& attributes) {
  const std::string bias = w.substr(0, w.find(',')) + "]";
  expect_like_reference(context,
                        concat("graph g (%x: float32", x, ", %b: float32", bias, ", %z: float32", y,
                               ") -> (%y) { %w: float32", w, " = constant random(3) ",
                               "%y = headway.FusedConv(%x, %w, %b, %z) {", attributes, "} }"));
}

TEST(OpenClConv, ActivationsAndResiduals) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* name : {"", "Relu", "Clip", "Sigmoid", "HardSigmoid", "HardSwish", "SiLU",
                           "LeakyRelu", "Gelu", "GeluTanh"}) {
    const std::string attributes = concat(
        "activation = \"", name, "\"",
        name == std::string_view("Clip") ? ", activation_min = 0.0, activation_max = 6.0" : "");
    expect_fused(*context, "[2,5,6,7]", "[12,5,3,3]", "[2,12,6,7]",
                 attributes + ", pads = [1, 1, 1, 1]");
    expect_fused(*context, "[2,5,6,7]", "[12,5,1,1]", "[2,12,6,7]", attributes);
    expect_fused(*context, "[2,12,6,7]", "[12,1,3,3]", "[2,12,6,7]",
                 attributes + ", pads = [1, 1, 1, 1], group = 12");
    expect_fused(*context, "[2,12,1,1]", "[24,12,1,1]", "[2,24,1,1]", attributes);
  }
}

TEST(OpenClConv, Transposed) {
  HEADWAY_OPEN_DEVICE(context);
  const std::vector<Case> cases = {
      {"[2,3,4,5]", "[3,6,3,3]", "[6]", "strides = [2, 2], pads = [1, 1, 1, 1]"},
      {"[1,4,4,5]", "[4,3,2,3]", "[6]", "group = 2, strides = [1, 3], output_padding = [0, 1]"},
      {"[1,4,4,5]", "[4,3,3,2]", "", "dilations = [2, 3], strides = [2, 1]"},
      {"[1,4,4,5]", "[4,3,4,4]", "[3]", "strides = [2, 2], auto_pad = \"SAME_LOWER\""},
      {"[2,3,9]", "[3,4,4]", "[4]", "strides = [3]"},
      {"[1,2,3,4,3]", "[2,3,2,3,2]", "[3]", "strides = [2, 2, 2], pads = [0, 1, 0, 1, 1, 0]"}};
  for (const Case& c : cases) expect_conv(*context, c, "ConvTranspose");
}

}  // namespace
}  // namespace headway::opencl
