#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <utility>

namespace headway::bench {

/// SplitMix64 (Steele, Lea & Flood 2014). The standard library's distributions differ between
/// implementations; these give the same inputs, order and intervals for a seed everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() noexcept {
    std::uint64_t mixed = (state_ += 0x9e3779b97f4a7c15U);
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31);
  }

  /// Uniform in [0, 1).
  double uniform() noexcept { return static_cast<double>(next() >> 11) * 0x1p-53; }

  /// Uniform in [0, bound); bound must be positive. Its bias, below bound / 2^32, does not matter
  /// here.
  std::size_t below(std::size_t bound) noexcept {
    return static_cast<std::size_t>((static_cast<std::uint64_t>(next() >> 32) * bound) >> 32);
  }

  /// Standard normal (Box & Muller 1958).
  double normal() noexcept {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }

  /// An independent generator for sub-task `index`.
  Random fork(std::uint64_t index) const noexcept {
    Random child(state_ ^ (index * 0xd1342543de82ef95U));
    child.next();
    return child;
  }

  template <typename T>
  void shuffle(std::span<T> values) noexcept {
    for (std::size_t last = values.size(); last > 1; --last) {
      std::swap(values[last - 1], values[below(last)]);
    }
  }

 private:
  std::uint64_t state_;
};

}  // namespace headway::bench
