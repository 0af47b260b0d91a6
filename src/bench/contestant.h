#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/results.h"
#include "bench/schedule.h"
#include "bench/worker_process.h"

namespace headway::bench {

/// What all contestants of a race share.
struct RaceContext {
  const RaceOptions& options;
  ModelSource& source;
  Interrupt& interrupt;
  std::filesystem::path folder;  ///< For tensors on their way.
  Json input_sets;               ///< As the load command takes them.
  std::vector<std::vector<NamedTensor>>
      references;  ///< Of the first input sets; empty if there are none.
};

/// One row of a race and its present process. Whatever goes wrong in the worker ends in the row's
/// `failure`, never in an exception; a contestant that failed ignores everything it is asked.
class Contestant {
 public:
  Contestant(RowSpec spec, RaceContext& context, std::uint64_t seed);

  /// Asks for version and devices in a process of its own.
  void probe();

  /// A fresh process, put to sleep after load and first inference.
  void start(int generation);

  /// Compares outputs with the references.
  void check_agreement();

  /// Calls until steady, or until the limit.
  void warm_up(std::int64_t limit_ns);

  void run_round(int block, const RoundPlan& plan);

  /// Nanoseconds per turn of the measuring loop around nothing. Empty if it cannot be told.
  std::optional<double> harness_cost();

  /// Asks what calls take on the device alone.
  void measure_device(std::int64_t calls);

  /// Ends the present process.
  void stop();

  bool running() const noexcept { return process_ != nullptr; }

  /// Median of the latest calls.
  double latency_ns() const;

  /// Samples of the present process.
  std::int64_t measured() const;

  const RowResult& result() const noexcept { return result_; }
  RowResult& result() noexcept { return result_; }

 private:
  void guard(const std::function<void()>& action);
  void spawn(int generation);
  Json awake(const Json& request, bool patient);
  Json run_request(const char* command, const RoundPlan& plan) const;

  RaceContext& context_;
  std::uint64_t seed_;
  RowResult result_;
  std::unique_ptr<WorkerProcess> process_;
};

}  // namespace headway::bench
