#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace headway {

/// A small seeded generator whose numbers are the same on every machine and compiler (the
/// distributions of <random> are not): xoshiro256**, seeded through splitmix64.
/// Source: Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators".
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept {
    for (std::uint64_t& word : state_) word = splitmix64(seed);
  }

  std::uint64_t next() noexcept {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// Uniform in [0, 1), a multiple of 2^-53.
  double uniform() noexcept { return static_cast<double>(next() >> 11) * 0x1p-53; }

  /// Uniform in [0, bound), for bound > 0; the bias is below bound / 2^64.
  std::uint64_t below(std::uint64_t bound) noexcept {
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * bound) >> 64);
  }

  /// Mean 0, variance 1, close to normal within ±8: a sum of 64 coin tosses, smoothed by a
  /// triangle. Only integer arithmetic and one multiplication, so that no libm has a say in it.
  float normal() noexcept {
    const auto tosses = static_cast<std::int64_t>(std::popcount(next())) - 32;
    const std::uint64_t bits = next();
    const auto triangle =
        static_cast<std::int64_t>(bits >> 32) - static_cast<std::int64_t>(bits & 0xffffffffU);
    const std::int64_t fixed = tosses * (std::int64_t{1} << 32) + triangle;
    return static_cast<float>(static_cast<double>(fixed) * kNormalScale);
  }

 private:
  __extension__ using Wide = unsigned __int128;

  // 2^-32 / sqrt(16 + 1/6): the variance of the tosses is 16, of the triangle 1/6.
  static constexpr double kNormalScale = 0x1p-32 / 4.0207793606049396;

  static std::uint64_t splitmix64(std::uint64_t& seed) noexcept {
    std::uint64_t z = seed += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }

  std::array<std::uint64_t, 4> state_{};
};

}  // namespace headway
