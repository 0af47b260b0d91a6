#include "passes/pass_testing.h"
#include "passes/passes.h"

namespace headway {
namespace {

/// Two entries, two heads of four, five tokens; Q, K and V packed in rows of 24, tokens first.
const std::string kAttention = R"(headway.FusedAttention(%p, %p, %p) {
    extents = [2, 2, 5, 5, 4, 4], q_strides = [0, 24, 4, 48], k_strides = [8, 24, 4, 48],
    v_strides = [16, 24, 4, 48], y_strides = [0, 40, 20, 4], output_shape = [4, 5, 4]}
)";

std::string net(const std::string& body, const std::string& outputs = "%y") {
  return "graph net (%x: float32[2,5,6], %f: float32[5,2,24]) -> (" + outputs + R"() {
    %w: float32[6,24] = constant random(1)
    %b: float32[24] = constant random(2)
    %o: float32[8,3] = constant random(3)
    %rows: int64[3] = constant {5, 2, 8}
    %flat: int64[2] = constant {10, 8}
  )" + body +
         "\n}\n";
}

TEST(AbsorbTranspose, BeforeTheProductOfPackedOperands) {
  EXPECT_EQ(operators_after(kAbsorbTranspose,
                            net("%t = Transpose(%x) {perm = [1, 0, 2]}\n%p = MatMul(%t, %w)\n"
                                "%y = " +
                                kAttention)),
            "MatMul FusedAttention");
  EXPECT_EQ(operators_after(kAbsorbTranspose, net("%t = Transpose(%x) {perm = [1, 0, 2]}\n"
                                                  "%p = headway.FusedMatMul(%t, %w, %b)\n%y = " +
                                                  kAttention)),
            "FusedMatMul FusedAttention");
}

TEST(AbsorbTranspose, OfTheResult) {
  EXPECT_EQ(operators_after(kAbsorbTranspose, net("%p = Identity(%f)\n%a = " + kAttention +
                                                  "%y = Transpose(%a) {perm = [1, 0, 2]}")),
            "Identity FusedAttention");
}

TEST(AbsorbTranspose, AfterTheProductOfTheResult) {
  const std::string attention = "%p = Identity(%f)\n%a = " + kAttention;
  EXPECT_EQ(operators_after(kAbsorbTranspose,
                            net(attention + "%s = Transpose(%a) {perm = [1, 0, 2]}\n"
                                            "%r = Reshape(%s, %rows)\n%m = MatMul(%r, %o)\n"
                                            "%y = Transpose(%m) {perm = [1, 0, 2]}")),
            "Identity FusedAttention MatMul");
}

TEST(AbsorbTranspose, LeavesRowsThatAreTornApart) {
  EXPECT_EQ(operators_after(kAbsorbTranspose,
                            net("%t = Transpose(%x) {perm = [1, 2, 0]}\n"
                                "%n: float32[2,24] = constant random(5)\n%q = MatMul(%t, %n)\n"
                                "%s: int64[3] = constant {15, 2, 24}\n%p = Reshape(%q, %s)\n%y = " +
                                kAttention)),
            "Transpose MatMul Reshape FusedAttention");
  EXPECT_EQ(operators_after(kAbsorbTranspose,
                            net("%p = Identity(%f)\n%a = " + kAttention +
                                "%s: int64[2] = constant {20, 4}\n%r = Reshape(%a, %s)\n"
                                "%y = Transpose(%r)")),
            "Identity FusedAttention Reshape Transpose");
}

TEST(AbsorbTranspose, LeavesResultsThatOthersRead) {
  EXPECT_EQ(operators_after(kAbsorbTranspose, net("%p = Identity(%f)\n%a = " + kAttention +
                                                      "%y = Transpose(%a) {perm = [1, 0, 2]}",
                                                  "%y, %a")),
            "Identity FusedAttention Transpose");
}

}  // namespace
}  // namespace headway
