#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "bench/saved_report.h"

namespace headway::bench {

/// Races of several models under the same conditions, told as ratios of one runtime, the subject,
/// to the others.

/// How the subject did in one model.
struct ComparedModel {
  std::string model;
  double noise_floor = 1;
  std::vector<const SavedRow*> rows;  ///< By runtime; nullptr where it did not take part.
  /// Latency of the subject over each runtime's; empty for itself, and where no claim can be made.
  std::vector<std::optional<Interval>> ratios;
  std::optional<double> memory;  ///< Peak memory, and time from loading to the first result, of the
  std::optional<double> start;   ///< subject over those of the runtime it is held against.
};

/// All models at one batch size and thread count on one machine.
struct ComparedRaces {
  std::string machine, device;
  int batch = 1, threads = 1;
  std::vector<ComparedModel> models;
  std::vector<std::optional<Interval>> means;  ///< Geometric means of the ratios, by runtime.
  std::optional<double> memory_mean, start_mean;
};

struct ComparisonOptions {
  std::string subject = "headway";      ///< A row's id, as --runtimes takes it.
  std::string against = "onnxruntime";  ///< Another's.
  bool slowest_first = false;  ///< By the ratio of the two; otherwise models come as given.
};

/// Movable only: what is compared points into the reports.
struct Comparison {
  struct Runtime {
    std::string id, title;
    std::vector<std::string> versions;
  };

  Comparison() = default;
  Comparison(Comparison&&) = default;
  Comparison& operator=(Comparison&&) = default;

  std::vector<SavedReport> reports;
  std::vector<Runtime> runtimes;     ///< The subject, what it is held against, then the others.
  std::vector<ComparedRaces> races;  ///< By machine, device, batch and threads.
};

inline constexpr std::size_t kSubject = 0, kAgainst = 1;

/// Throws Error(kInvalidArgument) if no report has one of the two runtimes, or two reports have the
/// same race.
Comparison compare_reports(std::vector<SavedReport> reports, const ComparisonOptions& options);

/// The models that have no ratio to that runtime.
std::vector<std::string> models_without(const ComparedRaces& races, std::size_t runtime);

std::string to_text(const Comparison& comparison, bool color);
std::string to_markdown(const Comparison& comparison);
Json to_json(const Comparison& comparison);

}  // namespace headway::bench
