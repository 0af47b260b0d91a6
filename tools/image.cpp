#include "image.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <limits>
#include <memory>

#include <stb/stb_image.h>

#include "base/error.h"
#include "base/mapped_file.h"

namespace headway {
namespace {

constexpr std::int64_t kMaxPixels = 100'000'000;

/// The weights with which source samples make up one destination sample.
struct Taps {
  std::int64_t first = 0;
  std::vector<float> weights;
};

/// A triangle filter, as wide as the destination sample is in the source but at least one sample.
std::vector<Taps> triangle_taps(std::int64_t source, std::int64_t destination) {
  const double scale = static_cast<double>(source) / static_cast<double>(destination);
  const double support = std::max(scale, 1.0);
  std::vector<Taps> all;
  for (std::int64_t i = 0; i < destination; ++i) {
    const double center = (static_cast<double>(i) + 0.5) * scale;
    const auto first = std::max<std::int64_t>(0, std::llround(center - support));
    const auto last =
        std::min(source, std::max(first + 1, std::int64_t{std::llround(center + support)}));
    Taps taps{first, {}};
    double sum = 0;
    for (std::int64_t s = first; s < last; ++s) {
      const double distance = std::abs((static_cast<double>(s) + 0.5 - center) / support);
      taps.weights.push_back(static_cast<float>(std::max(0.0, 1 - distance)));
      sum += taps.weights.back();
    }
    for (float& weight : taps.weights) weight /= static_cast<float>(sum);
    all.push_back(std::move(taps));
  }
  return all;
}

Image resize_rows(const Image& image, std::int64_t width) {
  const auto taps = triangle_taps(image.width, width);
  Image result{width, image.height, image.channels, {}};
  result.pixels.reserve(static_cast<std::size_t>(width * image.height * image.channels));
  for (std::int64_t y = 0; y < image.height; ++y) {
    const float* row = image.pixels.data() + y * image.width * image.channels;
    for (const Taps& tap : taps) {
      for (std::int64_t c = 0; c < image.channels; ++c) {
        float sum = 0;
        const float* source = row + tap.first * image.channels + c;
        for (std::size_t i = 0; i < tap.weights.size(); ++i)
          sum += tap.weights[i] * source[static_cast<std::int64_t>(i) * image.channels];
        result.pixels.push_back(sum);
      }
    }
  }
  return result;
}

Image resize_columns(const Image& image, std::int64_t height) {
  const std::int64_t stride = image.width * image.channels;
  Image result{image.width, height, image.channels,
               std::vector<float>(static_cast<std::size_t>(height * stride), 0.0f)};
  float* row = result.pixels.data();
  for (const Taps& tap : triangle_taps(image.height, height)) {
    const float* source = image.pixels.data() + tap.first * stride;
    for (const float weight : tap.weights) {
      for (std::int64_t x = 0; x < stride; ++x) row[x] += weight * source[x];
      source += stride;
    }
    row += stride;
  }
  return result;
}

float per_channel(const std::vector<float>& values, std::int64_t channel) {
  return values.size() == 1 ? values[0] : values[static_cast<std::size_t>(channel)];
}

void check_count(const char* flag, const std::vector<float>& values, std::int64_t channels) {
  if (values.size() == 1 || static_cast<std::int64_t>(values.size()) == channels) return;
  fail(ErrorCode::kInvalidArgument, flag, " has ", values.size(), " values for an image of ",
       channels, " channels");
}

}  // namespace

bool is_image(const std::filesystem::path& file) {
  std::array<char, 4> magic{};
  std::ifstream(file, std::ios::binary).read(magic.data(), magic.size());
  return std::string_view(magic.data(), 3) == "\xff\xd8\xff" ||
         std::string_view(magic.data(), 4) == "\x89PNG";
}

Image read_image(const std::filesystem::path& file, std::int64_t channels) {
  const auto mapped = MappedFile::open(file);
  if (mapped->size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    fail(ErrorCode::kInvalidArgument, "'", file.string(), "' is too large for an image");
  const auto* bytes = reinterpret_cast<const stbi_uc*>(mapped->bytes().data());
  const int size = static_cast<int>(mapped->size());
  int width = 0, height = 0, found = 0;
  if (stbi_info_from_memory(bytes, size, &width, &height, &found) == 0)
    fail(ErrorCode::kInvalidArgument, "'", file.string(),
         "' is not a JPEG or PNG that can be read (", stbi_failure_reason(), ")");
  if (std::int64_t{width} * height > kMaxPixels)
    fail(ErrorCode::kInvalidArgument, "'", file.string(), "' has ", width, "x", height,
         " pixels; at most 100 million are accepted");
  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
      stbi_load_from_memory(bytes, size, &width, &height, &found, static_cast<int>(channels)),
      stbi_image_free);
  if (pixels == nullptr)
    fail(ErrorCode::kInvalidArgument, "'", file.string(), "' is damaged (", stbi_failure_reason(),
         ")");
  const auto count = static_cast<std::size_t>(std::int64_t{width} * height * channels);
  return {width, height, channels, std::vector<float>(pixels.get(), pixels.get() + count)};
}

Image resize_shorter_side(const Image& image, std::int64_t size) {
  const std::int64_t shorter = std::min(image.width, image.height);
  const auto scaled = [&](std::int64_t side) {
    return side == shorter ? size : std::max<std::int64_t>(1, side * size / shorter);
  };
  const std::int64_t width = scaled(image.width), height = scaled(image.height);
  if (width * height > kMaxPixels)
    fail(ErrorCode::kInvalidArgument, "--resize ", size, " would make an image of ", width, "x",
         height, " pixels; at most 100 million are accepted");
  if (width == image.width && height == image.height) return image;
  return resize_columns(resize_rows(image, width), height);
}

Image crop_center(const Image& image, std::int64_t height, std::int64_t width) {
  if (height > image.height || width > image.width)
    fail(ErrorCode::kInvalidArgument, "an image of ", image.width, "x", image.height,
         " pixels cannot be cropped to ", width, "x", height, "; choose a larger --resize");
  const std::int64_t top = (image.height - height) / 2, left = (image.width - width) / 2;
  Image result{width, height, image.channels, {}};
  result.pixels.reserve(static_cast<std::size_t>(width * height * image.channels));
  for (std::int64_t y = 0; y < height; ++y) {
    const float* row = image.pixels.data() + ((top + y) * image.width + left) * image.channels;
    result.pixels.insert(result.pixels.end(), row, row + width * image.channels);
  }
  return result;
}

Tensor to_tensor(const Image& image, DType dtype, const PixelOptions& options) {
  check_count("--mean", options.mean, image.channels);
  check_count("--std", options.deviation, image.channels);
  const std::int64_t area = image.width * image.height, channels = image.channels;
  Shape shape = options.channels_last ? Shape{1, image.height, image.width, channels}
                                      : Shape{1, channels, image.height, image.width};
  Tensor tensor = Tensor::allocate(DType::kFloat32, std::move(shape));
  float* out = tensor.data<float>();
  for (std::int64_t c = 0; c < channels; ++c) {
    const std::int64_t source = options.reverse_channels ? channels - 1 - c : c;
    const float mean = per_channel(options.mean, c), deviation = per_channel(options.deviation, c);
    for (std::int64_t i = 0; i < area; ++i) {
      const float pixel = image.pixels[static_cast<std::size_t>(i * channels + source)];
      const float value =
          dtype == DType::kUInt8 ? std::round(pixel) : (pixel / 255.0f - mean) / deviation;
      out[options.channels_last ? i * channels + c : c * area + i] = value;
    }
  }
  if (dtype != DType::kUInt8 && !is_floating_point(dtype))
    fail(ErrorCode::kInvalidArgument, "an image cannot be an input of dtype ", name_of(dtype));
  return tensor.to(dtype);
}

}  // namespace headway
