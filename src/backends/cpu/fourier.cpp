#include "kernels/fourier/fourier.h"

#include <algorithm>

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "kernels/threshold.h"
#include "ops/rules.h"

namespace headway::cpu {
namespace {

/// Where lines lie in a tensor of real numbers (1 part) or complex ones (2 parts).
struct LineLayout {
  std::int64_t inner = 1;                      ///< Lines of a block.
  std::int64_t block = 0, line = 0, step = 0;  ///< From one to the next, in floats.
  std::int64_t size = 0, parts = 1;

  std::int64_t first(std::int64_t i) const { return i / inner * block + i % inner * line; }
};

/// What DFT and STFT have in common: lines, weighted by a window, are transformed.
struct Transform {
  std::int64_t length = 0, lines = 0;
  bool inverse = false, to_real = false;
  LineLayout input, output;

  /// Two real lines are one complex one.
  bool is_paired() const { return to_real || input.parts == 1; }
};

class FourierStep final : public Step {
 public:
  FourierStep(const Transform& transform, bool windowed, const Lowering& lowering)
      : transform_(transform),
        windowed_(windowed),
        per_lane_(transform.is_paired() ? 2 : 1),
        plan_(transform.length, lowering.loops),
        threads_(lowering.threads),
        loops_(lowering.loops) {
    const std::int64_t all = (transform.lines + per_lane_ - 1) / per_lane_;
    lanes_ = std::clamp<std::int64_t>(kElements / plan_.room(), 1, kWidestVector);
    lanes_ = std::min(lanes_, (all + threads_ - 1) / threads_);
  }

  void run(const Operands& operands, ThreadPool& pool) const override {
    const std::int64_t at_once = lanes_ * per_lane_;
    const std::int64_t tasks = (transform_.lines + at_once - 1) / at_once;
    constexpr std::int64_t kWorkPerElement = 8;
    for_tasks({pool, loops_}, tasks, lanes_ * plan_.room() * kWorkPerElement,
              [&](std::int64_t task, std::int64_t last, int thread) {
                auto* memory = static_cast<float*>(operands.scratch) + thread * 4 * array();
                const ComplexArray x{memory, memory + array()};
                const ComplexArray rest{memory + 2 * array(), memory + 3 * array()};
                for (; task < last; ++task) transform(operands, task * at_once, x, rest);
              });
  }

  std::size_t scratch_bytes() const override {
    return static_cast<std::size_t>(4 * array() * threads_) * sizeof(float);
  }

 private:
  static constexpr std::int64_t kElements = 16 * 1024, kWidestVector = 16;

  std::int64_t array() const { return (plan_.room() * lanes_ + 15) / 16 * 16; }

  void transform(const Operands& operands, std::int64_t first, ComplexArray x,
                 ComplexArray scratch) const {
    const std::int64_t lines = std::min(lanes_ * per_lane_, transform_.lines - first);
    const std::int64_t lanes = (lines + per_lane_ - 1) / per_lane_;
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
      const std::int64_t line = first + lane * per_lane_;
      const bool alone = line + 1 == transform_.lines;
      load(operands, line, alone, lanes, {x.re + lane, x.im + lane});
    }
    const ComplexArray y = transform_.inverse
                               ? plan_.run(lanes, x.swapped(), scratch.swapped()).swapped()
                               : plan_.run(lanes, x, scratch);
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
      const std::int64_t line = first + lane * per_lane_;
      const bool alone = line + 1 == transform_.lines;
      store(operands, line, alone, lanes, {y.re + lane, y.im + lane});
    }
  }

  void load(const Operands& operands, std::int64_t line, bool alone, std::int64_t lanes,
            ComplexArray x) const {
    const LineLayout& layout = transform_.input;
    const float* from = float_input(operands, 0) + layout.first(line);
    const float* second = float_input(operands, 0) + layout.first(alone ? line : line + 1);
    if (transform_.to_real) return load_halves(from, alone ? nullptr : second, lanes, x);
    const float* window = windowed_ ? float_input(operands, 2) : nullptr;
    const std::int64_t size = std::min(layout.size, transform_.length);
    for (std::int64_t i = 0; i < size; ++i) {
      const std::int64_t at = i * layout.step;
      const float weight = window != nullptr ? window[i] : 1.0F;
      x.re[i * lanes] = from[at] * weight;
      x.im[i * lanes] = (layout.parts == 2 ? from[at + 1] : second[at]) * weight;
    }
    for (std::int64_t i = size; i < transform_.length; ++i)
      x.re[i * lanes] = x.im[i * lanes] = 0.0F;
  }

  /// The spectra a and b of real lines, given as far as their symmetry does not, as a + i b.
  void load_halves(const float* a, const float* b, std::int64_t lanes, ComplexArray x) const {
    const LineLayout& layout = transform_.input;
    const std::int64_t length = transform_.length;
    for (std::int64_t k = 0; 2 * k <= length; ++k) {
      const bool real = k == 0 || 2 * k == length, there = k < layout.size;
      const auto part = [&](const float* half, int which) {
        if (half == nullptr || !there || which >= layout.parts || (which == 1 && real)) return 0.0F;
        return half[k * layout.step + which];
      };
      const float a_re = part(a, 0), a_im = part(a, 1), b_re = part(b, 0), b_im = part(b, 1);
      const std::int64_t mirrored = k == 0 ? 0 : length - k;
      x.re[mirrored * lanes] = a_re + b_im;
      x.im[mirrored * lanes] = b_re - a_im;
      x.re[k * lanes] = a_re - b_im;
      x.im[k * lanes] = a_im + b_re;
    }
  }

  void store(const Operands& operands, std::int64_t line, bool alone, std::int64_t lanes,
             ComplexArray y) const {
    const LineLayout& layout = transform_.output;
    const std::int64_t length = transform_.length;
    const float scale = transform_.inverse ? 1.0F / static_cast<float>(length) : 1.0F;
    float* to = float_output(operands) + layout.first(line);
    float* second = float_output(operands) + layout.first(alone ? line : line + 1);
    for (std::int64_t k = 0; k < layout.size; ++k) {
      const std::int64_t at = k * layout.step;
      const float re = y.re[k * lanes] * scale, im = y.im[k * lanes] * scale;
      if (transform_.to_real) {
        second[at] = im;  // Before the first, which it is if there is no second.
        to[at] = re;
      } else if (per_lane_ == 1) {
        to[at] = re;
        to[at + 1] = im;
      } else {
        // The transforms of real lines are what is symmetric, and what is not.
        const std::int64_t mirrored = (k == 0 ? 0 : length - k) * lanes;
        const float other_re = y.re[mirrored] * scale, other_im = y.im[mirrored] * scale;
        second[at] = 0.5F * (im + other_im);
        second[at + 1] = 0.5F * (other_re - re);
        to[at] = 0.5F * (re + other_re);
        to[at + 1] = 0.5F * (im - other_im);
      }
    }
  }

  Transform transform_;
  bool windowed_;
  std::int64_t per_lane_, lanes_;
  FourierPlan plan_;
  std::int64_t threads_;
  const InnerLoops& loops_;
};

LineLayout layout_along(const Shape& shape, std::size_t axis) {
  const AxisExtents extents = around(Shape(shape.begin(), shape.end() - 1), axis, axis + 1);
  const std::int64_t parts = shape.back();
  return {extents.inner, extents.axis * extents.inner * parts,
          parts,         extents.inner * parts,
          extents.axis,  parts};
}

/// nullopt if the input is there but no constant.
std::optional<std::int64_t> number(const Value* value, std::int64_t otherwise) {
  if (value == nullptr) return otherwise;
  const auto constant = constant_ints(value);
  if (!constant || constant->size() != 1) return std::nullopt;
  return constant->front();
}

}  // namespace

std::unique_ptr<Step> lower_dft(const Node& node, Lowering& lowering) {
  if (!is_float(node.input(0))) return nullptr;
  const Shape x = shape_of(node.input(0)), y = shape_of(node.output());
  const auto wanted = number(node.input(2), node.get_int("axis", 1));
  if (!wanted) return nullptr;
  const std::size_t axis = resolve_axis(node, *wanted, x.size());
  const bool inverse = node.get_int("inverse", 0) != 0;
  const bool to_real = inverse && node.get_int("onesided", 0) != 0;
  const auto length = number(node.input(1), to_real ? 2 * (x[axis] - 1) : x[axis]);
  if (!length || *length < 1) return nullptr;
  const LineLayout input = layout_along(x, axis);
  const std::int64_t lines = product(x) / (x[axis] * x.back());
  return std::make_unique<FourierStep>(
      Transform{*length, lines, inverse, to_real, input, layout_along(y, axis)}, false, lowering);
}

std::unique_ptr<Step> lower_stft(const Node& node, Lowering& lowering) {
  if (!is_float(node.input(0))) return nullptr;
  const Shape x = shape_of(node.input(0)), y = shape_of(node.output());
  const auto step = number(node.input(1), 0);
  const auto length =
      number(node.input(3), node.input(2) != nullptr ? shape_of(node.input(2))[0] : x[1]);
  if (!step || !length || (node.input(2) != nullptr && shape_of(node.input(2))[0] != *length))
    return nullptr;
  const LineLayout input{y[1], x[1] * x[2], *step * x[2], x[2], *length, x[2]};
  const LineLayout output{y[1], y[1] * y[2] * 2, y[2] * 2, 2, y[2], 2};
  return std::make_unique<FourierStep>(Transform{*length, y[0] * y[1], false, false, input, output},
                                       node.input(2) != nullptr, lowering);
}

}  // namespace headway::cpu
