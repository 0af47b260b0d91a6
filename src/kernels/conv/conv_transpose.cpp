#include "kernels/conv/conv_transpose.h"

#include <algorithm>

#include "kernels/inner_loops.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

std::int64_t rows_of(const ConvShape& shape, const SlideAxis& depth) {
  return shape.out_channels / shape.groups * depth.kernel * shape.kernel_height *
         shape.kernel_width;
}

/// columns[channel, kz, ky, kx][pixel] = weights^T · image, per image and group.
GemmShape product_of(const ConvShape& shape, const SlideAxis& depth) {
  GemmShape product;
  product.m = rows_of(shape, depth);
  product.n = depth.in * shape.in_height * shape.in_width;
  product.k = shape.in_channels / shape.groups;
  product.transpose_a = true;
  return product;
}

std::size_t round_to_line(std::size_t bytes) {
  return (bytes + 63) / 64 * 64;
}

}  // namespace

ConvTranspose::ConvTranspose(const ConvShape& shape, const SlideAxis& depth, BrgemmSet& tiles,
                             int threads)
    : shape_(shape),
      depth_(depth),
      threads_(threads),
      product_(product_of(shape, depth), {}, tiles, threads) {
  const std::int64_t stride = shape.stride_width, pitch = (shape.out_width + stride - 1) / stride;
  for (std::int64_t kx = 0; kx < shape.kernel_width; ++kx) {
    const std::int64_t shift = kx * shape.dilation_width - shape.pad_left;
    const std::int64_t phase = (shift % stride + stride) % stride, first = (shift - phase) / stride;
    const std::int64_t count = (shape.out_width - phase + stride - 1) / stride;
    shifts_.push_back({phase * pitch + first, std::max<std::int64_t>(0, -first),
                       std::min(shape.in_width, count - first)});
  }
}

std::size_t ConvTranspose::packed_size() const noexcept {
  return static_cast<std::size_t>(shape_.in_channels * rows_of(shape_, depth_));
}

void ConvTranspose::pack(const float* weights, float* packed) const noexcept {
  std::copy(weights, weights + packed_size(), packed);
}

std::int64_t ConvTranspose::taps() const noexcept {
  return depth_.kernel * shape_.kernel_height * shape_.kernel_width;
}

std::int64_t ConvTranspose::in_points() const noexcept {
  return depth_.in * shape_.in_height * shape_.in_width;
}

std::int64_t ConvTranspose::columns_size() const noexcept {
  return is_depthwise() ? 0 : rows_of(shape_, depth_) * in_points();
}

/// A row of the output, columns that are one stride apart side by side.
std::int64_t ConvTranspose::row_size() const noexcept {
  const std::int64_t stride = shape_.stride_width;
  return ((shape_.out_width + stride - 1) / stride * stride + 15) / 16 * 16;
}

std::size_t ConvTranspose::scratch_bytes() const noexcept {
  return round_to_line(static_cast<std::size_t>(columns_size() + threads_ * row_size()) *
                       sizeof(float)) +
         (is_depthwise() ? 0 : product_.scratch_bytes(false));
}

void ConvTranspose::run(const KernelContext& context, const float* input, const float* packed,
                        const Epilogue& epilogue, float* output, void* scratch) const noexcept {
  auto* rows = static_cast<float*>(scratch);
  const std::int64_t group_in = shape_.in_channels / shape_.groups;
  const std::int64_t group_out = shape_.out_channels / shape_.groups;
  if (is_depthwise()) {
    const auto add_channels = [&](std::int64_t i, std::int64_t last, int thread) {
      for (; i < last; ++i) {
        const std::int64_t channel = i % shape_.out_channels;
        const Source source{input + i / group_out * in_points(), packed + channel * taps()};
        add_channel(context, source, i, epilogue, output, rows + thread * row_size());
      }
    };
    return for_tasks(context, shape_.batch * shape_.out_channels, taps() * in_points(),
                     add_channels);
  }
  float* columns = rows + threads_ * row_size();
  void* rest = static_cast<char*>(scratch) +
               round_to_line(static_cast<std::size_t>(columns_size() + threads_ * row_size()) *
                             sizeof(float));
  for (std::int64_t i = 0; i < shape_.batch * shape_.groups; ++i) {
    const std::int64_t group = i % shape_.groups;
    product_.run(context, packed + group * group_in * rows_of(shape_, depth_),
                 input + i * group_in * in_points(), {}, columns, rest);
    add_up(context, columns, i * group_out, epilogue, output, rows);
  }
}

/// `first_channel`: of all images' channels, as the output has them.
void ConvTranspose::add_up(const KernelContext& context, const float* columns,
                           std::int64_t first_channel, const Epilogue& epilogue, float* output,
                           float* rows) const noexcept {
  const auto add_channels = [&](std::int64_t channel, std::int64_t last, int thread) {
    for (; channel < last; ++channel) {
      add_channel(context, {columns + channel * taps() * in_points()}, first_channel + channel,
                  epilogue, output, rows + thread * row_size());
    }
  };
  for_tasks(context, shape_.out_channels / shape_.groups, taps() * in_points(), add_channels);
}

void ConvTranspose::add_channel(const KernelContext& context, const Source& source,
                                std::int64_t channel, const Epilogue& epilogue, float* output,
                                float* row) const noexcept {
  const ConvShape& s = shape_;
  const std::int64_t stride = s.stride_width, pitch = (s.out_width + stride - 1) / stride;
  const std::int64_t points = depth_.out * s.out_height * s.out_width;
  const float bias = epilogue.bias ? epilogue.bias[channel % s.out_channels] : 0.0F;
  float* to = output + channel * points;
  for (std::int64_t z = 0; z < depth_.out; ++z) {
    for (std::int64_t y = 0; y < s.out_height; ++y, to += s.out_width) {
      std::fill_n(row, stride * pitch, bias);
      add_row(source, z, y, row);
      if (epilogue.residual) add_phases(row, epilogue.residual + (to - output));
      interleave(row, to);
    }
  }
  to = output + channel * points;
  if (epilogue.activation.op != UnaryOp::kIdentity)
    context.loops.unary(epilogue.activation, points, to, to);
}

/// Columns that are one stride apart lie side by side.
void ConvTranspose::add_phases(float* row, const float* residual) const noexcept {
  const std::int64_t stride = shape_.stride_width, pitch = (shape_.out_width + stride - 1) / stride;
  for (std::int64_t x = 0; x < shape_.out_width; ++x)
    row[x % stride * pitch + x / stride] += residual[x];
}

void ConvTranspose::interleave(const float* row, float* to) const noexcept {
  const std::int64_t stride = shape_.stride_width, width = shape_.out_width;
  const std::int64_t pitch = (width + stride - 1) / stride;
  if (stride == 2) {
    for (std::int64_t i = 0; i < width / 2; ++i) {
      to[2 * i] = row[i];
      to[2 * i + 1] = row[pitch + i];
    }
    if (width % 2 != 0) to[width - 1] = row[pitch - 1];
    return;
  }
  for (std::int64_t phase = 0; phase < stride; ++phase, row += pitch) {
    for (std::int64_t x = phase, i = 0; x < width; x += stride, ++i) to[x] = row[i];
  }
}

/// Adds what all taps contribute to one row.
void ConvTranspose::add_row(const Source& source, std::int64_t z, std::int64_t y,
                            float* row) const noexcept {
  const ConvShape& s = shape_;
  for (std::int64_t kz = 0; kz < depth_.kernel; ++kz) {
    const std::int64_t in = z + depth_.pad - kz * depth_.dilation;
    if (in < 0 || in % depth_.stride != 0 || in / depth_.stride >= depth_.in) continue;
    for (std::int64_t ky = 0; ky < s.kernel_height; ++ky) {
      const std::int64_t up = y + s.pad_top - ky * s.dilation_height;
      if (up < 0 || up % s.stride_height != 0 || up / s.stride_height >= s.in_height) continue;
      const std::int64_t line = in / depth_.stride * s.in_height + up / s.stride_height;
      const std::int64_t tap = (kz * s.kernel_height + ky) * s.kernel_width;
      for (std::int64_t kx = 0; kx < s.kernel_width; ++kx) {
        const Shift& shift = shifts_[static_cast<std::size_t>(kx)];
        const std::int64_t plane = source.weights ? 0 : tap + kx;
        const float weight = source.weights ? source.weights[tap + kx] : 1.0F;
        const float* from = source.planes + plane * in_points() + line * s.in_width;
        float* to = row + shift.offset;
        for (std::int64_t i = shift.begin; i < shift.end; ++i) to[i] += weight * from[i];
      }
    }
  }
}

}  // namespace headway
