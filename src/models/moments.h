#pragma once

#include <cstdint>
#include <vector>

namespace headway::models {

/// Expected mean and variance of every channel of an activation, over positions and images. Seeded
/// weights are scaled by them, and running statistics filled from them, so that activations neither
/// vanish nor explode although nothing was trained.
struct Moments {
  std::vector<double> mean;
  std::vector<double> variance;

  static Moments uniform(std::int64_t channels, double mean, double variance);
  std::size_t channels() const { return mean.size(); }
  double mean_variance() const;
};

enum class Activation { kRelu, kRelu6, kSigmoid, kSilu };

/// Of f(x) where x is normally distributed.
Moments activated(Activation activation, const Moments& x);

/// Of a sum of independent terms.
Moments added(const Moments& a, const Moments& b);

/// Of a product of independent factors.
Moments multiplied(const Moments& a, const Moments& b);

Moments concatenated(const std::vector<Moments>& parts);

/// Of the largest of window x window rectified values.
Moments max_pooled(const Moments& x, std::int64_t window);

/// Of the mean over that many positions.
Moments average_pooled(const Moments& x, std::int64_t positions);

}  // namespace headway::models
