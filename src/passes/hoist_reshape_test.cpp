#include "passes/pass_testing.h"
#include "passes/passes.h"

namespace headway {
namespace {

std::string net(const std::string& body, const std::string& outputs = "%y") {
  return "graph net (%x: float32[2,3,4], %f: float32[6,4]) -> (" + outputs + R"() {
    %w: float32[5,4] = constant random(1)
    %v: float32[4,5] = constant random(2)
    %b: float32[5] = constant random(3)
    %column: float32[6,1] = constant random(4)
    %rows: int64[2] = constant {6, 4}
    %back: int64[3] = constant {2, 3, 5}
    %split: int64[3] = constant {6, 5, 1}
  )" + body +
         "\n}\n";
}

TEST(HoistReshape, LinearLayerOfFlattenedRows) {
  EXPECT_EQ(operators_after(kHoistReshape, net("%r = Reshape(%x, %rows)\n"
                                               "%g = Gemm(%r, %w, %b) {transB = 1}\n"
                                               "%y = Reshape(%g, %back)")),
            "FusedMatMul");
}

TEST(HoistReshape, BeforeProductsOfOtherShapes) {
  EXPECT_EQ(operators_after(kHoistReshape, net("%m = MatMul(%f, %v)\n%y = Reshape(%m, %back)")),
            "Reshape FusedMatMul");
  EXPECT_EQ(operators_after(kHoistReshape, net("%m = headway.FusedMatMul(%f, %v, %b) "
                                               "{activation = \"Relu\"}\n%y = Reshape(%m, %back)")),
            "Reshape FusedMatMul");
}

TEST(HoistReshape, LeavesRowsThatAreTornApart) {
  EXPECT_EQ(operators_after(kHoistReshape, net("%m = MatMul(%f, %v)\n%y = Reshape(%m, %split)")),
            "MatMul Reshape");
}

TEST(HoistReshape, LeavesOtherSumsAndScales) {
  EXPECT_EQ(operators_after(kHoistReshape, net("%g = Gemm(%f, %v, %column)\n"
                                               "%y = Reshape(%g, %back)")),
            "Gemm Reshape");
  EXPECT_EQ(operators_after(kHoistReshape, net("%g = Gemm(%f, %v, %b) {alpha = 0.5}\n"
                                               "%y = Reshape(%g, %back)")),
            "Gemm Reshape");
}

TEST(HoistReshape, LeavesProductsThatOthersRead) {
  EXPECT_EQ(
      operators_after(kHoistReshape, net("%m = MatMul(%f, %v)\n%y = Reshape(%m, %back)", "%y, %m")),
      "MatMul Reshape");
}

TEST(TransposeToReshape, OfAxesOfExtentOne) {
  EXPECT_EQ(operators_after(kTransposeToReshape,
                            "graph net (%x: float32[1,3,4]) -> (%y) {\n"
                            "%y = Transpose(%x) {perm = [1, 0, 2]}\n}"),
            "Reshape");
  EXPECT_EQ(operators_after(kTransposeToReshape,
                            "graph net (%x: float32[0,1,3]) -> (%y) {\n"
                            "%y = Transpose(%x) {perm = [1, 0, 2]}\n}"),
            "Reshape");
  EXPECT_EQ(operators_after(kTransposeToReshape,
                            "graph net (%x: float32[2,3,1]) -> (%y) {\n"
                            "%y = Transpose(%x) {perm = [1, 0, 2]}\n}"),
            "Transpose");
  EXPECT_EQ(operators_after(kTransposeToReshape,
                            "graph net (%x: float32[N,3,1]) -> (%y) {\n"
                            "%y = Transpose(%x) {perm = [2, 0, 1]}\n}"),
            "Transpose");
}

}  // namespace
}  // namespace headway
