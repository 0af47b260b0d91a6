#include "bench/contestant.h"

#include <algorithm>

#include "base/error.h"
#include "bench/random.h"
#include "bench/steady.h"
#include "bench/tensor_file.h"

namespace headway::bench {
namespace {

constexpr std::size_t kSteadyWindow = 400;
constexpr std::int64_t kFewestWarmups = 3;

void append(std::vector<std::int64_t>& into, const std::vector<std::int64_t>& values) {
  into.insert(into.end(), values.begin(), values.end());
}

std::vector<double> latest(const std::vector<std::int64_t>& samples) {
  const std::size_t count = std::min(samples.size(), kSteadyWindow);
  return {samples.end() - static_cast<std::ptrdiff_t>(count), samples.end()};
}

std::string missing_worker(const RowSpec& spec) {
  return concat("headway-worker-", spec.worker, " was not found; ", spec.fix);
}

}  // namespace

Contestant::Contestant(RowSpec spec, RaceContext& context, std::uint64_t seed)
    : context_(context), seed_(seed) {
  result_.spec = std::move(spec);
}

void Contestant::guard(const std::function<void()>& action) {
  if (result_.failure) return;
  try {
    action();
    return;
  } catch (const WorkerFailure& failure) {
    const bool cut_short = failure.kind() == FailureKind::kAborted;
    if (!cut_short || result_.processes.empty() || samples_of(result_).empty()) {
      result_.failure = RowFailure{failure.kind(), failure.what()};
    }
  } catch (const Json::exception& error) {
    result_.failure = RowFailure{FailureKind::kGarbage,
                                 concat("headway-worker-", result_.spec.worker,
                                        " gave an answer without meaning: ", error.what())};
  } catch (const std::exception& error) {
    result_.failure = RowFailure{FailureKind::kRefused, error.what()};
  }
  process_.reset();
}

void Contestant::spawn(int generation) {
  const std::optional<std::filesystem::path> worker = find_worker(result_.spec.worker);
  if (!worker) {
    throw WorkerFailure(FailureKind::kMissing, ErrorCode::kNotFound, missing_worker(result_.spec));
  }
  const std::uint64_t seed = sub_seed(seed_, static_cast<std::uint64_t>(generation));
  process_ = std::make_unique<WorkerProcess>(
      *worker, std::map<std::string, std::string>{{"HEADWAY_PROCESS_SEED", std::to_string(seed)}},
      context_.options.timeout_ns, context_.interrupt);
}

void Contestant::probe() {
  guard([&] {
    spawn(0);
    const Json reply = process_->request({{"command", "probe"}, {"options", result_.spec.options}},
                                         context_.options.timeout_ns, false);
    result_.info = {reply.at("version").get<std::string>(), reply.at("library").get<std::string>(),
                    reply.at("devices").get<std::vector<std::string>>()};
    process_.reset();
  });
}

/// Requests go to a process that sleeps otherwise.
Json Contestant::awake(const Json& request, bool patient) {
  process_->resume();
  Json reply = process_->request(request, context_.options.timeout_ns, patient);
  process_->pause();
  return reply;
}

Json Contestant::run_request(const char* command, const RoundPlan& plan) const {
  return {{"command", command},
          {"warmup", plan.warmup},
          {"iterations", plan.iterations},
          {"duration_ns", plan.duration_ns}};
}

void Contestant::start(int generation) {
  guard([&] {
    const std::filesystem::path model = context_.source.path_for(result_.spec.format);
    spawn(generation);
    const Json loaded = awake({{"command", "load"},
                               {"model", model},
                               {"device", context_.options.device},
                               {"threads", context_.options.threads},
                               {"tuned", result_.spec.tuned},
                               {"options", result_.spec.options},
                               {"input_sets", context_.input_sets}},
                              false);
    ProcessResult process;
    process.generation = generation;
    process.load_ns = loaded.at("ns").get<std::int64_t>();
    result_.settings = loaded.at("settings").get<Settings>();
    const Json first = awake(run_request("run", {0, 1, 0}), false);
    process.first_ns = first.at("samples_ns").at(0).get<std::int64_t>();
    process.peak_memory_bytes = first.at("peak_memory_bytes").get<std::int64_t>();
    result_.processes.push_back(std::move(process));
  });
}

void Contestant::check_agreement() {
  guard([&] {
    const std::filesystem::path file = context_.folder / "outputs";
    for (std::size_t set = 0; set < context_.references.size(); ++set) {
      const Json reply = awake({{"command", "outputs"}, {"input_set", set}, {"file", file}}, false);
      const Agreement agreement = compare(read_tensors(file, reply.at("tensors")),
                                          context_.references[set], context_.options.tolerance);
      result_.agreement = result_.agreement ? merge(*result_.agreement, agreement) : agreement;
    }
  });
}

void Contestant::warm_up(std::int64_t limit_ns) {
  guard([&] {
    ProcessResult& process = result_.processes.back();
    const bool adaptive = !context_.options.warmup;
    RoundPlan plan{0, adaptive ? 1000 : *context_.options.warmup, adaptive ? limit_ns / 8 : 0};
    std::int64_t spent = 0;
    for (bool done = plan.iterations == 0; !done;) {
      const Json reply = awake(run_request("run", plan), false);
      append(process.warmup_ns, reply.at("samples_ns").get<std::vector<std::int64_t>>());
      spent += std::max<std::int64_t>(reply.at("wall_ns").get<std::int64_t>(), 1);
      process.steady = is_steady(latest(process.warmup_ns));
      const bool enough = static_cast<std::int64_t>(process.warmup_ns.size()) >= kFewestWarmups;
      done = !adaptive || process.steady || (spent >= limit_ns && enough);
    }
  });
}

void Contestant::run_round(int block, const RoundPlan& plan) {
  if (!running() || plan.iterations <= 0) return;
  guard([&] {
    const Json reply = awake(run_request("run", plan), true);
    ProcessResult& process = result_.processes.back();
    process.peak_memory_bytes = reply.at("peak_memory_bytes").get<std::int64_t>();
    process.rounds.push_back({block, reply.at("wall_ns").get<std::int64_t>(),
                              reply.at("processor_ns").get<std::int64_t>(),
                              reply.at("samples_ns").get<std::vector<std::int64_t>>()});
  });
}

void Contestant::measure_device(std::int64_t calls) {
  if (!running() || context_.options.device == "cpu") return;
  guard([&] {
    const Json reply = awake({{"command", "device"}, {"iterations", calls}}, true);
    ProcessResult& process = result_.processes.back();
    process.resident_ns = reply.at("resident_ns").get<std::vector<std::int64_t>>();
    process.kernels_ns = reply.at("kernels_ns").get<std::vector<std::int64_t>>();
  });
}

void Contestant::stop() {
  process_.reset();
  if (!context_.options.warmup || result_.processes.empty()) return;
  // A warm-up of fixed length may be too short to judge; what was measured after it is not.
  ProcessResult& process = result_.processes.back();
  std::vector<std::int64_t> samples;
  for (const RoundResult& round : process.rounds) append(samples, round.samples_ns);
  process.steady = is_steady(latest(samples));
}

std::optional<double> Contestant::harness_cost() {
  std::optional<double> cost;
  constexpr std::int64_t kCalls = 10'000;
  if (!running()) return cost;
  guard([&] {
    const Json reply = awake(run_request("calibrate", {100, kCalls, 0}), false);
    cost = reply.at("wall_ns").get<double>() / static_cast<double>(kCalls);
  });
  return cost;
}

double Contestant::latency_ns() const {
  if (result_.processes.empty()) return 0;
  const ProcessResult& process = result_.processes.back();
  std::vector<std::int64_t> recent = process.warmup_ns;
  for (const RoundResult& round : process.rounds) append(recent, round.samples_ns);
  if (recent.empty()) return static_cast<double>(process.first_ns);
  return median(latest(recent));
}

std::int64_t Contestant::measured() const {
  std::size_t count = 0;
  if (result_.processes.empty()) return 0;
  for (const RoundResult& round : result_.processes.back().rounds) count += round.samples_ns.size();
  return static_cast<std::int64_t>(count);
}

}  // namespace headway::bench
