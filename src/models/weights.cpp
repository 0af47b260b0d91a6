#include "models/weights.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/random.h"

namespace headway::models {
namespace {

std::uint64_t hash(std::string_view name) {  // FNV-1a
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

/// For each kernel row (or column), the share of output positions at which it meets the image
/// rather than the padding.
std::vector<double> coverage(const ConvGeometry& g) {
  std::vector<double> share(static_cast<std::size_t>(g.kernel));
  for (std::int64_t k = 0; k < g.kernel; ++k) {
    std::int64_t inside = 0;
    for (std::int64_t o = 0; o < g.output_size; ++o) {
      const std::int64_t i = o * g.stride - g.padding + k;
      inside += i >= 0 && i < g.input_size;
    }
    share[static_cast<std::size_t>(k)] =
        static_cast<double>(inside) / static_cast<double>(g.output_size);
  }
  return share;
}

/// A filter that sums to zero ignores a shift that all inputs share, so that inputs unlike the
/// expected ones (uniform, smooth) do not drown the signal in a growing offset.
void center(std::span<float> filter) {
  const double sum = std::accumulate(filter.begin(), filter.end(), 0.0);
  const auto mean = static_cast<float>(sum / static_cast<double>(filter.size()));
  for (float& value : filter) value -= mean;
}

}  // namespace

Tensor seeded_uniform(Shape shape, double mean, double deviation, std::uint64_t seed,
                      std::string_view name) {
  Tensor tensor = Tensor::allocate(DType::kFloat32, std::move(shape));
  Random random(seed ^ hash(name));
  // 24 random bits, centred: an exact float below 2^23 in magnitude, never a denormal.
  const auto scale = static_cast<float>(deviation * std::sqrt(12.0) / (1 << 24));
  const auto offset = static_cast<float>(mean);
  const auto draw = [&](std::uint64_t bits) {
    return offset + scale * static_cast<float>(static_cast<std::int32_t>(bits) - (1 << 23));
  };
  const std::span<float> values = tensor.values<float>();
  for (std::size_t i = 0; i < values.size(); i += 2) {
    const std::uint64_t bits = random.next();
    values[i] = draw(bits >> 40);
    if (i + 1 < values.size()) values[i + 1] = draw((bits >> 16) & 0xffffff);
  }
  return tensor;
}

Spread scale_weights(Tensor& weights, const Spread& input, const ConvGeometry& geometry,
                     double variance) {
  const std::int64_t outputs = weights.dim(0), depth = weights.dim(1);
  const std::int64_t taps = geometry.kernel * geometry.kernel;
  const std::vector<double> share = coverage(geometry);
  std::vector<double> tap_share;
  for (const double row : share)
    for (const double column : share) tap_share.push_back(row * column);

  std::vector<double> input_mean, input_variance;
  for (std::size_t c = 0; c < input.channels(); ++c) {
    input_mean.push_back(input.mean(c));
    input_variance.push_back(input.variance(c));
  }
  std::vector<double> means, variances;
  float* weight = weights.data<float>();
  for (std::int64_t o = 0; o < outputs; ++o) {
    const std::int64_t first = o / (outputs / geometry.groups) * depth;
    const auto filter = static_cast<std::size_t>(depth * taps);
    if (geometry.groups == 1) center({weight + o * depth * taps, filter});
    double mean = 0, spread = 0;
    for (std::int64_t c = 0; c < depth; ++c) {
      const float* row = weight + (o * depth + c) * taps;
      double sum = 0, squares = 0;
      for (std::int64_t t = 0; t < taps; ++t) {
        const double w = row[t] * tap_share[static_cast<std::size_t>(t)];
        sum += w;
        squares += w * row[t];
      }
      mean += sum * input_mean[static_cast<std::size_t>(first + c)];
      spread += squares * input_variance[static_cast<std::size_t>(first + c)];
    }
    means.push_back(mean);
    variances.push_back(spread);
  }

  const double factor = std::sqrt(variance * static_cast<double>(outputs) /
                                  std::accumulate(variances.begin(), variances.end(), 0.0));
  for (float& value : weights.values<float>()) value *= static_cast<float>(factor);
  for (double& mean : means) mean *= factor;
  for (double& value : variances) value *= factor * factor;
  return Spread::normal(means, variances);
}

}  // namespace headway::models
