#include "models/spread.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"

namespace headway::models {
namespace {

/// The midpoints of kSamples equally likely intervals of the normal distribution, scaled to
/// variance 1.
Spread::Samples normal_samples() {
  Spread::Samples z{};
  double squares = 0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    const double wanted = (static_cast<double>(i) + 0.5) / static_cast<double>(z.size());
    double low = -8, high = 8;
    for (int step = 0; step < 60; ++step) {
      const double middle = (low + high) / 2;
      (std::erfc(-middle / std::sqrt(2.0)) / 2 < wanted ? low : high) = middle;
    }
    z[i] = low;
    squares += low * low;
  }
  for (double& value : z) value /= std::sqrt(squares / static_cast<double>(z.size()));
  return z;
}

double mean_of(const Spread::Samples& samples) {
  return std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
}

}  // namespace

Spread Spread::normal(const std::vector<double>& mean, const std::vector<double>& variance) {
  const Samples unit = normal_samples();
  Spread result;
  result.channels_.assign(mean.size(), unit);
  for (std::size_t c = 0; c < mean.size(); ++c)
    for (double& x : result.channels_[c]) x = mean[c] + std::sqrt(variance[c]) * x;
  return result;
}

Spread Spread::concatenated(const std::vector<Spread>& parts) {
  Spread result;
  for (const Spread& part : parts)
    result.channels_.insert(result.channels_.end(), part.channels_.begin(), part.channels_.end());
  return result;
}

double Spread::mean(std::size_t channel) const {
  return mean_of(channels_[channel]);
}

double Spread::variance() const {
  double sum = 0;
  for (std::size_t c = 0; c < channels(); ++c) sum += variance(c);
  return sum / static_cast<double>(channels());
}

double Spread::variance(std::size_t channel) const {
  const double center = mean(channel);
  double sum = 0;
  for (const double x : channels_[channel]) sum += (x - center) * (x - center);
  return sum / static_cast<double>(kSamples);
}

Spread Spread::affine(const std::vector<double>& scale, const std::vector<double>& shift) const {
  Spread result = *this;
  for (std::size_t c = 0; c < channels(); ++c)
    for (double& x : result.channels_[c]) x = scale[c] * x + shift[c];
  return result;
}

Spread Spread::part(std::size_t first, std::size_t count) const {
  Spread result;
  const auto begin = channels_.begin() + static_cast<std::ptrdiff_t>(first);
  result.channels_.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
  return result;
}

Spread Spread::transposed(std::size_t groups) const {
  Spread result;
  const std::size_t rest = channels() / groups;
  for (std::size_t c = 0; c < channels(); ++c) {
    result.channels_.push_back(channels_[c % groups * rest + c / groups]);
  }
  return result;
}

Spread Spread::largest_of(std::int64_t count) const {
  // The u-quantile of the largest of n is the u^(1/n)-quantile of one; read between the sorted
  // samples, and along the last two beyond them.
  Spread result = *this;
  for (Samples& samples : result.channels_) {
    std::ranges::sort(samples);
    const Samples sorted = samples;
    for (std::size_t i = 0; i < kSamples; ++i) {
      const double u = (static_cast<double>(i) + 0.5) / static_cast<double>(kSamples);
      const double position =
          std::pow(u, 1 / static_cast<double>(count)) * static_cast<double>(kSamples) - 0.5;
      const auto below = std::min(static_cast<std::size_t>(std::max(position, 0.0)), kSamples - 2);
      const double share = position - static_cast<double>(below);
      samples[i] = std::max(sorted[below] + share * (sorted[below + 1] - sorted[below]), sorted[0]);
    }
  }
  return result;
}

Spread Spread::averaged_over(std::int64_t count) const {
  // Neighbouring positions see partly the same pixels: about one in two counts as independent.
  constexpr double kCorrelated = 2;
  const double shrink = 1 / std::sqrt(std::max(1.0, static_cast<double>(count) / kCorrelated));
  Spread result = *this;
  for (Samples& samples : result.channels_) {
    const double center = mean_of(samples);
    for (double& x : samples) x = center + shrink * (x - center);
  }
  return result;
}

Spread Spread::repeated(std::int64_t count) const {
  Spread result;
  for (const Samples& samples : channels_)
    result.channels_.insert(result.channels_.end(), static_cast<std::size_t>(count), samples);
  return result;
}

Spread::Samples Spread::shuffled(Samples samples, std::size_t seed) {
  Random random(seed);
  for (std::size_t i = kSamples - 1; i > 0; --i)
    std::swap(samples[i], samples[random.below(i + 1)]);
  return samples;
}

}  // namespace headway::models
