#include "bench_arguments.h"

#include "base/error.h"
#include "base/processors.h"
#include "bench/units.h"

namespace headway {
namespace {

constexpr const char* kExamples = R"(
Examples:
  headway bench resnet50
  headway bench resnet50 --weights trained.pth
  headway bench resnet50 --device gpu
  headway bench model.onnx --budget 2m --threads 1,2 --batch 1,8
  headway bench model.onnx --runtimes headway,onnxruntime,onnxruntime@/opt/lib/libonnxruntime.so
  headway bench resnet50 --export-json new.json --baseline old.json --min-effect 3%

Every runtime runs in processes of its own; rounds are interleaved over all of them, and ratios carry
95 % confidence intervals. docs/bench.md explains the method and every column.)";

void declare_what(CLI::App& command, BenchArguments& arguments) {
  command.add_option("MODEL", arguments.model, "A model file, or the name of a built-in model")
      ->required()
      ->type_name("");
  command.add_option("--runtimes", arguments.runtimes,
                     "Comma-separated runtimes, see 'headway runtimes' (default: all common ones)");
  command.add_flag("--tuned", arguments.tuned,
                   "Race each runtime at its documented best settings as well");
  command.add_option("-d,--device", arguments.device, "cpu or gpu")
      ->check(CLI::IsMember({"cpu", "gpu"}))
      ->capture_default_str();
  command.add_flag("--allow-fallback", arguments.allow_fallback,
                   "Let Headway run nodes that the GPU has no kernel for on the CPU, instead of "
                   "refusing the model");
  command
      .add_option("--threads,-x", arguments.threads,
                  "Threads of every runtime; several values make several races "
                  "(default: what affinity and CPU quota allow)")
      ->delimiter(',')
      ->check(CLI::Range(1, 4096));
  command
      .add_option("-b,--batch", arguments.batches, "Samples per call; several make several races")
      ->delimiter(',')
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  command.add_option("--shape", arguments.shapes, "Input shape: 1x3x224x224 or name:1x3x224x224");
  add_weights_option(command, arguments.weights);
  command.add_option("--seed", arguments.seed, "Of inputs, order and intervals")
      ->capture_default_str();
  command
      .add_option("--inputs", arguments.input_sets, "Different inputs that calls rotate through")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
}

void declare_how_long(CLI::App& command, BenchArguments& arguments) {
  auto* budget = command.add_option("--budget", arguments.budget,
                                    "Time for each race, spent where the intervals are widest "
                                    "(default: 60s)");
  auto* iterations = command.add_option("-r,--iterations", arguments.iterations,
                                        "Samples per runtime instead of a budget");
  auto* duration = command.add_option("-t,--duration", arguments.duration,
                                      "Measured time per runtime instead of a budget, like 5s");
  iterations->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000}));
  budget->excludes(iterations)->excludes(duration);
  iterations->excludes(duration);
  command
      .add_option("-w,--warmup", arguments.warmup,
                  "Calls before measuring (default: until the latency is steady)")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1'000'000}));
  command
      .add_option("--processes", arguments.processes,
                  "Fresh processes per runtime (default: as many as the budget affords)")
      ->check(CLI::Range(1, 100));
  command.add_option("--timeout", arguments.timeout, "Longest wait for an answer of a runtime")
      ->capture_default_str();
}

void declare_results(CLI::App& command, BenchArguments& arguments) {
  command
      .add_option("--percentiles", arguments.percentiles,
                  "Shown where there are enough samples for them")
      ->delimiter(',')
      ->check(CLI::Range(1.0, 99.999))
      ->capture_default_str();
  command.add_option("--atol", arguments.atol, "Absolute error that still agrees")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command
      .add_option("--rtol", arguments.rtol,
                  "Error relative to the largest output of the reference that still agrees")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_flag(
      "--no-peak", arguments.no_peak,
      "Do not measure the machine's limits first; no row then shows its share of them");
  command.add_option("--export-json", arguments.json, "Write everything, raw samples included");
  command.add_option("--export-csv", arguments.csv, "Write one line per row");
  command.add_option("--export-markdown", arguments.markdown, "Write the tables as Markdown");
  command.add_option("--baseline", arguments.baseline,
                     "Compare with this exported JSON; a slower row sets the exit status");
  command.add_option("--min-effect", arguments.min_effect, "Smallest change that matters")
      ->capture_default_str();
}

}  // namespace

void declare_arguments(CLI::App& command, BenchArguments& arguments) {
  declare_what(command, arguments);
  declare_how_long(command, arguments);
  declare_results(command, arguments);
  command.footer(kExamples);
}

bench::RaceOptions race_options(const BenchArguments& arguments, int batch, int threads) {
  bench::RaceOptions options;
  options.threads = threads;
  options.batch = batch;
  options.device = arguments.device;
  options.seed = arguments.seed;
  options.input_sets = arguments.input_sets;
  options.iterations = arguments.iterations;
  options.warmup = arguments.warmup;
  options.processes = arguments.processes;
  options.percentiles = arguments.percentiles;
  options.timeout_ns = bench::parse_duration(arguments.timeout, "--timeout");
  options.tolerance = {arguments.atol, arguments.rtol};
  if (!arguments.duration.empty()) {
    options.duration_ns = bench::parse_duration(arguments.duration, "--duration");
  } else if (!arguments.iterations) {
    options.budget_ns =
        bench::parse_duration(arguments.budget.empty() ? "60s" : arguments.budget, "--budget");
  }
  return options;
}

}  // namespace headway
