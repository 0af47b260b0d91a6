#include "ops/op_testing.h"
#include "ops/slice_ranges.h"

namespace headway {
namespace {

TEST(Transpose, TwiceIsTheIdentity) {
  const Tensor x = random_floats({2, 3, 4, 5});
  const Tensor y = run_op("Transpose", {x}, {{"perm", list({2, 0, 3, 1})}});
  EXPECT_EQ(y.shape(), (Shape{4, 2, 5, 3}));
  expect_near(run_op("Transpose", {y}, {{"perm", list({1, 3, 0, 2})}}), x, 0.0);
  expect_near(run_op("Transpose", {floats({2, 2}, {1, 2, 3, 4})}), floats({2, 2}, {1, 3, 2, 4}));
  expect_error(ErrorCode::kInvalidModel, {"axis 0 is given twice"}, [&] {
    run_op("Transpose", {x}, {{"perm", list({0, 0, 1, 2})}});
  });
  expect_error(ErrorCode::kInvalidModel, {"perm has 3 entries", "rank 4"}, [&] {
    run_op("Transpose", {x}, {{"perm", list({0, 1, 2})}});
  });
}

TEST(Concat, UndoesSplit) {
  const Tensor x = random_floats({2, 7, 3});
  for (const std::int64_t axis : {1, -2}) {
    const std::vector<Tensor> parts = run_all("Split", {x, ints({4, 0, 3})}, {{"axis", axis}}, 3);
    EXPECT_EQ(parts[1].shape(), (Shape{2, 0, 3}));
    expect_near(run_op("Concat", parts, {{"axis", axis}}), x, 0.0);
  }
  const std::vector<Tensor> equal = run_all("Split", {x}, {{"axis", std::int64_t{1}}}, 3);
  EXPECT_EQ(equal[0].dim(1), 3);
  EXPECT_EQ(equal[2].dim(1), 1);
}

TEST(Concat, KeepsSymbolsAndRefusesMismatches) {
  const auto infer = [](std::vector<Dim> a, std::vector<Dim> b) {
    return OneNode("Concat", {type_of(a), type_of(b)}, {{"axis", std::int64_t{1}}})
        .infer()
        .to_string();
  };
  EXPECT_EQ(infer({symbol("N"), 3, Dim()}, {symbol("N"), 5, 8}), "float32[N,8,8]");
  EXPECT_EQ(infer({symbol("N"), symbol("C")}, {symbol("N"), 5}), "float32[N,?]");
  expect_error(ErrorCode::kInvalidModel, {"input 1", "along axis 0"}, [&] {
    infer({2, 3}, {3, 3});
  });
  expect_error(ErrorCode::kInvalidModel, {"rank differs"}, [&] { infer({2, 3}, {2, 3, 1}); });
  expect_error(ErrorCode::kInvalidModel, {"split do not add up to 2 parts of 5"}, [] {
    run_all("Split", {ints({1, 2, 3, 4, 5}), ints({2, 2})}, {}, 2);
  });
}

TEST(Slice, RangesAreClamped) {
  EXPECT_EQ(resolve_slice(1, 4, 1, 10), (SliceRange{1, 1, 3}));
  EXPECT_EQ(resolve_slice(-3, INT64_MAX, 1, 10), (SliceRange{7, 1, 3}));
  EXPECT_EQ(resolve_slice(0, 10, 3, 10), (SliceRange{0, 3, 4}));
  EXPECT_EQ(resolve_slice(INT64_MAX, INT64_MIN, -1, 4), (SliceRange{3, -1, 4}));
  EXPECT_EQ(resolve_slice(9, -100, -4, 10), (SliceRange{9, -4, 3}));
  EXPECT_EQ(resolve_slice(5, 2, 1, 10).count, 0);
  EXPECT_EQ(resolve_slice(0, 5, 1, 0).count, 0);
  EXPECT_EQ(resolve_slice(0, INT64_MIN, INT64_MIN, 5).count, 1);
  EXPECT_EQ(resolve_slice(0, INT64_MAX, INT64_MAX, 5).count, 1);
}

TEST(Slice, TakesBackwardsAndSeveralAxes) {
  const Tensor x = floats({2, 3}, {1, 2, 3, 4, 5, 6});
  expect_near(
      run_op("Slice", {x, ints({-1, 0}), ints({INT64_MIN, 2}), ints({1, 0}), ints({-2, 1})}),
      floats({2, 2}, {3, 1, 6, 4}));
  expect_near(run_op("Slice", {x, ints({1}), ints({2})}), floats({1, 3}, {4, 5, 6}));
  EXPECT_EQ(run_op("Slice", {x, ints({2}), ints({9})}).shape(), (Shape{0, 3}));
  expect_error(ErrorCode::kInvalidModel, {"step is 0"}, [&] {
    run_op("Slice", {x, ints({0}), ints({1}), ints({0}), ints({0})});
  });
  expect_error(ErrorCode::kInvalidModel, {"equally many"}, [&] {
    run_op("Slice", {x, ints({0}), ints({1, 2})});
  });
}

TEST(Gather, TakesAlongItsAxis) {
  const Tensor x = floats({2, 3}, {1, 2, 3, 4, 5, 6});
  expect_near(run_op("Gather", {x, ints({2, -3})}, {{"axis", std::int64_t{1}}}),
              floats({2, 2}, {3, 1, 6, 4}));
  expect_near(run_op("Gather", {x, Tensor::from<std::int64_t>({}, {1})}), floats({3}, {4, 5, 6}));
  expect_error(ErrorCode::kInvalidArgument, {"index 2", "extent 2"}, [&] {
    run_op("Gather", {x, ints({2})});
  });
}

TEST(Gather, ElementsAndBlocksAreUndoneByScatter) {
  const Tensor x = floats({2, 2}, {1, 2, 3, 4}), zeros = Tensor::zeros(DType::kFloat32, {2, 2});
  const Tensor swap = Tensor::from<std::int64_t>({2, 2}, {1, 0, 0, 1});
  const Attributes axis = {{"axis", std::int64_t{1}}};
  const Tensor taken = run_op("GatherElements", {x, swap}, axis);
  expect_near(taken, floats({2, 2}, {2, 1, 3, 4}));
  expect_near(run_op("ScatterElements", {zeros, swap, taken}, axis), x);
  const Tensor where = Tensor::from<std::int64_t>({2, 1}, {1, 0});
  const Tensor rows = run_op("GatherND", {x, where});
  expect_near(rows, floats({2, 2}, {3, 4, 1, 2}));
  expect_near(run_op("ScatterND", {zeros, where, rows}), x);
  expect_near(run_op("ScatterND", {x, Tensor::from<std::int64_t>({2, 1}, {0, 0}), x},
                     {{"reduction", std::string("add")}}),
              floats({2, 2}, {5, 8, 3, 4}));
  expect_error(ErrorCode::kInvalidModel, {"reduction is 'plus'"}, [&] {
    run_op("ScatterND", {x, where, rows}, {{"reduction", std::string("plus")}});
  });
  expect_error(ErrorCode::kInvalidModel, {"address 4", "have 2"}, [&] {
    run_op("ScatterND", {x, where, floats({2}, {1, 2})});
  });
}

TEST(Scatter, ExtremesKeepNan) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const Tensor where = Tensor::from<std::int64_t>({2}, {0, 1});
  for (const char* reduction : {"max", "min"}) {
    const Tensor y =
        run_op("ScatterElements", {floats({2}, {1, kNan}), where, floats({2}, {kNan, 1})},
               {{"reduction", std::string(reduction)}});
    EXPECT_TRUE(std::isnan(y.data<float>()[0]) && std::isnan(y.data<float>()[1])) << reduction;
  }
}

TEST(Pad, Modes) {
  const Tensor x = floats({3}, {1, 2, 3});
  const auto pad = [&](const char* mode, const Tensor& pads) {
    return run_op("Pad", {x, pads}, {{"mode", std::string(mode)}});
  };
  expect_near(pad("constant", ints({1, 2})), floats({6}, {0, 1, 2, 3, 0, 0}));
  expect_near(pad("edge", ints({1, 2})), floats({6}, {1, 1, 2, 3, 3, 3}));
  expect_near(pad("reflect", ints({2, 3})), floats({8}, {3, 2, 1, 2, 3, 2, 1, 2}));
  expect_near(pad("wrap", ints({2, 1})), floats({6}, {2, 3, 1, 2, 3, 1}));
  expect_near(pad("constant", ints({-1, 1})), floats({3}, {2, 3, 0}));
  expect_near(run_op("Pad", {floats({1, 2}, {1, 2}), ints({0, 1}), floats({}, {7}), ints({-1})}),
              floats({1, 3}, {1, 2, 7}));
  expect_error(ErrorCode::kInvalidModel, {"mode is 'mirror'"}, [&] {
    pad("mirror", ints({1, 1}));
  });
  expect_error(ErrorCode::kInvalidModel, {"pads has 1"}, [&] { pad("edge", ints({1})); });
  expect_error(ErrorCode::kInvalidModel, {"less than nothing"}, [&] {
    pad("constant", ints({-2, -2}));
  });
}

TEST(Tile, Repeats) {
  expect_near(run_op("Tile", {floats({1, 2}, {1, 2}), ints({2, 2})}),
              floats({2, 4}, {1, 2, 1, 2, 1, 2, 1, 2}));
  EXPECT_EQ(run_op("Tile", {floats({2}, {1, 2}), ints({0})}).shape(), (Shape{0}));
}

TEST(DepthToSpace, UndoesSpaceToDepth) {
  const Tensor x = random_floats({2, 3, 4, 6});
  const Attributes block = {{"blocksize", std::int64_t{2}}};
  const Tensor deep = run_op("SpaceToDepth", {x}, block);
  EXPECT_EQ(deep.shape(), (Shape{2, 12, 2, 3}));
  expect_near(run_op("DepthToSpace", {deep}, block), x, 0.0);
  const Tensor channels = floats({1, 4, 1, 1}, {1, 2, 3, 4});
  expect_near(run_op("DepthToSpace", {channels},
                     {{"blocksize", std::int64_t{2}}, {"mode", std::string("CRD")}}),
              floats({1, 1, 2, 2}, {1, 2, 3, 4}));
  expect_error(ErrorCode::kInvalidModel, {"extent 3 is not a multiple of 4"},
               [&] { run_op("DepthToSpace", {x}, block); });
}

}  // namespace
}  // namespace headway
