#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "headway/profile.h"
#include "headway/session.h"

#include "bench/statistics.h"

namespace headway::bench {

/// A step and the medians of what it took over all profiled runs.
struct StepTimes {
  StepInfo info;
  double time_ns = 0;
  // Of all threads together:
  double idle_ns = 0;       ///< Waiting while the step ran.
  double transform_ns = 0;  ///< In Winograd's transforms.
};

/// Collects profiled runs of the same steps.
class ProfileSamples {
 public:
  explicit ProfileSamples(std::vector<StepInfo> steps);

  void add(const Profile& profile);

  /// In execution order. Throws Error(kInvalidArgument) if nothing was added.
  std::vector<StepTimes> medians() const;

 private:
  struct Samples {
    std::vector<double> time_ns, idle_ns, transform_ns;
  };

  std::vector<StepInfo> steps_;
  std::vector<Samples> samples_;  ///< One per step.
};

/// What steps are added up by.
enum class ProfileKey : std::uint8_t { kNode, kOperator, kAlgorithm, kCategory };

/// Steps that have the key in common, added up.
struct ProfileGroup {
  StepInfo first;  ///< One of them: all there is to say about a group of one.
  std::string name;
  std::size_t steps = 0;
  double time_ns = 0;
  double idle_ns = 0;
  double transform_ns = 0;
  std::int64_t flops = 0;
  std::int64_t bytes = 0;  ///< Read and written.
};

/// Slowest first. Every step is a group of its own if the key is kNode.
std::vector<ProfileGroup> group_by(ProfileKey key, std::span<const StepTimes> steps);

/// All groups added up; its name is "total".
ProfileGroup total_of(std::span<const ProfileGroup> groups);

/// How much longer profiled runs take than plain ones, each measured next to the other: the median
/// of profiled / plain - 1 and its distribution-free 95 % interval. With fewer than six pairs no
/// such interval exists, and all that was seen takes its place.
Interval profiling_overhead(std::span<const double> plain_ns, std::span<const double> profiled_ns);

/// Everything `headway profile` found out.
struct ProfileReport {
  std::string model;
  std::string headway_version;
  std::vector<Shape> input_shapes;
  ProgramSummary program;
  std::size_t runs = 0;
  double plain_ns = 0;     ///< Median of the runs that were not profiled.
  double profiled_ns = 0;  ///< Median of those that were.
  Interval overhead;
  double limit_gflops = 0;  ///< The most fp32 operations that these threads can do; 0: unknown.
  std::optional<double> limit_gbps;  ///< The most that they can read from memory, if known.
  std::vector<StepTimes> steps;
};

}  // namespace headway::bench
