#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "headway/tensor.h"

namespace headway {

/// Pixels as read from a file: rows of interleaved channels, 0 to 255.
struct Image {
  std::int64_t width = 0, height = 0, channels = 0;
  std::vector<float> pixels;
};

/// Reads a JPEG or PNG of at most 100 megapixels with 1 (grey) or 3 (red, green, blue) channels,
/// whatever the file holds. Throws Error naming the file.
Image read_image(const std::filesystem::path& file, std::int64_t channels);

/// Whether the file begins like a JPEG or PNG. False if it cannot be read.
bool is_image(const std::filesystem::path& file);

/// Scales the shorter side to `size`: bilinear, and averaging over all source pixels when it gets
/// smaller, as PIL and torchvision do.
Image resize_shorter_side(const Image& image, std::int64_t size);

/// The middle of the image. Throws Error(kInvalidArgument) if the image is smaller.
Image crop_center(const Image& image, std::int64_t height, std::int64_t width);

/// How pixels become the elements of an input.
struct PixelOptions {
  std::vector<float> mean;  ///< One per channel, or one for all; for pixels from 0 to 1.
  std::vector<float> deviation;
  bool channels_last = false;     ///< HWC instead of CHW.
  bool reverse_channels = false;  ///< Blue, green, red.
};

/// A batch of one. Floating-point elements are (pixel / 255 - mean) / deviation; uint8 elements are
/// the pixels. Throws Error(kInvalidArgument) for another dtype or a wrong number of means.
Tensor to_tensor(const Image& image, DType dtype, const PixelOptions& options);

}  // namespace headway
