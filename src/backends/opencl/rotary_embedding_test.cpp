#include "backends/opencl/test_support.h"

namespace headway::opencl {
namespace {

TEST(OpenClRotaryEmbedding, LayoutsAndPositions) {
  HEADWAY_OPEN_DEVICE(context);
  for (const int interleaved : {0, 1}) {
    for (const auto& [x, more] :
         {std::pair{"[2,3,5,8]", ""}, std::pair{"[2,5,24]", ", num_heads = 3"}}) {
      expect_like_reference(*context,
                            concat("graph g (%x: float32", x,
                                   ", %c: float32[8,4], %s: float32[8,4]"
                                   ", %p: int64[2,5]) -> (%y) {\n%y = RotaryEmbedding(%x, %c, %s, "
                                   "%p) {interleaved = ",
                                   interleaved, more, "} }"));
      expect_like_reference(*context,
                            concat("graph g (%x: float32", x,
                                   ", %c: float32[2,5,3], %s: "
                                   "float32[2,5,3]) -> (%y) {\n%y = RotaryEmbedding(%x, %c, %s) "
                                   "{rotary_embedding_dim = 6, interleaved = ",
                                   interleaved, more, "} }"));
    }
  }
}

}  // namespace
}  // namespace headway::opencl
