#include <memory>
#include <optional>

#include "headway/session.h"

#include "algorithm_options.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "bench/clock.h"
#include "bench/inputs.h"
#include "bench/profile_report.h"
#include "bench/units.h"
#include "commands.h"
#include "exit_status.h"
#include "input_shapes.h"
#include "machine_limits.h"
#include "model_spec.h"
#include "output.h"

namespace headway {
namespace {

using bench::ProfileKey;
using bench::ProfileReport;

constexpr std::int64_t kFewestRuns = 3, kMostRuns = 10'000;
constexpr int kTracedRuns = 3;

struct ProfileArguments {
  std::string model;
  std::vector<std::string> shapes;
  std::optional<std::int64_t> batch;
  CompileOptions options;
  std::optional<std::int64_t> runs;
  std::optional<std::int64_t> warmup;
  std::string duration = "2s";
  std::uint64_t seed = 0;
  WeightsOption weights;
  std::optional<double> peak;
  std::size_t top = 20;
  std::string by = "node";
  std::string json;
  std::string trace;
};

ProfileKey key_of(const std::string& name) {
  if (name == "operator") return ProfileKey::kOperator;
  if (name == "algorithm") return ProfileKey::kAlgorithm;
  return name == "category" ? ProfileKey::kCategory : ProfileKey::kNode;
}

std::vector<Tensor> random_inputs(const std::vector<ValueInfo>& inputs,
                                  const std::vector<Shape>& shapes, std::uint64_t seed) {
  std::vector<bench::InputSpec> specs;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    specs.push_back({inputs[i].name, inputs[i].dtype, shapes[i]});
  }
  const auto sets = bench::make_inputs(specs, 1, seed);
  std::vector<Tensor> tensors;
  for (const bench::NamedTensor& input : sets.front()) tensors.push_back(input.tensor);
  return tensors;
}

/// The model, made ready to run on one set of inputs, and the clock.
class Profiler {
 public:
  explicit Profiler(const ProfileArguments& arguments)
      : arguments_(arguments),
        duration_ns_(bench::parse_duration(arguments.duration, "--duration")) {
    Model model = load_model(arguments.model, arguments.seed, arguments.weights, arguments.shapes);
    const std::vector<ValueInfo> inputs = model.inputs();
    report_.model = model.name();
    report_.headway_version = HEADWAY_VERSION;
    report_.input_shapes = arguments.batch
                               ? shapes_at_batch(inputs, arguments.shapes, *arguments.batch)
                               : resolve_input_shapes(inputs, arguments.shapes);
    inputs_ = random_inputs(inputs, report_.input_shapes, arguments.seed);
    CompileOptions options = arguments.options;
    options.input_shapes = report_.input_shapes;
    const Program program = std::move(model).compile(options);
    report_.program = program.summary();
    session_.emplace(program);
  }

  /// Plain and profiled runs in turns, so that what disturbs the machine disturbs both.
  ProfileReport measure() {
    warm_up();
    bench::ProfileSamples samples(session_->steps(inputs_));
    std::vector<double> plain_ns, profiled_ns;
    const std::int64_t begin = clock_.now();
    for (std::int64_t run = 0; wants_another(run, clock_.now() - begin); ++run) {
      const bool profiled_first = run % 2 == 1;
      if (profiled_first) profiled_ns.push_back(time_profiled(samples));
      plain_ns.push_back(time_plain());
      if (!profiled_first) profiled_ns.push_back(time_profiled(samples));
    }
    report_.runs = plain_ns.size();
    report_.overhead = bench::profiling_overhead(plain_ns, profiled_ns);
    report_.plain_ns = bench::median(std::move(plain_ns));
    report_.profiled_ns = bench::median(std::move(profiled_ns));
    report_.steps = samples.medians();
    find_limits();
    return report_;
  }

  /// A few more runs, one after the other.
  std::vector<Profile> trace() {
    std::vector<Profile> runs(kTracedRuns);
    for (Profile& run : runs) session_->run_profiled(inputs_, run);
    return runs;
  }

 private:
  void find_limits() {
    if (arguments_.peak) {
      report_.limit_gflops = *arguments_.peak;
      return;
    }
    if (report_.program.device != "cpu") return;  // Nobody has measured its limits.
    const int threads = report_.program.threads;
    const bench::MachineLimits limits = measure_machine({threads}).at(threads);
    report_.limit_gflops = limits.operations_per_second / 1e9;
    report_.limit_gbps = limits.bytes_per_second / 1e9;
  }

  void warm_up() {
    const std::int64_t begin = clock_.now();
    for (std::int64_t run = 0; needs_warming(run, clock_.now() - begin); ++run) {
      session_->run(inputs_);
    }
  }

  bool needs_warming(std::int64_t runs, std::int64_t elapsed_ns) const {
    if (arguments_.warmup) return runs < *arguments_.warmup;
    return runs < kFewestRuns || (elapsed_ns < duration_ns_ / 10 && runs < kMostRuns);
  }

  bool wants_another(std::int64_t runs, std::int64_t elapsed_ns) const {
    if (arguments_.runs) return runs < *arguments_.runs;
    return runs < kFewestRuns || (elapsed_ns < duration_ns_ && runs < kMostRuns);
  }

  double time_plain() {
    const std::int64_t begin = clock_.now();
    session_->run(inputs_);
    return static_cast<double>(clock_.now() - begin);
  }

  double time_profiled(bench::ProfileSamples& samples) {
    const std::int64_t begin = clock_.now();
    session_->run_profiled(inputs_, profile_);
    const std::int64_t end = clock_.now();
    samples.add(profile_);
    return static_cast<double>(end - begin);
  }

  const ProfileArguments& arguments_;
  std::int64_t duration_ns_;
  bench::Clock clock_;
  ProfileReport report_;
  std::vector<Tensor> inputs_;
  std::optional<Session> session_;
  Profile profile_;
};

void write_json(const std::string& path, const nlohmann::ordered_json& json) {
  write_file(path,
             json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n');
}

void run_profile(const ProfileArguments& arguments) {
  for (const std::string& path : {arguments.json, arguments.trace}) {
    if (!path.empty()) const AtomicFile probe(path);
  }
  Profiler profiler(arguments);
  const ProfileReport report = profiler.measure();
  print(bench::profile_text(report, key_of(arguments.by), arguments.top));
  if (!arguments.json.empty()) write_json(arguments.json, bench::profile_json(report));
  if (!arguments.trace.empty()) {
    write_json(arguments.trace, bench::trace_json(report, profiler.trace()));
  }
}

void declare_what(CLI::App& command, ProfileArguments& arguments) {
  command.add_option("MODEL", arguments.model, kModelHelp)->required()->type_name("");
  command.add_option("-b,--batch", arguments.batch, "Samples per run (default: 1)")
      ->check(CLI::Range(1, 65536))
      ->type_name("N");
  command
      .add_option("--shape", arguments.shapes,
                  "Input shape: 1x3x224x224 or name:1x3x224x224 (default: as declared)")
      ->type_name("SHAPE");
  command
      .add_option("-x,--threads", arguments.options.threads,
                  "Threads to use (default: what affinity and CPU quota allow)")
      ->check(CLI::Range(1, 4096))
      ->type_name("N");
  add_algorithm_options(command, arguments.options);
  add_device_options(command, arguments.options);
  command
      .add_option("--seed", arguments.seed,
                  "Of the inputs, which are drawn at random, and of a built-in model's weights")
      ->type_name("N")
      ->capture_default_str();
  add_weights_option(command, arguments.weights);
}

void declare_how_long(CLI::App& command, ProfileArguments& arguments) {
  auto* duration = command.add_option("-t,--duration", arguments.duration, "Time to measure for")
                       ->type_name("TIME")
                       ->capture_default_str();
  command
      .add_option("-r,--runs", arguments.runs,
                  "Profiled runs instead of a duration; as many again are not profiled")
      ->check(CLI::Range(std::int64_t{1}, kMostRuns))
      ->type_name("N")
      ->excludes(duration);
  command
      .add_option("-w,--warmup", arguments.warmup,
                  "Runs before measuring (default: at least 3, for a tenth of the duration)")
      ->check(CLI::Range(0, 1'000'000))
      ->type_name("N");
}

void declare_results(CLI::App& command, ProfileArguments& arguments) {
  command
      .add_option("--by", arguments.by, "What to add up by: node, operator, algorithm or category")
      ->check(CLI::IsMember({"node", "operator", "algorithm", "category"}))
      ->type_name("KEY")
      ->capture_default_str();
  command.add_option("--top", arguments.top, "Rows to show, slowest first; 0 for all")
      ->check(CLI::Range(0, 1'000'000))
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--peak", arguments.peak,
                  "What the threads can do at most, to show shares of it (default: measured, as by "
                  "'headway peak')")
      ->check(CLI::PositiveNumber)
      ->type_name("GFLOPS");
  command.add_option("--export-json", arguments.json, "Write everything, every node included")
      ->type_name("FILE");
  command
      .add_option("--export-trace", arguments.trace,
                  "Write a few runs as a trace for ui.perfetto.dev or chrome://tracing")
      ->type_name("FILE");
}

}  // namespace

void add_profile_command(CLI::App& app, int& status) {
  CLI::App* command = app.add_subcommand(
      "profile", "Show where the engine's time goes: node by node, thread by thread");
  const auto arguments = std::make_shared<ProfileArguments>();
  declare_what(*command, *arguments);
  declare_how_long(*command, *arguments);
  declare_results(*command, *arguments);
  command->footer(
      "Examples:\n"
      "  headway profile resnet50\n"
      "  headway profile model.onnx --by category --threads 1 --batch 8\n"
      "  headway profile model.onnx --top 0 --runs 100\n"
      "  headway profile resnet50 --export-trace resnet50.trace.json\n"
      "  headway profile resnet50 --export-json new.json && jq '.nodes | max_by(.time_ns)' "
      "new.json\n"
      "\n"
      "docs/profile.md explains every figure.");
  command->callback([arguments, &status] {
    run_profile(*arguments);
    status = kSuccess;
  });
}

}  // namespace headway
