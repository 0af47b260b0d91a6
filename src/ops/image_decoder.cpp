#include <algorithm>
#include <limits>
#include <memory>

#include "ops/families.h"
#include "ops/rules.h"

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_NO_STDIO
#define STBI_ONLY_BMP
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_ONLY_PNM
#include <stb/stb_image.h>

namespace headway {
namespace {

constexpr std::int64_t kColors = 3;

void infer_image_decoder(InferContext& context) {
  require_dtype(context, 0, {DType::kUInt8});
  const std::string format = context.node().get_string("pixel_format", "RGB");
  if (format != "RGB" && format != "BGR" && format != "Grayscale")
    context.fail("pixel_format is '", format, "', but must be RGB, BGR or Grayscale");
  context.set_output(
      0, {DType::kUInt8, SymbolicShape{Dim(), Dim(), Dim(format == "Grayscale" ? 1 : kColors)}});
}

/// Luma of ITU-R BT.601, in 16 fractional bits.
std::uint8_t luma(const std::uint8_t* rgb) {
  return static_cast<std::uint8_t>((19595 * rgb[0] + 38470 * rgb[1] + 7471 * rgb[2] + 0x8000) >>
                                   16);
}

void write_pixels(std::span<const std::uint8_t> rgb, const std::string& format, Tensor& image) {
  std::uint8_t* out = image.data<std::uint8_t>();
  for (std::size_t i = 0; i < rgb.size(); i += kColors) {
    const std::uint8_t* pixel = rgb.data() + i;
    if (format == "Grayscale") {
      *out++ = luma(pixel);
    } else if (format == "BGR") {
      out = std::reverse_copy(pixel, pixel + kColors, out);
    } else {
      out = std::copy_n(pixel, kColors, out);
    }
  }
}

std::vector<Datum> evaluate_image_decoder(const Node& node, std::span<const Datum> inputs,
                                          EvaluateContext& context) {
  const std::span<const std::uint8_t> file = inputs[0].tensor().values<std::uint8_t>();
  const auto refuse = [&] {
    fail(ErrorCode::kInvalidArgument, node.described(),
         ": the picture cannot be decoded (BMP, JPEG, PNG and PNM can): ", stbi_failure_reason());
  };
  const auto size =
      static_cast<int>(std::min<std::size_t>(file.size(), std::numeric_limits<int>::max()));
  int width = 0, height = 0, channels = 0;
  if (stbi_info_from_memory(file.data(), size, &width, &height, &channels) == 0) refuse();
  const auto pixels = static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height);
  // The decoder may hold the picture once more, with four channels.
  context.check_memory(node, pixels * (kColors + 4));
  const std::unique_ptr<stbi_uc, void (*)(void*)> rgb(
      stbi_load_from_memory(file.data(), size, &width, &height, &channels, kColors),
      stbi_image_free);
  if (rgb == nullptr) refuse();
  const std::string format = node.get_string("pixel_format", "RGB");
  Tensor image =
      Tensor::allocate(DType::kUInt8, {height, width, format == "Grayscale" ? 1 : kColors});
  write_pixels({rgb.get(), pixels * kColors}, format, image);
  return {image};
}

}  // namespace

std::vector<Operator> image_decoder_operators() {
  return {{"ImageDecoder",
           "",
           20,
           1,
           1,
           1,
           1,
           {{"pixel_format", AttributeKind::kString}},
           infer_image_decoder,
           nullptr,
           evaluate_image_decoder}};
}

}  // namespace headway
