#include "kernels/integer/integer_conv.h"

#include <algorithm>

#include "kernels/threshold.h"

namespace headway {
namespace {

/// The widest panel of any instruction set.
constexpr std::int64_t kMostColumns = 32;

/// Points of a row that are summed before they are finished.
constexpr std::int64_t kRowPiece = 512;

/// Elements after the last one that vectors may read.
constexpr std::int64_t kSpare = 32;

std::int64_t rounded_up(std::int64_t value, std::int64_t step) {
  return (value + step - 1) / step * step;
}

}  // namespace

struct IntegerConv::Task {
  const InnerLoops& loops;
  const std::int16_t* image;
  const std::int16_t* weights;
  const IntegerEpilogue& epilogue;
  std::byte* output;  ///< Of the image.
};

IntegerConv::IntegerConv(const IntegerConvShape& shape, const InnerLoops& loops, int threads)
    : shape_(shape), loops_(&loops), panels_{0, 0, loops.width}, threads_(threads) {
  for (const IntegerWindow& axis : shape.axes) {
    const std::int64_t reached =
        (axis.output - 1) * axis.stride + (axis.kernel - 1) * axis.dilation + 1;
    extents_.push_back(std::max(reached, axis.pad + axis.input));
    points_ *= axis.output;
  }
  for (const std::int64_t extent : extents_) plane_ *= extent;
  for (std::int64_t channel = 0; channel < shape.in_channels / shape.groups; ++channel) {
    std::vector<std::int64_t> taps = {channel * plane_};
    std::int64_t stride = plane_;
    for (std::size_t axis = 0; axis < extents_.size(); ++axis) {
      stride /= extents_[axis];
      std::vector<std::int64_t> more;
      for (const std::int64_t tap : taps) {
        for (std::int64_t i = 0; i < shape.axes[axis].kernel; ++i) {
          more.push_back(tap + i * shape.axes[axis].dilation * stride);
        }
      }
      taps.swap(more);
    }
    offsets_.insert(offsets_.end(), taps.begin(), taps.end());
  }
  pad_ = static_cast<std::int64_t>(offsets_.size() % 2);
  if (pad_ != 0) offsets_.push_back(offsets_.back());
  panels_.n = points_;
  panels_.k = taps_padded();
}

bool IntegerConv::is_depthwise() const noexcept {
  return shape_.groups == shape_.in_channels && shape_.groups == shape_.out_channels;
}

void IntegerConv::pack(const CentredMatrix& weights, std::int16_t* packed) const noexcept {
  const CentreLoop centre = loops_->centre(weights.dtype);
  const auto* data = static_cast<const std::byte*>(weights.data);
  const auto* zero = static_cast<const std::byte*>(weights.zero);
  for (std::int64_t channel = 0; channel < shape_.out_channels; ++channel) {
    std::int16_t* to = packed + channel * taps_padded();
    to[taps_padded() - 1] = 0;
    centre(taps(), data + channel * taps(), 1, zero ? zero + channel * weights.zero_step : nullptr,
           0, to);
  }
}

/// A multiple of cache lines, with room for a vector that reads beyond the last element.
std::size_t IntegerConv::scratch_bytes() const noexcept {
  const std::int64_t image = rounded_up(shape_.in_channels * plane_ + kSpare, 32);
  const std::int64_t panels = is_depthwise() ? 0 : threads_ * panels_.panel_size();
  return static_cast<std::size_t>(image + panels) * sizeof(std::int16_t);
}

/// Where the first tap of an output row's first point lies.
std::int64_t IntegerConv::row_offset(std::int64_t row) const noexcept {
  std::int64_t offset = 0, stride = extents_.back();
  for (std::size_t axis = extents_.size() - 1; axis-- > 0;) {
    const IntegerWindow& window = shape_.axes[axis];
    offset += row % window.output * window.stride * stride;
    row /= window.output;
    stride *= extents_[axis];
  }
  return offset;
}

void IntegerConv::pad_input(const KernelContext& context, const CentredMatrix& input,
                            std::int16_t* padded) const noexcept {
  const CentreLoop centre = context.loops.centre(input.dtype);
  const IntegerWindow& inner = shape_.axes.back();
  const std::int64_t width = extents_.back(), rows = plane_ / width;
  std::int64_t input_rows = 1;
  for (const IntegerWindow& axis : shape_.axes) input_rows *= axis.input;
  input_rows /= inner.input;
  for_tasks(context, shape_.in_channels, plane_, [&](std::int64_t c, std::int64_t last, int) {
    for (; c < last; ++c) {
      const auto* from = static_cast<const std::byte*>(input.data) + c * input_rows * inner.input;
      for (std::int64_t row = 0; row < rows; ++row) {
        std::int16_t* to = padded + c * plane_ + row * width;
        std::int64_t rest = row, source = 0, stride = 1;
        bool inside = true;
        for (std::size_t axis = extents_.size() - 1; axis-- > 0;) {
          const IntegerWindow& window = shape_.axes[axis];
          const std::int64_t position = rest % extents_[axis] - window.pad;
          inside = inside && position >= 0 && position < window.input;
          source += position * stride;
          stride *= window.input;
          rest /= extents_[axis];
        }
        if (!inside) {
          std::fill_n(to, width, std::int16_t{0});
          continue;
        }
        std::fill_n(to, inner.pad, std::int16_t{0});
        centre(inner.input, from + source * inner.input, 1, input.zero, 0, to + inner.pad);
        std::fill(to + inner.pad + inner.input, to + width, std::int16_t{0});
      }
    }
  });
  std::fill_n(padded + shape_.in_channels * plane_, kSpare, std::int16_t{0});
}

/// The taps of the output points from `first` on, one panel of them.
void IntegerConv::gather_panel(const InnerLoops& loops, const std::int16_t* image,
                               std::int64_t first, std::int16_t* packed) const noexcept {
  const IntegerWindow& inner = shape_.axes.back();
  const std::int64_t columns = panels_.columns();
  const std::int64_t there = std::min(columns, points_ - first);
  if (there < columns) std::fill_n(packed, panels_.panel_size(), std::int16_t{0});
  for (std::int64_t done = 0; done < there;) {
    const std::int64_t x = (first + done) % inner.output;
    const std::int64_t count = std::min(there - done, inner.output - x);
    const std::int16_t* from = image + row_offset((first + done) / inner.output) + x * inner.stride;
    loops.gather_pairs({count, inner.stride, panels_.pairs(), columns - done, 2 * columns,
                        offsets_.data(), from, packed + 2 * done});
    done += count;
  }
}

void IntegerConv::multiply(const Task& task, std::int64_t group, std::int64_t panel,
                           std::int16_t* packed) const noexcept {
  alignas(64) std::int32_t sums[kMaxIntegerRows * kMostColumns];
  const std::int64_t columns = panels_.columns(), first = panel * columns;
  const std::int64_t in = shape_.in_channels / shape_.groups;
  const std::int64_t out = shape_.out_channels / shape_.groups;
  const auto row_bytes = points_ * static_cast<std::int64_t>(size_of(task.epilogue.to));
  gather_panel(task.loops, task.image + group * in * plane_, first, packed);
  for (std::int64_t row = 0; row < out; row += kMaxIntegerRows) {
    const auto rows = static_cast<int>(std::min<std::int64_t>(kMaxIntegerRows, out - row));
    const std::int64_t channel = group * out + row;
    task.loops.integer_tile({rows, panels_.pairs(), task.weights + channel * taps_padded(),
                             taps_padded(), packed, sums});
    for (int r = 0; r < rows; ++r) {
      finish_sums(task.loops, task.epilogue, channel + r, first, std::min(columns, points_ - first),
                  sums + r * columns, task.output + (channel + r) * row_bytes);
    }
  }
}

void IntegerConv::sum_taps(const Task& task, std::int64_t channel) const noexcept {
  alignas(64) std::int32_t sums[kRowPiece];
  const IntegerWindow& inner = shape_.axes.back();
  const auto row_bytes = points_ * static_cast<std::int64_t>(size_of(task.epilogue.to));
  IntegerTaps taps{.stride = inner.stride,
                   .pairs = static_cast<int>(panels_.pairs()),
                   .weights = task.weights + channel * taps_padded(),
                   .offsets = offsets_.data(),
                   .sums = sums};
  for (std::int64_t row = 0; row < output_rows(); ++row) {
    for (std::int64_t x = 0; x < inner.output; x += kRowPiece) {
      taps.size = std::min(kRowPiece, inner.output - x);
      taps.input = task.image + channel * plane_ + row_offset(row) + x * inner.stride;
      task.loops.integer_taps(taps);
      finish_sums(task.loops, task.epilogue, channel, row * inner.output + x, taps.size, sums,
                  task.output + channel * row_bytes);
    }
  }
}

void IntegerConv::run(const KernelContext& context, const CentredMatrix& input,
                      const std::int16_t* packed, const IntegerEpilogue& epilogue, void* output,
                      void* scratch) const noexcept {
  auto* padded = static_cast<std::int16_t*>(scratch);
  std::int16_t* panels = padded + rounded_up(shape_.in_channels * plane_ + kSpare, 32);
  std::int64_t input_size = shape_.in_channels;
  for (const IntegerWindow& axis : shape_.axes) input_size *= axis.input;
  for (std::int64_t image = 0; image < shape_.batch; ++image) {
    CentredMatrix one = input;
    one.data = static_cast<const std::byte*>(input.data) + image * input_size;
    pad_input(context, one, padded);
    const std::int64_t outputs = shape_.out_channels * points_;
    const Task task{context.loops, padded, packed, epilogue,
                    static_cast<std::byte*>(output) +
                        image * outputs * static_cast<std::int64_t>(size_of(epilogue.to))};
    if (is_depthwise()) {
      for_tasks(context, shape_.out_channels, points_ * taps_padded() / 4,
                [&](std::int64_t channel, std::int64_t last, int) {
                  for (; channel < last; ++channel) sum_taps(task, channel);
                });
      continue;
    }
    const std::int64_t count = panels_.count();
    for_tasks(context, shape_.groups * count,
              panels_.panel_size() * (1 + shape_.out_channels / shape_.groups / 16),
              [&](std::int64_t first, std::int64_t last, int thread) {
                for (; first < last; ++first) {
                  multiply(task, first / count, first % count,
                           panels + thread * panels_.panel_size());
                }
              });
  }
}

}  // namespace headway
