#include "kernels/fourier/fourier.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "kernels/inner_loops.h"

namespace headway {
namespace {

/// exp(-πi · numerator / denominator), as a pair.
void add_turn(std::vector<float>& pairs, std::int64_t numerator, std::int64_t denominator) {
  const double angle = std::numbers::pi * static_cast<double>(numerator % (2 * denominator)) /
                       static_cast<double>(denominator);
  pairs.push_back(static_cast<float>(std::cos(angle)));
  pairs.push_back(static_cast<float>(-std::sin(angle)));
}

/// Empty if a prime factor is larger than any pass can be.
std::vector<std::int64_t> radices_of(std::int64_t length) {
  std::vector<std::int64_t> radices;
  for (const std::int64_t radix : {4, 2, 3, 5, 7, 11, 13}) {
    for (; length % radix == 0; length /= radix) radices.push_back(radix);
  }
  if (length != 1) radices.clear();
  return radices;
}

/// x[n] of every line times pairs[n].
void turn(std::int64_t size, std::int64_t lines, const std::vector<float>& pairs, ComplexArray x) {
  for (std::int64_t n = 0; n < size; ++n) {
    const float re = pairs[static_cast<std::size_t>(2 * n)];
    const float im = pairs[static_cast<std::size_t>(2 * n + 1)];
    float *a = x.re + n * lines, *b = x.im + n * lines;
    for (std::int64_t i = 0; i < lines; ++i) {
      const float old = a[i];
      a[i] = old * re - b[i] * im;
      b[i] = old * im + b[i] * re;
    }
  }
}

}  // namespace

FourierPlan::FourierPlan(std::int64_t length, const InnerLoops& loops)
    : length_(length), loops_(loops) {
  const std::vector<std::int64_t> radices = radices_of(length);
  if (length == 1 || !radices.empty()) {
    add_passes(radices);
  } else {
    make_chirp();
  }
}

std::int64_t FourierPlan::room() const {
  return longer_ ? longer_->length() : length_;
}

/// T. Stockham, "High-Speed Convolution and Correlation", 1966: passes that need no reordering.
void FourierPlan::add_passes(const std::vector<std::int64_t>& radices) {
  std::int64_t left = length_, stride = 1;
  for (const std::int64_t radix : radices) {
    Pass pass{radix, left / radix, stride, {}, {}};
    for (std::int64_t p = 0; p < pass.count; ++p)
      for (std::int64_t j = 1; j < radix; ++j) add_turn(pass.twiddles, 2 * p * j, left);
    for (std::int64_t j = 0; j < radix; ++j) add_turn(pass.roots, 2 * j, radix);
    passes_.push_back(std::move(pass));
    left /= radix;
    stride *= radix;
  }
}

/// L. Bluestein, "A Linear Filtering Approach to the Computation of Discrete Fourier Transform",
/// 1970: a convolution with exp(πi · n² / N), of a length that has a fast transform.
void FourierPlan::make_chirp() {
  const auto more = std::bit_ceil(static_cast<std::uint64_t>(2 * length_ - 1));
  longer_ = std::make_unique<FourierPlan>(static_cast<std::int64_t>(more), loops_);
  // n² modulo 2 N, which the square itself might overflow.
  for (std::int64_t n = 0, square = 0; n < length_; ++n) {
    add_turn(chirp_, square, length_);
    square = (square + 2 * n + 1) % (2 * length_);
  }
  std::vector<float> memory(4 * more);
  const ComplexArray x{memory.data(), memory.data() + more};
  const ComplexArray scratch{memory.data() + 2 * more, memory.data() + 3 * more};
  for (std::size_t n = 0; n < static_cast<std::size_t>(length_); ++n) {
    const std::size_t mirrored = n == 0 ? 0 : more - n;
    x.re[n] = x.re[mirrored] = chirp_[2 * n];
    x.im[n] = x.im[mirrored] = -chirp_[2 * n + 1];
  }
  const ComplexArray y = longer_->run(1, x, scratch);
  const auto scale = 1.0F / static_cast<float>(more);
  for (std::size_t n = 0; n < more; ++n) {
    response_.push_back(y.re[n] * scale);
    response_.push_back(y.im[n] * scale);
  }
}

ComplexArray FourierPlan::run(std::int64_t lines, ComplexArray x,
                              ComplexArray scratch) const noexcept {
  if (longer_) return convolve(lines, x, scratch);
  for (const Pass& pass : passes_) {
    loops_.fourier_pass({pass.radix, pass.count, pass.stride * lines, pass.twiddles.data(),
                         pass.roots.data(), x, scratch});
    std::swap(x, scratch);
  }
  return x;
}

ComplexArray FourierPlan::convolve(std::int64_t lines, ComplexArray x,
                                   ComplexArray scratch) const noexcept {
  turn(length_, lines, chirp_, x);
  const std::int64_t rest = (room() - length_) * lines;
  std::fill_n(x.re + length_ * lines, rest, 0.0F);
  std::fill_n(x.im + length_ * lines, rest, 0.0F);
  const ComplexArray y = longer_->run(lines, x, scratch);
  turn(room(), lines, response_, y);
  const ComplexArray other = y.re == x.re ? scratch : x;
  const ComplexArray z = longer_->run(lines, y.swapped(), other.swapped()).swapped();
  turn(length_, lines, chirp_, z);
  return z;
}

}  // namespace headway
