#include "bench/statistics.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace headway::bench {

double median(std::vector<double> values) {
  return median_in_place(values);
}

double median_in_place(std::span<double> values) {
  if (values.empty()) fail(ErrorCode::kInvalidArgument, "the median of no values does not exist");
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

std::optional<double> percentile(std::span<const double> values, double fraction) {
  constexpr double kBeyond = 10;
  const auto count = static_cast<double>(values.size());
  // The tolerance keeps 100 samples enough for p90 although 1 - 0.9 is a little less than 0.1.
  if (count * (1 - fraction) < kBeyond * (1 - 1e-9)) return std::nullopt;
  std::vector<double> sorted(values.begin(), values.end());
  const auto rank = static_cast<std::ptrdiff_t>(std::ceil(count * fraction - 1e-9)) - 1;
  const auto place = sorted.begin() + std::max<std::ptrdiff_t>(rank, 0);
  std::nth_element(sorted.begin(), place, sorted.end());
  return *place;
}

std::vector<double> flatten(const RowSamples& row) {
  std::vector<double> values;
  for (const ProcessSamples& process : row) {
    for (const RoundSamples& round : process.rounds) {
      values.insert(values.end(), round.values.begin(), round.values.end());
    }
  }
  return values;
}

std::optional<Interval> geometric_mean(std::span<const Interval> ratios) {
  if (ratios.empty()) return std::nullopt;
  double sum = 0, below = 0, above = 0;
  for (const Interval& ratio : ratios) {
    sum += std::log(ratio.estimate);
    below = std::hypot(below, std::log(ratio.estimate / ratio.low));
    above = std::hypot(above, std::log(ratio.high / ratio.estimate));
  }
  const auto count = static_cast<double>(ratios.size());
  return Interval{std::exp(sum / count), std::exp((sum - below) / count),
                  std::exp((sum + above) / count)};
}

Verdict judge(const Interval& ratio, double noise_floor) {
  if (ratio.low > noise_floor) return Verdict::kSlower;
  if (ratio.high < 1 / noise_floor) return Verdict::kFaster;
  return Verdict::kIndistinguishable;
}

double noise_floor_of(const Interval& self_ratio, std::size_t processes) {
  if (processes > 1) return std::max(self_ratio.estimate, 1 / self_ratio.estimate);
  return std::max({1.0, self_ratio.high, 1 / self_ratio.low});
}

}  // namespace headway::bench
