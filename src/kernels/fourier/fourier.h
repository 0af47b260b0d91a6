#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/fourier/loops.h"

namespace headway {

struct InnerLoops;

/// Discrete Fourier transforms of one length, several at once: y[k] = Σ x[n] · exp(-2πi · k · n /
/// N).
class FourierPlan {
 public:
  /// `loops` must outlive the plan.
  FourierPlan(std::int64_t length, const InnerLoops& loops);

  std::int64_t length() const { return length_; }
  /// Elements of each line that x and scratch must have room for; at least length().
  std::int64_t room() const;

  /// Element n of line i is x[n * lines + i]. Both arrays are overwritten; returns the one that
  /// holds the result.
  ComplexArray run(std::int64_t lines, ComplexArray x, ComplexArray scratch) const noexcept;

 private:
  struct Pass {
    std::int64_t radix, count, stride;
    std::vector<float> twiddles, roots;
  };

  void add_passes(const std::vector<std::int64_t>& radices);
  void make_chirp();
  ComplexArray convolve(std::int64_t lines, ComplexArray x, ComplexArray scratch) const noexcept;

  std::int64_t length_;
  const InnerLoops& loops_;
  std::vector<Pass> passes_;
  // Where the length has large prime factors:
  std::unique_ptr<FourierPlan> longer_;
  std::vector<float> chirp_, response_;  ///< As pairs.
};

}  // namespace headway
