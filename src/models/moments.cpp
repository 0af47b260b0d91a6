#include "models/moments.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace headway::models {
namespace {

double apply(Activation activation, double x) {
  switch (activation) {
    case Activation::kRelu:
      return std::max(x, 0.0);
    case Activation::kRelu6:
      return std::clamp(x, 0.0, 6.0);
    case Activation::kSigmoid:
      return 1 / (1 + std::exp(-x));
    case Activation::kSilu:
      return x / (1 + std::exp(-x));
  }
  return x;
}

}  // namespace

Moments Moments::uniform(std::int64_t channels, double mean, double variance) {
  const auto count = static_cast<std::size_t>(channels);
  return {std::vector<double>(count, mean), std::vector<double>(count, variance)};
}

double Moments::mean_variance() const {
  return std::accumulate(variance.begin(), variance.end(), 0.0) /
         static_cast<double>(variance.size());
}

Moments activated(Activation activation, const Moments& x) {
  // Trapezoidal rule over +-5 standard deviations of the normal density.
  constexpr int kSteps = 40;
  constexpr double kWidth = 5;
  Moments y = Moments::uniform(static_cast<std::int64_t>(x.channels()), 0, 0);
  for (std::size_t c = 0; c < x.channels(); ++c) {
    const double deviation = std::sqrt(x.variance[c]);
    double weights = 0, sum = 0, squares = 0;
    for (int i = 0; i <= kSteps; ++i) {
      const double z = kWidth * (2.0 * i / kSteps - 1);
      const double weight = std::exp(-z * z / 2);
      const double value = apply(activation, x.mean[c] + deviation * z);
      weights += weight;
      sum += weight * value;
      squares += weight * value * value;
    }
    y.mean[c] = sum / weights;
    y.variance[c] = std::max(squares / weights - y.mean[c] * y.mean[c], 1e-12);
  }
  return y;
}

Moments added(const Moments& a, const Moments& b) {
  Moments y = a;
  for (std::size_t c = 0; c < y.channels(); ++c) {
    y.mean[c] += b.mean[c];
    y.variance[c] += b.variance[c];
  }
  return y;
}

Moments multiplied(const Moments& a, const Moments& b) {
  Moments y = a;
  for (std::size_t c = 0; c < y.channels(); ++c) {
    y.mean[c] = a.mean[c] * b.mean[c];
    y.variance[c] = a.variance[c] * b.variance[c] + a.variance[c] * b.mean[c] * b.mean[c] +
                    b.variance[c] * a.mean[c] * a.mean[c];
  }
  return y;
}

Moments concatenated(const std::vector<Moments>& parts) {
  Moments y;
  for (const Moments& part : parts) {
    y.mean.insert(y.mean.end(), part.mean.begin(), part.mean.end());
    y.variance.insert(y.variance.end(), part.variance.begin(), part.variance.end());
  }
  return y;
}

Moments max_pooled(const Moments& x, std::int64_t window) {
  // In standard deviations of one rectified normal value (mean 0.40, deviation 0.58): the largest
  // of 4 has mean 1.04 and deviation 0.68, the largest of 9 has 1.49 and 0.60.
  const double shift = window <= 2 ? 1.1 : 1.87;
  const double spread = window <= 2 ? 1.17 : 1.03;
  Moments y = x;
  for (std::size_t c = 0; c < y.channels(); ++c) {
    y.mean[c] += shift * std::sqrt(x.variance[c]);
    y.variance[c] *= spread * spread;
  }
  return y;
}

Moments average_pooled(const Moments& x, std::int64_t positions) {
  // Neighbouring positions see mostly the same pixels: about one in four counts as independent.
  constexpr double kCorrelatedNeighbours = 4;
  Moments y = x;
  const double independent = std::max(1.0, static_cast<double>(positions) / kCorrelatedNeighbours);
  for (double& variance : y.variance) variance /= independent;
  return y;
}

}  // namespace headway::models
