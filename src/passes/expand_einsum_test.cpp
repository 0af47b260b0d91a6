#include "passes/pass_testing.h"
#include "passes/passes.h"

namespace headway {
namespace {

std::string product(const std::string& a, const std::string& b, const std::string& equation) {
  return "graph net (%a: float32" + a + ", %b: float32" + b +
         ") -> (%y) {\n%y = Einsum(%a, %b) {equation = \"" + equation + "\"}\n}";
}

TEST(ExpandEinsum, ContractionsOfTwoOperands) {
  const auto after = [](const std::string& text) { return operators_after(kExpandEinsum, text); };
  EXPECT_EQ(after(product("[2,3]", "[3,4]", "ij,jk->ik")), "MatMul");
  EXPECT_EQ(after(product("[2,3]", "[4,3]", "ij,kj->ik")), "Transpose MatMul");
  EXPECT_EQ(after(product("[3,2]", "[3,4]", "ij,ik")), "Transpose MatMul");
  EXPECT_EQ(after(product("[2,5,3]", "[2,3,4]", "bij,bjk->bik")), "MatMul");
  EXPECT_EQ(after(product("[2,3,5,4]", "[2,3,6,4]", "bhid,bhjd->bhij")),
            "Reshape Reshape Transpose MatMul Reshape");
  EXPECT_EQ(after(product("[2,5,3,4]", "[2,6,3,4]", "bihd,bjhd->bhij")),
            "Transpose Reshape Transpose Reshape Transpose MatMul Reshape");
  EXPECT_EQ(after(product("[2,5,3,4]", "[3,4,6]", "...hd,hde->...e")),
            "Reshape Reshape MatMul Reshape");
  EXPECT_EQ(after(product("[2]", "[3]", "i,j->ji")), "Reshape Reshape MatMul Transpose");
  EXPECT_EQ(after(product("[4]", "[4]", "i,i->")), "Reshape Reshape MatMul Reshape");
}

TEST(ExpandEinsum, LeavesWhatIsNoProduct) {
  for (const std::string& text :
       {product("[3,3]", "[3,4]", "ii,ik->k"), product("[2,3]", "[3,4]", "ij,jk->i"),
        product("[2,3]", "[1,4]", "ij,jk->ik")}) {
    EXPECT_EQ(operators_after(kExpandEinsum, text), "Einsum") << text;
  }
  EXPECT_EQ(operators_after(kExpandEinsum,
                            "graph net (%a: float32[2,3]) -> (%y) {\n"
                            "%y = Einsum(%a) {equation = \"ij->ji\"}\n}"),
            "Einsum");
}

}  // namespace
}  // namespace headway
