#include <functional>

#include "engine_testing.h"

namespace headway {
namespace {

const std::string kNet = R"(graph net (%image: float32[N,3], %mask: int64[N]) -> (%y, %mask) {
  %y = Relu(%image)
})";

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return error.what();
  }
  return "accepted";
}

class BadInput : public testing::Test {
 protected:
  std::string run(const std::vector<Tensor>& inputs) {
    return error_of([&] { session_.run(inputs); });
  }

  Tensor image_ = random_tensor({2, 3}, 1);
  Tensor mask_ = Tensor::zeros(DType::kInt64, {2});
  Program program_ = model_of(kNet).compile();
  Session session_{program_};
};

TEST_F(BadInput, TheCountIsSaid) {
  EXPECT_EQ(run({image_}), "the model has 2 inputs, but 1 tensors were given");
}

TEST_F(BadInput, TheDtypeIsSaid) {
  EXPECT_EQ(run({mask_, mask_}), "input 'image' is float32, but a int64 tensor was given");
}

TEST_F(BadInput, TheShapeIsSaid) {
  EXPECT_EQ(run({random_tensor({2, 4}, 1), mask_}),
            "input 'image' has the shape Nx3, but a tensor of shape 2x4 was given");
  EXPECT_EQ(run({random_tensor({3}, 1), mask_}),
            "input 'image' has the shape Nx3, but a tensor of shape 3 was given");
}

TEST_F(BadInput, ContradictingSymbolsAreRefused) {
  EXPECT_NE(run({image_, Tensor::zeros(DType::kInt64, {3})}).find("'mask'"), std::string::npos);
}

TEST_F(BadInput, EmptyHandlesAreRefused) {
  EXPECT_EQ(run({image_, Tensor()}), "input 'mask' was given an empty tensor");
}

TEST_F(BadInput, UnalignedElementsAreRefused) {
  std::vector<char> bytes(64);
  auto* address = bytes.data();
  if (reinterpret_cast<std::uintptr_t>(address) % 4 == 0) ++address;
  EXPECT_EQ(run({Tensor::borrow(address, DType::kFloat32, {2, 3}, nullptr), mask_}),
            "input 'image' lies at an address that is not a multiple of its element size; clone() "
            "it first");
}

TEST_F(BadInput, TheSessionSurvives) {
  run({image_});
  run({mask_, mask_});
  const auto outputs = session_.run(std::vector<Tensor>{image_, mask_});
  EXPECT_EQ(outputs[0].shape(), (Shape{2, 3}));
  EXPECT_EQ(outputs[1].dtype(), DType::kInt64);
  EXPECT_NE(outputs[1].raw(), mask_.raw());
}

TEST(BadOptions, NegativeThreads) {
  EXPECT_EQ(error_of([] { model_of(kNet).compile({.threads = -1}); }),
            "cannot compile for -1 threads; give a positive number, or 0 for all processors");
}

TEST(BadOptions, UnknownPass) {
  const ScopedVariable passes("HEADWAY_PASSES", "-fold-pad,-no-such-pass");
  EXPECT_NE(error_of([] { model_of(kNet).compile(); }).find("'-no-such-pass'"), std::string::npos);
}

}  // namespace
}  // namespace headway
