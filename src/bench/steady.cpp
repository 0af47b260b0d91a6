#include "bench/steady.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "bench/statistics.h"

namespace headway::bench {
namespace {

/// Level changes below this are of no practical interest, however well established.
constexpr double kNegligible = 0.01;

constexpr std::size_t kShortestState = 5;

std::vector<double> logarithms(std::span<const double> values) {
  std::vector<double> logs;
  for (const double value : values) logs.push_back(std::log(std::max(value, 1.0)));
  return logs;
}

/// Takes single outliers away.
std::vector<double> running_median(const std::vector<double>& series) {
  std::vector<double> smooth = series;
  for (std::size_t index = 1; index + 1 < series.size(); ++index) {
    smooth[index] = median({series[index - 1], series[index], series[index + 1]});
  }
  return smooth;
}

/// Noise from the differences of neighbours, which a change of level hardly touches.
double noise_of(const std::vector<double>& series) {
  std::vector<double> steps;
  for (std::size_t index = 1; index < series.size(); ++index) {
    steps.push_back(std::abs(series[index] - series[index - 1]));
  }
  constexpr double kMadToSigma = 1.4826;
  const double sigma = kMadToSigma * median(std::move(steps)) / std::sqrt(2.0);
  return std::max(sigma, kNegligible / 4);
}

/// Sums of squared deviations from the mean of any segment, in constant time.
class SegmentCost {
 public:
  explicit SegmentCost(const std::vector<double>& series) : sums_{0}, squares_{0} {
    for (const double value : series) {
      sums_.push_back(sums_.back() + value - series.front());
      squares_.push_back(squares_.back() + (value - series.front()) * (value - series.front()));
    }
  }

  double operator()(std::size_t begin, std::size_t end) const {
    const double sum = sums_[end] - sums_[begin];
    return squares_[end] - squares_[begin] - sum * sum / static_cast<double>(end - begin);
  }

 private:
  std::vector<double> sums_;
  std::vector<double> squares_;
};

bool has_trend(std::span<const double> state) {
  const auto half = static_cast<std::ptrdiff_t>(state.size() / 2);
  const std::vector<double> series = logarithms(state);
  const double before = median({series.begin(), series.begin() + half});
  const double after = median({series.end() - half, series.end()});
  constexpr double kMedianError = 1.2533;  // Of a median, in standard errors of a mean.
  const double error = noise_of(series) * kMedianError * std::sqrt(2.0 / static_cast<double>(half));
  return std::abs(after - before) > std::max(kNegligible, 2.5 * error);
}

}  // namespace

std::vector<std::size_t> change_points(std::span<const double> values) {
  if (values.size() < 4) return {};
  const std::vector<double> raw = logarithms(values);
  const std::vector<double> series = running_median(raw);
  const SegmentCost cost(series);
  const double noise = noise_of(raw);
  const double penalty = 5 * noise * noise * std::log(static_cast<double>(series.size()));

  std::vector<double> best{-penalty};
  std::vector<std::size_t> previous{0};
  std::vector<std::size_t> candidates{0};
  for (std::size_t end = 1; end <= series.size(); ++end) {
    double lowest = std::numeric_limits<double>::infinity();
    std::size_t chosen = 0;
    for (const std::size_t begin : candidates) {
      const double total = best[begin] + cost(begin, end) + penalty;
      if (total < lowest) {
        lowest = total;
        chosen = begin;
      }
    }
    best.push_back(lowest);
    previous.push_back(chosen);
    std::erase_if(candidates,
                  [&](std::size_t begin) { return best[begin] + cost(begin, end) > lowest; });
    candidates.push_back(end);
  }

  std::vector<std::size_t> changes;
  for (std::size_t end = previous.back(); end > 0; end = previous[end]) changes.push_back(end);
  std::ranges::reverse(changes);
  return changes;
}

bool is_steady(std::span<const double> values) {
  const std::vector<std::size_t> changes = change_points(values);
  const std::size_t start = changes.empty() ? 0 : changes.back();
  const std::size_t length = values.size() - start;
  return length >= std::max(kShortestState, values.size() / 3) && !has_trend(values.subspan(start));
}

}  // namespace headway::bench
