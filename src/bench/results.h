#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/agreement.h"
#include "bench/model_source.h"
#include "bench/runtimes.h"
#include "bench/statistics.h"
#include "bench/worker_process.h"

namespace headway::bench {

/// One stay of a worker on the processor.
struct RoundResult {
  int block = 0;
  std::int64_t wall_ns = 0;
  std::int64_t processor_ns = 0;  ///< All threads together.
  std::vector<std::int64_t> samples_ns;
};

/// One life of a worker.
struct ProcessResult {
  int generation = 0;
  std::int64_t load_ns = 0;
  std::int64_t first_ns = 0;
  std::vector<std::int64_t> warmup_ns;
  bool steady = false;
  std::vector<RoundResult> rounds;
  std::int64_t peak_memory_bytes = 0;
  std::vector<std::int64_t> resident_ns, kernels_ns;  ///< DeviceTimes; empty if nobody can tell.
};

/// Why a row stopped.
struct RowFailure {
  FailureKind kind = FailureKind::kRefused;
  std::string sentence;
};

/// Everything known about a row; what was measured before a failure stays.
struct RowResult {
  RowSpec spec;
  RuntimeInfo info;
  Settings settings;
  std::vector<ProcessResult> processes;
  std::optional<RowFailure> failure;
  std::optional<Agreement> agreement;  ///< Empty if it was not checked.
};

/// What was asked of a race.
struct RaceOptions {
  int threads = 1;
  int batch = 1;
  std::string device = "cpu";
  std::uint64_t seed = 1;
  int input_sets = 4;
  std::optional<std::int64_t> budget_ns;    ///< For everything from the first process to the last.
  std::optional<std::int64_t> iterations;   ///< Samples per row.
  std::optional<std::int64_t> duration_ns;  ///< Measured time per row.
  std::optional<std::int64_t> warmup;       ///< Calls before the first sample; adaptive if empty.
  std::optional<int> processes;             ///< Fresh processes per row; as affordable if empty.
  std::vector<double> percentiles{90, 99};
  std::int64_t timeout_ns = 120'000'000'000;
  Tolerance tolerance;
};

/// What this machine can do at most on the threads of a race, measured before it.
struct MachineLimits {
  double operations_per_second = 0;  ///< fp32 multiplications and additions.
  double bytes_per_second = 0;       ///< Read from memory.
  std::int64_t cache_bytes = 0;      ///< All data caches together.
};

/// One race: every row at one batch size and thread count.
struct RaceResult {
  RaceOptions options;
  ModelFacts model;
  std::vector<InputSpec> inputs;
  std::vector<RowResult> rows;
  std::optional<RowResult>
      control;  ///< A second instance of rows[control_of], for the noise floor.
  std::size_t control_of = 0;
  std::optional<MachineLimits> limits;  ///< Empty if they were not measured.
  std::optional<double> harness_ns;     ///< What the measuring loop costs per call.
  std::int64_t elapsed_ns = 0;
  bool interrupted = false;
  std::vector<std::string> notes;  ///< Sentences about the race that a reader must know.
};

/// The latencies of a row in the form that statistics.h takes.
RowSamples samples_of(const RowResult& row);

}  // namespace headway::bench
