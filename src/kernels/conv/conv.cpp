#include "kernels/conv/conv.h"

#include <algorithm>
#include <cstring>

#include "kernels/conv/product.h"
#include "kernels/depthwise/depthwise.h"

namespace headway {
namespace {

/// Vector lanes computed per lane used, in eighths.
std::int64_t waste(std::int64_t size, int width) {
  return (size + width - 1) / width * width * 8 / size;
}

}  // namespace

Conv::Conv(const ConvShape& shape, const InnerLoops& loops) noexcept
    : shape_(shape), loops_(&loops), algorithm_(Algorithm::kVectorOverImage) {
  const std::int64_t image = shape.out_height * shape.out_width;
  const std::int64_t channels = shape.out_channels / shape.groups;
  if (shape.in_channels == shape.groups && image > 0) {
    algorithm_ = Algorithm::kDepthwise;
  } else if (image > 0 && channels > 0 &&
             waste(image, loops.width) > waste(channels, loops.width)) {
    algorithm_ = Algorithm::kVectorOverChannels;
  }
}

std::size_t Conv::packed_size() const noexcept {
  switch (algorithm_) {
    case Algorithm::kDepthwise:
      return static_cast<std::size_t>(shape_.out_channels * shape_.kernel_height *
                                      shape_.kernel_width);
    case Algorithm::kVectorOverImage:
      return static_cast<std::size_t>(shape_.groups *
                                      over_image(shape_, *loops_).packed_rows_size());
    case Algorithm::kVectorOverChannels:
      return static_cast<std::size_t>(shape_.groups *
                                      over_channels(shape_, *loops_).packed_columns_size());
  }
  return 0;
}

void Conv::pack(const float* weights, float* packed) const noexcept {
  if (algorithm_ == Algorithm::kDepthwise) {
    std::memcpy(packed, weights, packed_size() * sizeof(float));
    return;
  }
  const std::size_t per_group = packed_size() / static_cast<std::size_t>(shape_.groups);
  for (std::int64_t group = 0; group < shape_.groups; ++group, packed += per_group) {
    if (algorithm_ == Algorithm::kVectorOverImage) {
      const Panels panels = over_image(shape_, *loops_);
      pack_rows(*loops_, panels, {weights + group * panels.m * panels.k, panels.k, false}, packed);
    } else {
      const Panels panels = over_channels(shape_, *loops_);
      pack_columns(*loops_, panels, {weights + group * panels.n * panels.k, panels.k, true}, 1,
                   packed);
    }
  }
}

std::size_t Conv::scratch_bytes(int threads) const noexcept {
  switch (algorithm_) {
    case Algorithm::kDepthwise:
      return depthwise_scratch_bytes(shape_, *loops_, threads);
    case Algorithm::kVectorOverImage:
      return over_image_scratch_bytes(shape_, *loops_, threads);
    case Algorithm::kVectorOverChannels:
      return over_channels_scratch_bytes(shape_, *loops_, threads);
  }
  return 0;
}

void Conv::run(const KernelContext& context, const float* input, const float* packed,
               const Epilogue& epilogue, float* output, void* scratch) const noexcept {
  if (shape_.batch * shape_.out_channels * shape_.out_height * shape_.out_width == 0) return;
  const ConvOperands operands{input, packed, epilogue, output, scratch};
  switch (algorithm_) {
    case Algorithm::kDepthwise:
      return depthwise(context, shape_, input, packed, epilogue, output, scratch);
    case Algorithm::kVectorOverImage:
      return conv_over_image(context, shape_, operands);
    case Algorithm::kVectorOverChannels:
      return conv_over_channels(context, shape_, operands);
  }
}

const char* Conv::algorithm() const noexcept {
  switch (algorithm_) {
    case Algorithm::kDepthwise:
      return "depthwise";
    case Algorithm::kVectorOverImage:
      return "gemm over image";
    case Algorithm::kVectorOverChannels:
      return "gemm over channels";
  }
  return "";
}

}  // namespace headway
