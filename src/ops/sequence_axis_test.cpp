#include "ops/op_testing.h"

namespace headway {
namespace {

TEST(ReverseSequence, ReversesOnlyWhatASequenceHas) {
  const Tensor x = floats({3, 2}, {1, 10, 2, 20, 3, 30});
  expect_near(run_op("ReverseSequence", {x, ints({2, 3})}), floats({3, 2}, {2, 30, 1, 20, 3, 10}));
}

TEST(ReverseSequence, TwiceIsIdentity) {
  const Tensor x = random_floats({3, 5, 2});
  const Attributes batch_first = {{"time_axis", std::int64_t{1}}, {"batch_axis", std::int64_t{0}}};
  const Tensor lengths = ints({5, 0, 3});
  const Tensor once = run_op("ReverseSequence", {x, lengths}, batch_first);
  expect_near(run_op("ReverseSequence", {once, lengths}, batch_first), x, 0.0);
  expect_error(ErrorCode::kInvalidArgument, {"sequence 1 has length 6"}, [&] {
    run_op("ReverseSequence", {x, ints({1, 6, 1})}, batch_first);
  });
}

TEST(TensorScatter, WritesAtEveryImagesIndex) {
  const Tensor cache = Tensor::zeros(DType::kFloat32, {2, 3, 1});
  const Tensor update = floats({2, 2, 1}, {1, 2, 3, 4});
  expect_near(run_op("TensorScatter", {cache, update}), floats({2, 3, 1}, {1, 2, 0, 3, 4, 0}));
  expect_near(run_op("TensorScatter", {cache, update, ints({1, 0})}),
              floats({2, 3, 1}, {0, 1, 2, 3, 4, 0}));
  expect_near(
      run_op("TensorScatter", {cache, update, ints({2, 1})}, {{"mode", std::string("circular")}}),
      floats({2, 3, 1}, {2, 0, 1, 0, 3, 4}));
  expect_error(ErrorCode::kInvalidArgument, {"do not fit"}, [&] {
    run_op("TensorScatter", {cache, update, ints({2, 1})});
  });
}

TEST(CenterCropPad, CropsWhatItPadded) {
  const Tensor x = random_floats({3, 4});
  const Tensor padded = run_op("CenterCropPad", {x, ints({6, 9})});
  EXPECT_EQ(padded.shape(), (Shape{6, 9}));
  expect_near(run_op("CenterCropPad", {padded, ints({3, 4})}), x, 0.0);
  expect_near(run_op("CenterCropPad", {floats({3}, {1, 2, 3}), ints({6})}),
              floats({6}, {0, 1, 2, 3, 0, 0}));
  expect_near(run_op("CenterCropPad", {floats({4}, {1, 2, 3, 4}), ints({1})}), floats({1}, {2}));
}

TEST(CenterCropPad, KeepsSymbolsOfOtherAxes) {
  OneNode one("CenterCropPad", {type_of({symbol("N"), 4}), type_of({1}, DType::kInt64)},
              {{"axes", list({-1})}});
  EXPECT_EQ(one.infer(), type_of({symbol("N"), Dim()}));
}

TEST(CumProd, HandComputed) {
  const Tensor x = floats({3}, {2, 3, 4});
  const Tensor axis = Tensor::from<std::int32_t>({}, {0});
  const Attributes exclusive = {{"exclusive", std::int64_t{1}}, {"reverse", std::int64_t{1}}};
  expect_near(run_op("CumProd", {x, axis}), floats({3}, {2, 6, 24}));
  expect_near(run_op("CumProd", {x, axis}, exclusive), floats({3}, {12, 4, 1}));
}

}  // namespace
}  // namespace headway
