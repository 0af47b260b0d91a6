#include "backends/opencl/test_support.h"

namespace headway::opencl {
namespace {

constexpr const char* kTypes[] = {"float32", "uint8"};

/// Indices are random numbers from 0 to 7.
void expect_gathered(Context& context, const std::string& x, const std::string& indices,
                     const std::string& op) {
  expect_like_reference(
      context, concat("graph g (%x: ", x, ", %i: ", indices, ") -> (%y) { %y = ", op, " }"), 0);
}

TEST(OpenClGather, Rows) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* type : kTypes) {
    for (const char* index : {"int64", "int32"}) {
      expect_gathered(*context, concat(type, "[8,12]"), concat(index, "[2,3]"), "Gather(%x, %i)");
      expect_gathered(*context, concat(type, "[3,9,5]"), concat(index, "[]"),
                      "Gather(%x, %i) {axis = 1}");
      expect_gathered(*context, concat(type, "[3,8]"), concat(index, "[70]"),
                      "Gather(%x, %i) {axis = -1}");
    }
  }
}

TEST(OpenClGather, IndicesFromTheEndAndOutOfRange) {
  HEADWAY_OPEN_DEVICE(context);
  Graph graph =
      parse_graph("graph g (%x: float32[3], %i: int64[4]) -> (%y) { %y = Gather(%x, %i) }");
  infer_types(graph);
  const std::vector<Tensor> y = run_on_device(*context, graph,
                                              {Tensor::from<float>({3}, {1.0F, 2.0F, 3.0F}),
                                               Tensor::from<std::int64_t>({4}, {-1, -3, 3, -4})});
  ASSERT_EQ(y.size(), 1);
  const std::span<const float> taken = y[0].values<float>();
  EXPECT_EQ(std::vector<float>(taken.begin(), taken.end()),
            (std::vector<float>{3.0F, 1.0F, 0.0F, 0.0F}));
}

TEST(OpenClGather, Elements) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* type : kTypes) {
    expect_gathered(*context, concat(type, "[3,9,5]"), "int64[2,7,4]",
                    "GatherElements(%x, %i) {axis = 1}");
    expect_gathered(*context, concat(type, "[8,5]"), "int32[11,5]",
                    "GatherElements(%x, %i) {axis = 0}");
  }
}

TEST(OpenClGather, Blocks) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* type : kTypes) {
    expect_gathered(*context, concat(type, "[8,9,5]"), "int64[3,2]", "GatherND(%x, %i)");
    expect_gathered(*context, concat(type, "[8,4]"), "int64[2,3,1]", "GatherND(%x, %i)");
    expect_gathered(*context, concat(type, "[3,8,4]"), "int64[3,2,1]",
                    "GatherND(%x, %i) {batch_dims = 1}");
  }
}

TEST(OpenClGather, Scattered) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* type : kTypes) {
    expect_like_reference(*context,
                          concat("graph g (%x: ", type, "[5,4], %u: ", type,
                                 "[2,4]) -> (%y) {\n"
                                 "%i: int64[2,1] = constant {3, -5}\n"
                                 "%y = ScatterND(%x, %i, %u) }"),
                          0);
    expect_like_reference(*context,
                          concat("graph g (%x: ", type, "[3,4], %u: ", type,
                                 "[2,3]) -> (%y) {\n"
                                 "%i: int64[2,3] = constant {3, 0, -2, 1, 2, 0}\n"
                                 "%y = ScatterElements(%x, %i, %u) {axis = 1} }"),
                          0);
  }
}

}  // namespace
}  // namespace headway::opencl
