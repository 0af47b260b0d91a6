#include "models/weights.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>
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
std::vector<double> coverage(const ConvGeometry& g, const ConvAxis& axis) {
  std::vector<double> share(static_cast<std::size_t>(axis.kernel));
  for (std::int64_t k = 0; k < axis.kernel; ++k) {
    std::int64_t inside = 0;
    for (std::int64_t o = 0; o < g.output_size; ++o) {
      const std::int64_t i = o * g.stride - axis.padding + k;
      inside += i >= 0 && i < g.input_size;
    }
    share[static_cast<std::size_t>(k)] =
        static_cast<double>(inside) / static_cast<double>(g.output_size);
  }
  return share;
}

// Independent partial sums: one long chain of additions would take four cycles for each weight.
constexpr std::size_t kLanes = 4;
using Lanes = std::array<double, kLanes>;

double total(const Lanes& lanes) {
  return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

/// A filter that sums to zero ignores a shift that all inputs share, so that inputs unlike the
/// expected ones (uniform, smooth) do not drown the signal in a growing offset.
void center(std::span<float> filter) {
  Lanes sums{};
  std::size_t i = 0;
  for (; i + kLanes <= filter.size(); i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += filter[i + lane];
  for (; i < filter.size(); ++i) sums[0] += filter[i];
  const auto mean = static_cast<float>(total(sums) / static_cast<double>(filter.size()));
  for (float& value : filter) value -= mean;
}

/// Expected mean and variance of what each weight of a filter is multiplied with.
struct Operands {
  std::vector<double> mean, variance;

  Operands(const Spread& input, std::size_t first, std::size_t depth,
           const std::vector<double>& tap_share) {
    for (std::size_t c = first; c < first + depth; ++c) {
      const double channel_mean = input.mean(c), channel_variance = input.variance(c);
      for (const double share : tap_share) {
        mean.push_back(share * channel_mean);
        variance.push_back(share * channel_variance);
      }
    }
  }
};

/// Mean and variance of a filter's output.
std::pair<double, double> moments_of(std::span<const float> filter, const Operands& operands) {
  Lanes means{}, variances{};
  const auto add = [&](std::size_t i, std::size_t lane) {
    const double weight = filter[i];
    means[lane] += weight * operands.mean[i];
    variances[lane] += weight * weight * operands.variance[i];
  };
  std::size_t i = 0;
  for (; i + kLanes <= filter.size(); i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) add(i + lane, lane);
  for (; i < filter.size(); ++i) add(i, 0);
  return {total(means), total(variances)};
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
  std::vector<double> tap_share;
  const std::vector<double> columns = coverage(geometry, geometry.width);
  for (const double row : coverage(geometry, geometry.height))
    for (const double column : columns) tap_share.push_back(row * column);

  const auto outputs = static_cast<std::size_t>(weights.dim(0));
  const auto depth = static_cast<std::size_t>(weights.dim(1));
  const auto groups = static_cast<std::size_t>(geometry.groups);
  const std::size_t filter_size = depth * tap_share.size();
  std::vector<double> means, variances;
  for (std::size_t group = 0; group < groups; ++group) {
    const Operands operands(input, group * depth, depth, tap_share);
    for (std::size_t o = 0; o < outputs / groups; ++o) {
      const std::span<float> filter =
          weights.values<float>().subspan(means.size() * filter_size, filter_size);
      if (groups == 1) center(filter);
      const auto [mean, spread] = moments_of(filter, operands);
      means.push_back(mean);
      variances.push_back(spread);
    }
  }

  const double factor = std::sqrt(variance * static_cast<double>(outputs) /
                                  std::accumulate(variances.begin(), variances.end(), 0.0));
  for (float& value : weights.values<float>()) value *= static_cast<float>(factor);
  for (double& mean : means) mean *= factor;
  for (double& value : variances) value *= factor * factor;
  return Spread::normal(means, variances);
}

}  // namespace headway::models
