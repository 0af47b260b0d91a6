#include "backends/opencl/test_support.h"
#include "passes/fuse_elementwise.h"

namespace headway::opencl {
namespace {

/// `inputs`: "%a: float32[3], …", which `names` repeats without the types.
void expect_one_kernel(Context& context, const std::string& inputs, const std::string& names,
                       const std::string& body) {
  expect_like_reference(context,
                        concat("graph g (", inputs, ") -> (%z) { %z = headway.Elementwise(", names,
                               ") {body = graph b (", inputs, ") -> (%y) {\n", body, " }} }"));
}

TEST(OpenClElementwise, Chains) {
  HEADWAY_OPEN_DEVICE(context);
  for (const auto& [a, b, c] :
       {std::tuple{"[3,5,7]", "[7]", "[]"}, std::tuple{"[2,1,4]", "[2,3,4]", "[1,3,1]"},
        std::tuple{"[129]", "[129]", "[1]"}}) {
    expect_one_kernel(*context, concat("%a: float32", a, ", %b: float32", b, ", %c: float32", c),
                      "%a, %b, %c",
                      "%l: float32[] = constant {-1.0}\n%s = Add(%a, %b)\n%k = Clip(%s, %l)\n"
                      "%t = Mul(%k, %c)\n%e = Erf(%t)\n%u = LeakyRelu(%e) {alpha = 0.3}\n"
                      "%y = Sub(%u, %s)");
  }
}

TEST(OpenClElementwise, Choices) {
  HEADWAY_OPEN_DEVICE(context);
  expect_one_kernel(*context, "%a: float32[3,5], %b: float32[3,5], %m: bool[5]", "%a, %b, %m",
                    "%l = Less(%a, %b)\n%n = Not(%l)\n%o = Or(%n, %m)\n%x = Max(%a, %b)\n"
                    "%y = Where(%o, %x, %a)");
  expect_one_kernel(*context, "%a: float32[70], %b: float32[70]", "%a, %b",
                    "%d = Div(%a, %b)\n%y = GreaterOrEqual(%d, %a)");
}

}  // namespace
}  // namespace headway::opencl
