#include "bench.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>

#include <unistd.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/processors.h"
#include "base/temporary_folder.h"
#include "bench/baseline.h"
#include "bench/interrupt.h"
#include "bench/race.h"
#include "bench/report.h"
#include "bench/saved_report.h"
#include "bench/units.h"
#include "bench_arguments.h"
#include "bench_live.h"
#include "exit_status.h"
#include "machine_limits.h"
#include "model_source.h"
#include "output.h"

namespace headway {
namespace {

using bench::RowStatus;

bool wants_color() {
  return isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
}

class BenchCommand {
 public:
  explicit BenchCommand(const BenchArguments& arguments) : arguments_(arguments) {}

  int run() {
    rows_ = bench::parse_rows(arguments_.runtimes, arguments_.tuned);
    if (arguments_.allow_fallback) allow_fallback();
    min_effect_ = bench::parse_fraction(arguments_.min_effect, "--min-effect");
    if (!arguments_.baseline.empty()) baseline_ = bench::read_report(arguments_.baseline);
    check_exports();
    describe();
    race_all();
    const bool exported = write_exports();
    const bool slower = compare_baseline();
    if (report_.interrupted()) return kInterrupted;
    if (!exported) return kSystemRefused;
    return slower || something_failed() ? kSomethingFailed : kSuccess;
  }

 private:
  void allow_fallback() {
    for (bench::RowSpec& row : rows_)
      if (row.worker == "headway") row.options.try_emplace("fallback", "on");
  }

  void check_exports() const {
    for (const std::string& path : {arguments_.json, arguments_.csv, arguments_.markdown}) {
      if (!path.empty()) const AtomicFile probe(path);
    }
  }

  void describe() {
    report_.headway_version = HEADWAY_VERSION;
    report_.date = bench::utc_date();
    report_.command = typed_command();
    report_.machine = bench::describe_machine();
  }

  void race_all() {
    std::vector<int> threads = arguments_.threads;
    if (threads.empty()) threads.push_back(available_processors());
    // Summaries point into their races, which must not move.
    report_.races.reserve(arguments_.batches.size() * threads.size());
    for (const int batch : arguments_.batches) {
      const auto source =
          make_model_source({arguments_.model, batch, arguments_.shapes, folder_.path(),
                             available_processors(), arguments_.weights});
      if (limits_.empty() && wants_limits(*source)) limits_ = measure_machine(threads);
      for (const int count : threads) {
        if (interrupt_.presses() > 0) return;
        race(race_options(arguments_, batch, count), *source);
      }
    }
  }

  /// Not where no row could be given a share of them.
  bool wants_limits(const bench::ModelSource& source) const {
    return !arguments_.no_peak && arguments_.device == "cpu" && source.facts().multiply_adds > 0;
  }

  void race(const bench::RaceOptions& options, bench::ModelSource& source) {
    if (report_.races.empty()) print(bench::context_text(report_));
    report_.races.push_back(bench::run_race(options, rows_, source, interrupt_, live_));
    live_.clear();
    const auto limits = limits_.find(options.threads);
    if (limits != limits_.end()) report_.races.back().limits = limits->second;
    summaries_.push_back(bench::summarize(report_.races.back()));
    print('\n' + bench::race_text(report_.races.back(), summaries_.back(), wants_color()));
  }

  void print(const std::string& text) const {
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  }

  /// Every file is tried, whatever happened to the one before.
  bool write_exports() const {
    bool good = write(arguments_.json, [&] {
      return bench::to_json(report_, summaries_)
                 .dump(-1, ' ', false, bench::Json::error_handler_t::replace) +
             '\n';
    });
    good &= write(arguments_.csv, [&] { return bench::to_csv(report_, summaries_); });
    good &= write(arguments_.markdown, [&] { return bench::to_markdown(report_, summaries_); });
    return good;
  }

  bool write(const std::string& path, const std::function<std::string()>& contents) const {
    if (path.empty()) return true;
    try {
      write_file(path, contents());
      return true;
    } catch (const Error& error) {
      std::fprintf(stderr, "headway: %s\n", error.what());
      return false;
    }
  }

  bool compare_baseline() const {
    if (arguments_.baseline.empty()) return false;
    const auto changes = bench::compare_with_baseline(report_, summaries_, baseline_, min_effect_);
    print('\n' + bench::baseline_text(changes, min_effect_, wants_color()));
    return std::ranges::count(changes, bench::Verdict::kSlower, &bench::BaselineChange::verdict) >
           0;
  }

  /// A runtime that is not installed is a failure only if the user asked for it by name.
  bool something_failed() const {
    bool any_ok = false;
    for (const bench::RaceSummary& summary : summaries_) {
      for (const bench::SummaryGroup& group : summary.groups) {
        for (const bench::RowSummary& row : group.rows) {
          const bool excused = row.status == RowStatus::kMissing && arguments_.runtimes.empty();
          if (row.status != RowStatus::kOk && !excused) return true;
          any_ok = any_ok || row.status == RowStatus::kOk;
        }
      }
    }
    return !any_ok;
  }

  const BenchArguments& arguments_;
  bench::Interrupt interrupt_;
  TemporaryFolder folder_;
  LiveDisplay live_;
  std::vector<bench::RowSpec> rows_;
  bench::Json baseline_;
  double min_effect_ = 0;
  std::map<int, bench::MachineLimits> limits_;  ///< By threads; empty if not measured.
  bench::Report report_;
  bench::Summaries summaries_;
};

}  // namespace

void add_bench_command(CLI::App& app, int& status) {
  CLI::App* command = app.add_subcommand(
      "bench", "Race a model in several runtimes and say which is fastest, and how sure that is");
  const auto arguments = std::make_shared<BenchArguments>();
  declare_arguments(*command, *arguments);
  command->callback([arguments, &status] { status = BenchCommand(*arguments).run(); });
}

}  // namespace headway
