#include "bench/profile_summary.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace headway::bench {
namespace {

std::string name_in(ProfileKey key, const StepInfo& info) {
  switch (key) {
    case ProfileKey::kNode:
      return info.name;
    case ProfileKey::kOperator:
      return info.op_type;
    case ProfileKey::kAlgorithm:
      return info.algorithm.empty() ? info.op_type : info.algorithm;
    case ProfileKey::kCategory:
      return std::string(name_of(info.category));
  }
  return {};
}

void add_to(ProfileGroup& group, const ProfileGroup& other) {
  group.steps += other.steps;
  group.time_ns += other.time_ns;
  group.idle_ns += other.idle_ns;
  group.transform_ns += other.transform_ns;
  group.flops += other.flops;
  group.bytes += other.bytes;
}

ProfileGroup group_of(ProfileKey key, const StepTimes& step) {
  return {.first = step.info,
          .name = name_in(key, step.info),
          .steps = 1,
          .time_ns = step.time_ns,
          .idle_ns = step.idle_ns,
          .transform_ns = step.transform_ns,
          .flops = step.info.flops,
          .bytes = step.info.bytes_read + step.info.bytes_written};
}

}  // namespace

ProfileSamples::ProfileSamples(std::vector<StepInfo> steps)
    : steps_(std::move(steps)), samples_(steps_.size()) {}

void ProfileSamples::add(const Profile& profile) {
  const auto threads = static_cast<std::size_t>(profile.threads);
  std::int64_t begin = profile.begin_ns;
  for (std::size_t step = 0; step < samples_.size(); ++step) {
    const std::int64_t time = profile.ends_ns.at(step) - begin;
    std::int64_t idle = time * profile.threads, transforms = 0;
    for (std::size_t thread = 0; thread < threads; ++thread) {
      const ThreadSpan& span = profile.spans.at(step * threads + thread);
      idle -= span.busy_ns;
      transforms += span.transform_ns;
    }
    samples_[step].time_ns.push_back(static_cast<double>(time));
    samples_[step].idle_ns.push_back(static_cast<double>(idle));
    samples_[step].transform_ns.push_back(static_cast<double>(transforms));
    begin = profile.ends_ns[step];
  }
}

std::vector<StepTimes> ProfileSamples::medians() const {
  std::vector<StepTimes> times;
  for (std::size_t step = 0; step < steps_.size(); ++step) {
    const Samples& samples = samples_[step];
    times.push_back({steps_[step], median(samples.time_ns), median(samples.idle_ns),
                     median(samples.transform_ns)});
  }
  return times;
}

std::vector<ProfileGroup> group_by(ProfileKey key, std::span<const StepTimes> steps) {
  std::vector<ProfileGroup> groups;
  std::map<std::string, std::size_t> known;
  for (const StepTimes& step : steps) {
    ProfileGroup group = group_of(key, step);
    const auto [found, is_new] = known.try_emplace(group.name, groups.size());
    if (is_new || key == ProfileKey::kNode) {
      groups.push_back(std::move(group));
    } else {
      add_to(groups[found->second], group);
    }
  }
  std::ranges::stable_sort(groups, std::ranges::greater{}, &ProfileGroup::time_ns);
  return groups;
}

ProfileGroup total_of(std::span<const ProfileGroup> groups) {
  ProfileGroup total{.name = "total"};
  for (const ProfileGroup& group : groups) add_to(total, group);
  return total;
}

Interval profiling_overhead(std::span<const double> plain_ns, std::span<const double> profiled_ns) {
  std::vector<double> overheads;
  for (std::size_t i = 0; i < plain_ns.size(); ++i) {
    overheads.push_back(profiled_ns[i] / plain_ns[i] - 1);
  }
  const double middle = median(overheads);
  std::ranges::sort(overheads);
  // How many of n values lie below their true median is binomial, here in its normal approximation.
  const auto count = static_cast<double>(overheads.size());
  const double rank = std::round(count / 2 - 0.98 * std::sqrt(count)) - 1;
  const auto beyond = static_cast<std::size_t>(std::max(rank, 0.0));
  return {middle, overheads[beyond], overheads[overheads.size() - 1 - beyond]};
}

}  // namespace headway::bench
