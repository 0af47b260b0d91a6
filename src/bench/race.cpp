#include "bench/race.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <numeric>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "bench/clock.h"
#include "bench/contestant.h"
#include "bench/inputs.h"
#include "bench/tensor_file.h"

namespace headway::bench {
namespace {

/// The reference is slow by design; four samples tell whether a runtime computes the same function.
constexpr int kReferenceSamples = 4;

/// Calls of each process that are timed on the device alone.
constexpr std::int64_t kDeviceCalls = 20;

/// Seeds of a race's independent random streams.
enum Stream : std::uint64_t { kInputStream, kOrderStream, kRowStream = 16 };

class Race {
 public:
  Race(const RaceOptions& options, const std::vector<RowSpec>& rows, ModelSource& source,
       Interrupt& interrupt, RaceObserver& observer)
      : options_(options),
        interrupt_(interrupt),
        observer_(observer),
        context_{options_, source, interrupt, folder_.path(), Json::array(), {}},
        schedule_(options, rows.size() + 1),
        order_(sub_seed(options.seed, kOrderStream)) {
    result_.options = options;
    result_.model = source.facts();
    result_.inputs = source.inputs();
    for (std::size_t row = 0; row < rows.size(); ++row) add_contestant(rows[row]);
  }

  RaceResult run() {
    report("preparing", 0);
    prepare();
    start_ns_ = clock_.now();
    for (int generation = 0; generation < schedule_.generations() && !stopped(); ++generation) {
      run_generation(generation);
    }
    collect();
    result_.elapsed_ns = clock_.now() - start_ns_;
    result_.interrupted = interrupt_.presses() > 0;
    return std::move(result_);
  }

 private:
  void add_contestant(const RowSpec& spec) {
    const std::uint64_t seed = sub_seed(options_.seed, kRowStream + contestants_.size());
    contestants_.push_back(std::make_unique<Contestant>(spec, context_, seed));
  }

  bool stopped() { return interrupt_.presses() > 0; }

  std::int64_t elapsed() const { return start_ns_ == 0 ? 0 : clock_.now() - start_ns_; }

  void prepare() {
    const auto inputs =
        make_inputs(result_.inputs, options_.input_sets, sub_seed(options_.seed, kInputStream));
    for (std::size_t set = 0; set < inputs.size(); ++set) {
      const std::filesystem::path file = folder_.path() / concat("inputs-", set);
      context_.input_sets.push_back(
          {{"file", file}, {"tensors", write_tensors(file, inputs[set])}});
    }
    compute_references(inputs);
    for (std::size_t row = 0; row < contestants_.size() && !stopped(); ++row) {
      contestants_[row]->probe();
    }
  }

  void compute_references(const std::vector<std::vector<NamedTensor>>& inputs) {
    const int wanted = std::clamp(kReferenceSamples / std::max(options_.batch, 1), 1,
                                  static_cast<int>(inputs.size()));
    std::string reason = "it has none";
    try {
      for (int set = 0; set < wanted && !stopped(); ++set) {
        auto reference = context_.source.reference(inputs[static_cast<std::size_t>(set)]);
        if (!reference.empty()) context_.references.push_back(std::move(reference));
      }
    } catch (const Error& error) {
      context_.references.clear();
      reason = error.what();
    }
    if (!context_.references.empty() || stopped()) return;
    result_.notes.push_back(
        concat("Nothing could be checked against a strict reference of this model (", reason,
               "), so no ratios are shown."));
  }

  void run_generation(int generation) {
    generation_ = generation;
    block_ = 0;
    start_processes(generation);
    if (generation == 0) schedule_.first_start_took(elapsed());
    measure(generation);
    for (const auto& contestant : contestants_) {
      if (!stopped()) contestant->measure_device(kDeviceCalls);
      contestant->stop();
    }
  }

  void start_processes(int generation) {
    std::vector<std::size_t> order(contestants_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    shuffle(std::span(order), order_);
    for (const std::size_t row : order) start_process(row, generation);
    if (generation == 0 && !stopped()) add_control();
  }

  void start_process(std::size_t row, int generation) {
    if (stopped()) return;
    Contestant& contestant = *contestants_[row];
    report("starting", row);
    contestant.start(generation);
    if (generation == 0) contestant.check_agreement();
    report("warming up", row);
    contestant.warm_up(schedule_.warmup_limit());
    if (!result_.harness_ns) result_.harness_ns = contestant.harness_cost();
  }

  /// The second instance of one row, whose ratio to the first is what this machine adds to a
  /// comparison.
  void add_control() {
    std::optional<std::size_t> twin = fastest();
    for (std::size_t row = 0; row < contestants_.size(); ++row) {
      const RowSpec& spec = contestants_[row]->result().spec;
      if (spec.worker == "headway" && contestants_[row]->running())
        twin = twin_of_headway(twin, row);
    }
    if (!twin) return;
    result_.control_of = *twin;
    control_ = contestants_.size();
    add_contestant(contestants_[*twin]->result().spec);
    contestants_.back()->result().info = contestants_[*twin]->result().info;
    start_process(*control_, 0);
  }

  /// The default Headway row rather than the tuned one.
  std::size_t twin_of_headway(std::optional<std::size_t> best, std::size_t row) const {
    const bool better = best && contestants_[*best]->result().spec.worker == "headway" &&
                        !contestants_[*best]->result().spec.tuned;
    return better ? *best : row;
  }

  std::optional<std::size_t> fastest() const {
    std::optional<std::size_t> best;
    for (std::size_t row = 0; row < contestants_.size(); ++row) {
      const Contestant& contestant = *contestants_[row];
      if (!contestant.running() || row == control_) continue;
      const std::optional<Agreement>& agreement = contestant.result().agreement;
      if (agreement && !agreement->within) continue;
      if (!best || contestant.latency_ns() < contestants_[*best]->latency_ns()) best = row;
    }
    return best;
  }

  void measure(int generation) {
    const std::int64_t begin = elapsed();
    const std::optional<std::int64_t> time = schedule_.measuring_time(generation, begin);
    std::int64_t last_block = 0;
    for (int block = 0; !stopped() && any_running(); ++block) {
      // A block that was begun is finished: without its mirror image it would be biased.
      const std::int64_t before = elapsed();
      const bool out_of_blocks = schedule_.blocks() && block >= *schedule_.blocks();
      const bool out_of_time = time && block > 0 && before - begin + last_block / 2 >= *time;
      if (out_of_blocks || out_of_time) break;
      block_ = block;
      run_block(block);
      last_block = elapsed() - before;
    }
  }

  void run_block(int block) {
    for (const std::size_t row : block_order(choose_rows(block), order_)) {
      if (stopped()) return;
      report("racing", row);
      Contestant& contestant = *contestants_[row];
      contestant.run_round(block, schedule_.plan(contestant.latency_ns(), contestant.measured()));
    }
  }

  /// All rows for a start and now and then; between, those whose ratio is least certain.
  std::vector<std::size_t> choose_rows(int block) {
    std::vector<std::size_t> rows = running_rows();
    const std::optional<std::size_t> base = fastest();
    constexpr int kAllEvery = 4;
    if (schedule_.blocks() || block < 2 || block % kAllEvery == 0 || !base) return rows;
    const RowSamples base_samples = samples_of(contestants_[*base]->result());
    std::vector<double> errors(contestants_.size(), 0);
    for (const std::size_t row : rows) errors[row] = error_of(row, base_samples);
    std::vector<std::size_t> chosen = worth_measuring(errors, *base);
    const bool control_chosen = control_ && std::ranges::count(chosen, *control_) > 0;
    if (control_chosen && std::ranges::count(chosen, result_.control_of) == 0) {
      chosen.push_back(result_.control_of);
    }
    std::erase_if(chosen, [&](std::size_t row) { return !contestants_[row]->running(); });
    return chosen;
  }

  double error_of(std::size_t row, const RowSamples& base) const {
    const RowSamples own = samples_of(contestants_[row]->result());
    if (row != control_) return ratio_error(own, base);
    return ratio_error(own, samples_of(contestants_[result_.control_of]->result()));
  }

  std::vector<std::size_t> running_rows() const {
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < contestants_.size(); ++row) {
      if (contestants_[row]->running()) rows.push_back(row);
    }
    return rows;
  }

  bool any_running() const { return !running_rows().empty(); }

  void report(std::string_view phase, std::size_t active) {
    std::vector<const RowResult*> rows;
    for (const auto& contestant : contestants_) rows.push_back(&contestant->result());
    observer_.progress({phase, generation_, schedule_.generations(), done(), elapsed()}, rows,
                       active);
  }

  /// Share of the race that is over.
  double done() const {
    if (options_.budget_ns) {
      return static_cast<double>(elapsed()) /
             static_cast<double>(std::max<std::int64_t>(*options_.budget_ns, 1));
    }
    const double within = static_cast<double>(block_) / schedule_.blocks().value_or(1);
    return (generation_ + within) / schedule_.generations();
  }

  /// Copies what the contestants know into the result.
  void collect() {
    result_.rows.clear();
    result_.control.reset();
    for (std::size_t row = 0; row < contestants_.size(); ++row) {
      if (row == control_) {
        result_.control = contestants_[row]->result();
      } else {
        result_.rows.push_back(contestants_[row]->result());
      }
    }
  }

  const Clock clock_;
  RaceOptions options_;
  TemporaryFolder folder_;
  Interrupt& interrupt_;
  RaceObserver& observer_;
  RaceContext context_;
  Schedule schedule_;
  Random order_;
  RaceResult result_;
  std::vector<std::unique_ptr<Contestant>> contestants_;
  std::optional<std::size_t> control_;
  std::int64_t start_ns_ = 0;
  int generation_ = 0;
  int block_ = 0;
};

}  // namespace

RaceResult run_race(const RaceOptions& options, const std::vector<RowSpec>& rows,
                    ModelSource& source, Interrupt& interrupt, RaceObserver& observer) {
  return Race(options, rows, source, interrupt, observer).run();
}

}  // namespace headway::bench
