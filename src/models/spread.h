#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace headway::models {

/// How the values of each channel of an activation are spread over positions and images: equally
/// likely samples per channel. Seeded weights are scaled by it and running statistics filled from
/// it, so that activations neither vanish nor explode although nothing was trained.
class Spread {
 public:
  static constexpr std::size_t kSamples = 32;
  using Samples = std::array<double, kSamples>;

  /// Normally distributed channels.
  static Spread normal(const std::vector<double>& mean, const std::vector<double>& variance);
  static Spread concatenated(const std::vector<Spread>& parts);

  std::size_t channels() const { return channels_.size(); }
  const Samples& operator[](std::size_t channel) const { return channels_[channel]; }
  double mean(std::size_t channel) const;
  double variance(std::size_t channel) const;
  /// Mean over the channels.
  double variance() const;

  /// Of scale * x + shift.
  Spread affine(const std::vector<double>& scale, const std::vector<double>& shift) const;

  /// Of f(x).
  template <typename Function>
  Spread mapped(Function f) const {
    Spread result = *this;
    for (Samples& samples : result.channels_)
      for (double& x : samples) x = f(x);
    return result;
  }

  /// Of f(x, y) with x and y independent.
  template <typename Function>
  Spread combined(const Spread& other, Function f) const {
    Spread result = *this;
    for (std::size_t c = 0; c < channels(); ++c) {
      const Samples partners = shuffled(other.channels_[c], c);
      for (std::size_t i = 0; i < kSamples; ++i)
        result.channels_[c][i] = f(result.channels_[c][i], partners[i]);
    }
    return result;
  }

  /// Of `count` of the channels.
  Spread part(std::size_t first, std::size_t count) const;
  /// Of the channels as a matrix [groups × the rest] transposed.
  Spread transposed(std::size_t groups) const;
  /// Of the largest of `count` values.
  Spread largest_of(std::int64_t count) const;
  /// Of the mean over `count` neighbouring positions.
  Spread averaged_over(std::int64_t count) const;
  /// Every channel `count` times in a row.
  Spread repeated(std::int64_t count) const;

 private:
  static Samples shuffled(Samples samples, std::size_t seed);

  std::vector<Samples> channels_;
};

}  // namespace headway::models
