#include "backends/opencl/test_support.h"

namespace headway::opencl {
namespace {

void expect_resized(Context& context, const std::string& x, const std::string& scales,
                    const std::string& attributes) {
  const auto axes = 1 + std::count(scales.begin(), scales.end(), ',');
  expect_like_reference(
      context, concat("graph g (%x: ", x, ") -> (%y) {\n%s: float32[", axes, "] = constant ",
                      scales, "\n%y = Resize(%x, _, %s) {", attributes, "} }"));
}

TEST(OpenClResize, TwoAxes) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* mode : {"nearest", "linear", "cubic"}) {
    for (const char* coordinates : {"half_pixel", "align_corners", "asymmetric"}) {
      for (const char* scales : {"{1.0, 1.0, 2.0, 2.0}", "{1.0, 1.0, 0.6, 1.7}"}) {
        expect_resized(*context, "float32[2,3,5,7]", scales,
                       concat("mode = \"", mode, "\", coordinate_transformation_mode = \"",
                              coordinates, "\""));
      }
    }
  }
  expect_resized(*context, "float32[2,3,9,7]", "{1.0, 1.0, 0.4, 0.5}",
                 "mode = \"linear\", antialias = 1");
}

TEST(OpenClResize, OtherRanksAndTypes) {
  HEADWAY_OPEN_DEVICE(context);
  expect_resized(*context, "float32[2,3,7]", "{1.0, 1.0, 2.5}", "mode = \"linear\"");
  expect_resized(*context, "float32[1,2,3,4,5]", "{1.0, 1.0, 2.0, 1.5, 0.7}", "mode = \"linear\"");
  expect_resized(*context, "uint8[2,3,5]", "{1.0, 2.0, 2.0}", "mode = \"nearest\"");
  expect_resized(*context, "float32[2,1,2,3,4,5]", "{1.0, 1.0, 1.0, 1.0, 2.0, 2.0}",
                 "mode = \"nearest\"");
}

}  // namespace
}  // namespace headway::opencl
