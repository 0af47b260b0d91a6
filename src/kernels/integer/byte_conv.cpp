#include "kernels/integer/byte_conv.h"

#include <algorithm>
#include <cstring>

#include "kernels/inner_loops.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

/// Points whose tiles share a panel.
constexpr std::int64_t kBlock = 8 * kMaxByteRows;

/// Channels of a depthwise convolution whose sums are held at a time, in vectors.
constexpr std::int64_t kTapVectors = 4;

std::int64_t rounded_up(std::int64_t value, std::int64_t step) {
  return (value + step - 1) / step * step;
}

std::int64_t size_in_bytes(const ByteEpilogue& epilogue) {
  return static_cast<std::int64_t>(size_of(epilogue.to));
}

}  // namespace

struct ByteConv::Task {
  const InnerLoops& loops;
  const std::uint8_t* image;
  const std::byte* packed;
  const std::int32_t* starts;
  const ByteEpilogue& epilogue;
};

ByteConv::ByteConv(const ByteConvShape& shape, const InnerLoops& loops, int threads)
    : shape_(shape), loops_(&loops), threads_(threads), panels_{0, 0, loops.width} {
  group_channels_ = is_depthwise() ? 1 : rounded_up(shape.in_channels / shape.groups, 4);
  pixel_ = shape.groups * group_channels_;
  for (const ByteWindow& axis : shape.axes) {
    const std::int64_t reached =
        (axis.output - 1) * axis.stride + (axis.kernel - 1) * axis.dilation + 1;
    extents_.push_back(std::max(reached, axis.pad + axis.input));
    image_ *= extents_.back();
    points_ *= axis.output;
    taps_ *= axis.kernel;
  }
  offsets_ = {0};
  std::int64_t stride = image_ * pixel_;
  for (std::size_t axis = 0; axis < extents_.size(); ++axis) {
    stride /= extents_[axis];
    const ByteWindow& window = shape.axes[axis];
    const bool is_run =
        axis + 1 == extents_.size() && window.dilation == 1 && shape.groups == 1 && !is_depthwise();
    std::vector<std::int64_t> more;
    for (const std::int64_t offset : offsets_) {
      for (std::int64_t i = 0; i < (is_run ? 1 : window.kernel); ++i)
        more.push_back(offset + i * window.dilation * stride);
    }
    offsets_.swap(more);
  }
  run_ = taps_ * group_channels_ / static_cast<std::int64_t>(offsets_.size());
  panels_.n = is_depthwise() ? shape.out_channels : shape.out_channels / shape.groups;
  panels_.k = taps_ * group_channels_;
  if (is_depthwise() && taps_ % 2 != 0) offsets_.push_back(offsets_.back());
  // Whole lines if they are short, and something for every thread.
  const std::int64_t line = shape.axes.back().output;
  const std::int64_t share = (points_ + threads - 1) / threads;
  block_ = std::min(kBlock, rounded_up(share, kMaxByteRows));
  if (line <= kBlock) block_ = std::min(kBlock, rounded_up(share, line)) / line * line;
  blocks_ = (points_ + block_ - 1) / block_;
}

bool ByteConv::is_depthwise() const noexcept {
  return shape_.groups > 1 && shape_.groups == shape_.in_channels &&
         shape_.groups == shape_.out_channels;
}

std::int64_t ByteConv::packed_bytes() const noexcept {
  if (!is_depthwise()) return shape_.groups * panels_.bytes();
  return lanes() * (pairs() * 4 + 4);
}

/// Weights less their zero points; then, for each channel, minus their sum.
void ByteConv::pack_taps(const ByteMatrix& weights, std::byte* packed) const noexcept {
  const std::int64_t width = panels_.width;
  auto* elements = reinterpret_cast<std::int16_t*>(packed);
  auto* sums = reinterpret_cast<std::int32_t*>(packed + lanes() * pairs() * 4);
  std::memset(packed, 0, static_cast<std::size_t>(packed_bytes()));
  const auto number = [&](const void* data, std::int64_t i) {
    return weights.dtype == DType::kInt8 ? int{static_cast<const std::int8_t*>(data)[i]}
                                         : int{static_cast<const std::uint8_t*>(data)[i]};
  };
  for (std::int64_t c = 0; c < shape_.out_channels; ++c) {
    const int zero = weights.zero ? number(weights.zero, c * weights.zero_step) : 0;
    for (std::int64_t tap = 0; tap < taps_; ++tap) {
      const int weight = number(weights.data, c * taps_ + tap) - zero;
      elements[((c / width * pairs() + tap / 2) * width + c % width) * 2 + tap % 2] =
          static_cast<std::int16_t>(weight);
      sums[c] += weight;
    }
  }
}

void ByteConv::pack(const KernelContext& context, const ByteMatrix& weights,
                    std::byte* packed) const {
  if (is_depthwise()) return pack_taps(weights, packed);
  const std::int64_t in = shape_.in_channels / shape_.groups, n = panels_.n;
  const auto* from = static_cast<const std::uint8_t*>(weights.data);
  const auto* zero = static_cast<const std::uint8_t*>(weights.zero);
  std::vector<std::uint8_t> columns(static_cast<std::size_t>(panels_.k * n));
  for (std::int64_t group = 0; group < shape_.groups; ++group) {
    ByteMatrix b = weights;
    b.data = columns.data();
    b.zero = zero ? zero + group * n * weights.zero_step : nullptr;
    for (std::int64_t column = 0; column < n; ++column) {
      const std::uint8_t* filter = from + (group * n + column) * in * taps_;
      const std::uint8_t point = zero ? zero[(group * n + column) * weights.zero_step] : 0;
      for (std::int64_t tap = 0; tap < taps_; ++tap) {
        for (std::int64_t c = 0; c < group_channels_; ++c) {
          columns[static_cast<std::size_t>((tap * group_channels_ + c) * n + column)] =
              c < in ? filter[c * taps_ + tap] : point;
        }
      }
    }
    pack_byte_panels(context, panels_, b, packed + group * panels_.bytes());
  }
}

void ByteConv::look_at(const std::byte* packed) noexcept {
  for (std::int64_t group = 0; group < shape_.groups && !is_depthwise(); ++group)
    needs_sums_ = needs_sums_ || has_zero_points(panels_, packed + group * panels_.bytes());
}

std::int64_t ByteConv::block_bytes() const noexcept {
  return rounded_up(block_ * shape_.out_channels * 4, 64);
}

std::size_t ByteConv::scratch_bytes() const noexcept {
  return static_cast<std::size_t>(rounded_up(image_ * pixel_, 64) +
                                  rounded_up(groups() * lanes() * 4, 64) +
                                  threads_ * block_bytes());
}

/// Where the window of a line's first point begins.
std::int64_t ByteConv::line_offset(std::int64_t line) const noexcept {
  std::int64_t offset = 0, stride = extents_.back() * pixel_;
  for (std::size_t axis = extents_.size() - 1; axis-- > 0;) {
    const ByteWindow& window = shape_.axes[axis];
    offset += line % window.output * window.stride * stride;
    line /= window.output;
    stride *= extents_[axis];
  }
  return offset;
}

bool ByteConv::reads_in_place(DType dtype) const noexcept {
  if (!shape_.channels_last || dtype != DType::kUInt8 || pixel_ != shape_.in_channels) return false;
  for (std::size_t axis = 0; axis < extents_.size(); ++axis) {
    if (extents_[axis] != shape_.axes[axis].input) return false;
  }
  return true;
}

/// Pixels [first, last) of a line, of which `source` is the first in the input.
void ByteConv::place_line(const InnerLoops& loops, const std::uint8_t* input, std::uint8_t flip,
                          std::int64_t source, std::int64_t first, std::int64_t last,
                          std::uint8_t* line) const noexcept {
  const std::int64_t in = shape_.in_channels / shape_.groups, count = last - first;
  if (shape_.channels_last && pixel_ == shape_.in_channels) {
    loops.flip_bytes(count * pixel_, input + (source + first) * pixel_, flip,
                     line + first * pixel_);
    return;
  }
  if (shape_.channels_last) {
    for (std::int64_t i = first; i < last; ++i) {
      for (std::int64_t group = 0; group < shape_.groups; ++group) {
        loops.flip_bytes(in, input + (source + i) * shape_.in_channels + group * in, flip,
                         line + i * pixel_ + group * group_channels_);
      }
    }
    return;
  }
  std::int64_t plane = 1;
  for (const ByteWindow& axis : shape_.axes) plane *= axis.input;
  const std::int64_t groups = in == group_channels_ ? 1 : shape_.groups;
  for (std::int64_t group = 0; group < groups; ++group) {
    loops.transpose_bytes({shape_.in_channels / groups, count, plane, pixel_, flip,
                           input + group * in * plane + source + first,
                           line + first * pixel_ + group * group_channels_});
  }
}

/// The input with its pads, channels of a pixel side by side. What fills up fours is multiplied
/// with nothing, but has to be defined.
void ByteConv::place_input(const KernelContext& context, DType dtype, const std::uint8_t* input,
                           std::uint8_t zero, std::uint8_t* image) const noexcept {
  constexpr std::int64_t kPiece = 256;
  const ByteWindow& inner = shape_.axes.back();
  const std::int64_t width = extents_.back(), lines = image_ / width;
  const std::int64_t pieces = (inner.input + kPiece - 1) / kPiece;
  const auto pad = static_cast<std::uint8_t>(unsigned_zero(dtype, zero));
  const bool fills_up = pixel_ != shape_.in_channels;
  for_tasks(context, lines * pieces, width / pieces * pixel_,
            [&](std::int64_t task, std::int64_t end, int) {
              for (; task < end; ++task) {
                const std::int64_t line = task / pieces, piece = task % pieces;
                std::uint8_t* to = image + line * width * pixel_;
                std::int64_t rest = line, source = 0, stride = inner.input;
                bool inside = true;
                for (std::size_t axis = extents_.size() - 1; axis-- > 0;) {
                  const ByteWindow& window = shape_.axes[axis];
                  const std::int64_t position = rest % extents_[axis] - window.pad;
                  inside = inside && position >= 0 && position < window.input;
                  source += position * stride;
                  stride *= window.input;
                  rest /= extents_[axis];
                }
                const std::int64_t first = inner.input * piece / pieces;
                const std::int64_t last = inner.input * (piece + 1) / pieces;
                const std::int64_t before = piece == 0 ? 0 : inner.pad + first;
                const std::int64_t after = piece == pieces - 1 ? width : inner.pad + last;
                const auto fill = [&](std::int64_t from, std::int64_t until) {
                  std::memset(to + from * pixel_, pad,
                              static_cast<std::size_t>((until - from) * pixel_));
                };
                if (!inside) {
                  fill(before, after);
                  continue;
                }
                fill(before, inner.pad + (fills_up ? last : first));
                place_line(context.loops, input, flip_to_unsigned(dtype), source, first, last,
                           to + inner.pad * pixel_);
                fill(inner.pad + last, after);
              }
            });
}

void ByteConv::start_taps(const std::byte* packed, std::int32_t zero, const std::int32_t* bias,
                          std::int32_t* starts) const noexcept {
  const auto* sums = reinterpret_cast<const std::int32_t*>(packed + lanes() * pairs() * 4);
  for (std::int64_t c = 0; c < lanes(); ++c) {
    starts[c] = static_cast<std::int32_t>(static_cast<std::uint32_t>(bias ? bias[c] : 0) -
                                          static_cast<std::uint32_t>(zero) *
                                              static_cast<std::uint32_t>(sums[c]));
  }
}

/// Points [x, x + count) of an output line, all channels.
void ByteConv::multiply_line(const Task& task, std::int64_t line, std::int64_t x,
                             std::int64_t count, std::byte* to,
                             std::int64_t stride) const noexcept {
  std::int32_t minus_sums[kBlock];
  const std::int64_t step = shape_.axes.back().stride * pixel_;
  for (std::int64_t group = 0; group < shape_.groups; ++group) {
    ByteRows rows{.m = count,
                  .data = task.image + line_offset(line) + x * step + group * group_channels_,
                  .stride = step,
                  .runs = static_cast<std::int64_t>(offsets_.size()),
                  .offsets = offsets_.data()};
    if (needs_sums_) {
      for (std::int64_t i = 0; i < count; ++i) {
        std::int32_t sum = 0;
        for (const std::int64_t run : offsets_)
          sum += task.loops.sum_bytes(run_, rows.data + i * step + run);
        minus_sums[i] = -sum;
      }
      rows.minus_sum = minus_sums;
    }
    ByteEpilogue epilogue = task.epilogue;
    if (epilogue.factor) epilogue.factor += group * lanes();
    multiply_bytes(task.loops, panels_, rows, 0, count, task.packed + group * panels_.bytes(), 0,
                   panels_.count(), task.starts + group * lanes(), epilogue,
                   to + group * panels_.n * size_in_bytes(epilogue), stride);
  }
}

void ByteConv::sum_line(const Task& task, std::int64_t line, std::int64_t x, std::int64_t count,
                        std::byte* to, std::int64_t stride) const noexcept {
  alignas(64) std::int32_t sums[kMaxByteRows * kTapVectors * 16];
  const std::int64_t step = shape_.axes.back().stride * pixel_;
  const std::int64_t lanes = kTapVectors * panels_.width;
  const bool to_bytes = task.epilogue.to != DType::kInt32;
  for (std::int64_t done = 0; done < count; done += kMaxByteRows) {
    const std::int64_t points = std::min<std::int64_t>(kMaxByteRows, count - done);
    for (std::int64_t c = 0; c < shape_.out_channels; c += lanes) {
      const std::int64_t channels = std::min(lanes, shape_.out_channels - c);
      task.loops.byte_taps({points, step, channels, lanes, static_cast<int>(pairs()),
                            offsets_.data(), task.image + line_offset(line) + (x + done) * step + c,
                            reinterpret_cast<const std::int16_t*>(task.packed) + c * pairs() * 2,
                            task.starts + c, sums});
      const std::int64_t at = done * stride + c;
      if (to_bytes) {
        task.loops.requantize_rows(task.epilogue.to)({static_cast<int>(points), channels, lanes,
                                                      stride, sums, task.epilogue.factor + c,
                                                      task.epilogue.zero, to + at});
        continue;
      }
      for (std::int64_t i = 0; i < points; ++i) {
        std::copy_n(sums + i * lanes, channels,
                    reinterpret_cast<std::int32_t*>(to) + at + i * stride);
      }
    }
  }
}

/// Output points [first, last) of an image, into its place or by way of `block`.
void ByteConv::compute(const Task& task, std::int64_t first, std::int64_t last, std::byte* block,
                       std::byte* output) const noexcept {
  const std::int64_t width = shape_.axes.back().output, channels = shape_.out_channels;
  const std::int64_t element = size_in_bytes(task.epilogue);
  std::byte* base = shape_.channels_last ? output + first * channels * element : block;
  for (std::int64_t point = first; point < last;) {
    const std::int64_t x = point % width, count = std::min(width - x, last - point);
    std::byte* to = base + (point - first) * channels * element;
    if (is_depthwise()) {
      sum_line(task, point / width, x, count, to, channels);
    } else {
      multiply_line(task, point / width, x, count, to, channels);
    }
    point += count;
  }
  if (shape_.channels_last) return;
  if (element == 1) {
    task.loops.transpose_bytes({last - first, channels, channels, points_, 0,
                                reinterpret_cast<const std::uint8_t*>(block),
                                reinterpret_cast<std::uint8_t*>(output) + first});
  } else {
    task.loops.transpose(last - first, channels, reinterpret_cast<const float*>(block), channels,
                         reinterpret_cast<float*>(output) + first, points_);
  }
}

void ByteConv::run(const KernelContext& context, DType dtype, const void* input, std::uint8_t zero,
                   const std::byte* packed, const ByteEpilogue& epilogue, void* output,
                   void* scratch) const noexcept {
  auto* image = static_cast<std::uint8_t*>(scratch);
  auto* starts = reinterpret_cast<std::int32_t*>(image + rounded_up(image_ * pixel_, 64));
  std::byte* blocks = reinterpret_cast<std::byte*>(starts) + rounded_up(groups() * lanes() * 4, 64);
  std::int64_t input_size = shape_.in_channels;
  for (const ByteWindow& axis : shape_.axes) input_size *= axis.input;
  if (is_depthwise()) {
    start_taps(packed, unsigned_zero(dtype, zero), epilogue.bias, starts);
  } else {
    for (std::int64_t group = 0; group < shape_.groups; ++group) {
      start_sums(panels_, packed + group * panels_.bytes(), unsigned_zero(dtype, zero),
                 epilogue.bias ? epilogue.bias + group * lanes() : nullptr,
                 starts + group * lanes());
    }
  }
  for (std::int64_t i = 0; i < shape_.batch; ++i) {
    const std::uint8_t* from = static_cast<const std::uint8_t*>(input) + i * input_size;
    std::byte* to = static_cast<std::byte*>(output) +
                    i * shape_.out_channels * points_ * size_in_bytes(epilogue);
    const bool in_place = reads_in_place(dtype);
    if (!in_place) place_input(context, dtype, from, zero, image);
    const Task task{context.loops, in_place ? from : image, packed, starts, epilogue};
    for_tasks(context, blocks_, block_ * panels_.k * shape_.out_channels / 64 + block_ * pixel_,
              [&](std::int64_t b, std::int64_t last, int thread) {
                for (; b < last; ++b) {
                  compute(task, b * block_, std::min(points_, (b + 1) * block_),
                          blocks + thread * block_bytes(), to);
                }
              });
  }
}

}  // namespace headway
