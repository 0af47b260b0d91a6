#include "passes/pass_testing.h"
#include "passes/passes.h"

namespace headway {
namespace {

std::string net(const std::string& body, const std::string& outputs = "%y") {
  return "graph net (%x: float32[2,1,4]) -> (" + outputs + ") {\n" + body + "\n}\n";
}

TEST(RemoveNoOp, RemovesDecoration) {
  for (const std::string op :
       {"Identity(%x)", "Dropout(%x)", "Cast(%x) {to = 1}", "Concat(%x) {axis = 0}", "Sum(%x)",
        "Transpose(%x) {perm = [0, 1, 2]}"}) {
    EXPECT_EQ(operators_after(kRemoveNoOp, net("%a = " + op + "\n%y = Relu(%a)")), "Relu") << op;
  }
}

TEST(RemoveNoOp, RemovesReshapesToTheSameShape) {
  EXPECT_EQ(operators_after(kRemoveNoOp, net("%s: int64[3] = constant {2, 1, 4}\n"
                                             "%a = Reshape(%x, %s)\n%b = Expand(%a, %s)\n"
                                             "%y = Relu(%b)")),
            "Relu");
}

TEST(RemoveNoOp, RemovesEmptyPads) {
  EXPECT_EQ(operators_after(kRemoveNoOp, net("%p: int64[6] = constant splat(0)\n"
                                             "%a = Pad(%x, %p)\n%y = Relu(%a)")),
            "Relu");
}

TEST(RemoveNoOp, KeepsTheNameOfAnOutput) {
  EXPECT_EQ(operators_after(kRemoveNoOp, net("%a = Relu(%x)\n%y = Identity(%a)")), "Relu");
}

TEST(RemoveNoOp, KeepsAnInputThatIsHandedThrough) {
  EXPECT_EQ(operators_after(kRemoveNoOp, net("%y = Identity(%x)")), "Identity");
}

TEST(RemoveNoOp, KeepsTwoNamesForOneValue) {
  EXPECT_EQ(operators_after(kRemoveNoOp, net("%y = Relu(%x)\n%z = Identity(%y)", "%y, %z")),
            "Relu Identity");
}

TEST(RemoveNoOp, KeepsWhatDoesSomething) {
  for (const std::string op :
       {"Cast(%x) {to = 11}", "Concat(%x, %x) {axis = 0}", "Transpose(%x) {perm = [1, 0, 2]}",
        "Transpose(%x)", "Transpose(%x) {perm = [-1, 0, 1]}", "Flatten(%x)"}) {
    const std::string name = op.substr(0, op.find('('));
    EXPECT_EQ(operators_after(kRemoveNoOp, net("%a = " + op + "\n%y = Relu(%a)")), name + " Relu")
        << op;
  }
}

TEST(RemoveNoOp, KeepsRealPads) {
  EXPECT_EQ(operators_after(kRemoveNoOp, net("%p: int64[6] = constant {0, 0, 1, 0, 0, -1}\n"
                                             "%a = Pad(%x, %p)\n%y = Relu(%a)")),
            "Pad Relu");
}

}  // namespace
}  // namespace headway
