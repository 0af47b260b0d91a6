#include <algorithm>
#include <limits>
#include <memory>

#include "base/atomic_file.h"
#include "base/processors.h"
#include "commands.h"
#include "exit_status.h"
#include "kernels/peak/meter.h"
#include "output.h"
#include "peak_report.h"
#include "progress_line.h"

namespace headway {
namespace {

struct PeakArguments {
  std::vector<int> threads;
  int samples = 15;
  std::string json;
};

/// Adds every figure to the meter, then puts the rates where they belong.
class PeakMeasurement {
 public:
  explicit PeakMeasurement(PeakReport& report) : report_(report), meter_(report.isa) {}

  void add(const std::vector<int>& threads) {
    for (const ArithmeticUnit& unit : arithmetic_units(detect_cpu(), report_.isa))
      for (const int count : threads) report_.arithmetic.push_back({unit, count, {}});
    for (const int count : threads)
      for (const MemoryArea& area : memory_areas_here(count))
        report_.bandwidth.push_back({area, {}, {}});
    std::ranges::stable_sort(report_.bandwidth, {}, [](const PeakReport::Bandwidth& row) {
      return row.area.level == 0 ? std::numeric_limits<int>::max() : row.area.level;
    });
  }

  void run(const SamplingPlan& plan, ProgressLine& line) {
    for (PeakReport::Arithmetic& row : report_.arithmetic) {
      if (!row.unit.lacks.empty()) continue;
      meter_.add_arithmetic(row.unit, row.threads);
      results_.push_back(&row.operations);
    }
    for (PeakReport::Bandwidth& row : report_.bandwidth) {
      if (row.area.bytes == 0) continue;
      meter_.add_read(row.area);
      meter_.add_copy(row.area);
      results_.insert(results_.end(), {&row.read, &row.copy});
    }
    const std::vector<Rate> rates = meter_.measure(plan, [&](double done) { line.show(done); });
    for (std::size_t i = 0; i < rates.size(); ++i) *results_[i] = rates[i];
  }

 private:
  PeakReport& report_;
  PeakMeter meter_;
  std::vector<std::optional<Rate>*> results_;
};

std::vector<int> threads_to_measure(std::vector<int> threads) {
  if (threads.empty()) threads = {1, available_processors()};
  std::ranges::sort(threads);
  threads.erase(std::unique(threads.begin(), threads.end()), threads.end());
  return threads;
}

PeakReport measure(const PeakArguments& arguments) {
  PeakReport report;
  report.context.headway_version = HEADWAY_VERSION;
  report.context.date = bench::utc_date();
  report.context.command = typed_command();
  report.context.machine = bench::describe_machine();
  report.isa = choose_isa();
  report.forced = report.isa != detect_cpu().best_isa();
  report.samples = arguments.samples;
  report.caches = data_caches();
  ProgressLine line("measuring the peak");
  PeakMeasurement measurement(report);
  measurement.add(threads_to_measure(arguments.threads));
  measurement.run({.repeats = arguments.samples}, line);
  return report;
}

void measure_peak(const PeakArguments& arguments) {
  if (!arguments.json.empty()) const AtomicFile probe(arguments.json);
  const PeakReport report = measure(arguments);
  if (!arguments.json.empty()) write_file(arguments.json, to_json(report).dump(2) + '\n');
  print(to_text(report));
}

}  // namespace

void add_peak_command(CLI::App& app, int& status) {
  CLI::App* command = app.add_subcommand(
      "peak", "Measure what this machine can do at most: arithmetic and memory bandwidth");
  const auto arguments = std::make_shared<PeakArguments>();
  command
      ->add_option("--threads,-x", arguments->threads,
                   "Thread counts to measure (default: 1, and what affinity and CPU quota allow)")
      ->delimiter(',')
      ->check(CLI::Range(1, 4096));
  command
      ->add_option("-r,--samples", arguments->samples,
                   "Samples of each figure, of some milliseconds")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_option("--export-json", arguments->json, "Write the figures to a file as well");
  command->footer(
      "Examples:\n"
      "  headway peak\n"
      "  headway peak --threads 1,2,4 --export-json peak.json\n"
      "  HEADWAY_ISA=avx2 headway peak           what there would be without AVX-512\n\n"
      "'headway bench' shows how near each runtime comes. docs/peak.md explains the method.");
  command->callback([arguments, &status] {
    measure_peak(*arguments);
    status = kSuccess;
  });
}

}  // namespace headway
