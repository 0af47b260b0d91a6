#include <algorithm>
#include <charconv>
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <string_view>

#include <unistd.h>

#include "base/error.h"
#include "bench/channel.h"
#include "bench/error_code.h"
#include "bench/tensor_file.h"
#include "bench/worker.h"

namespace headway::bench {
namespace {

constexpr std::int64_t kMaxSamplesPerRound = 1'000'000;

/// VmHWM: the most physical memory this process ever held. (getrusage's maximum is inherited across
/// exec and would show the parent's.)
std::int64_t peak_memory_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    long long kibibytes = 0;
    if (std::sscanf(line.c_str(), "VmHWM: %lld kB", &kibibytes) == 1) return kibibytes * 1024;
  }
  return 0;
}

/// Does nothing: run through the measuring loop, it shows what the loop itself costs.
class NullRuntime : public Runtime {
 public:
  RuntimeInfo probe(const Settings&) override { return {}; }
  Settings load(const LoadRequest&) override { return {}; }
  std::span<const NamedTensor> run(std::span<const Tensor>) override { return {}; }
};

struct Round {
  std::int64_t warmup = 0;       ///< Unmeasured calls before the first sample.
  std::int64_t iterations = 0;   ///< At most so many samples.
  std::int64_t duration_ns = 0;  ///< No new sample after so long; 0 means no limit.
};

class Server {
 public:
  Server(Runtime& runtime, const Clock& clock) : runtime_(runtime), clock_(clock) {}

  Json handle(const Json& request) {
    const auto command = request.at("command").get<std::string>();
    if (command == "probe") return probe(request);
    if (command == "load") return load(request);
    if (command == "run") return run(runtime_, request);
    if (command == "outputs") return outputs(request);
    if (command == "device") return device_times(request);
    if (command == "calibrate") return calibrate(request);
    fail(ErrorCode::kInvalidArgument, "unknown worker command '", command, "'");
  }

 private:
  Json probe(const Json& request) {
    const RuntimeInfo info = runtime_.probe(request.at("options").get<Settings>());
    return {{"version", info.version}, {"library", info.library}, {"devices", info.devices}};
  }

  Json load(const Json& request) {
    LoadRequest wanted;
    wanted.model_path = request.at("model").get<std::string>();
    wanted.device = request.at("device").get<std::string>();
    wanted.threads = request.at("threads").get<int>();
    wanted.tuned = request.at("tuned").get<bool>();
    wanted.options = request.at("options").get<Settings>();
    read_input_sets(request);
    wanted.inputs = example_;
    const std::int64_t start = clock_.now();
    const Settings settings = runtime_.load(wanted);
    const std::int64_t elapsed = clock_.now() - start;
    return {{"ns", elapsed}, {"settings", settings}, {"peak_memory_bytes", peak_memory_bytes()}};
  }

  void read_input_sets(const Json& request) {
    sets_.clear();
    for (const Json& set : request.at("input_sets")) {
      example_ = read_tensors(set.at("file").get<std::string>(), set.at("tensors"));
      std::vector<Tensor> tensors;
      for (const NamedTensor& input : example_) tensors.push_back(input.tensor);
      sets_.push_back(std::move(tensors));
    }
    if (sets_.empty()) fail(ErrorCode::kInvalidArgument, "load needs at least one set of inputs");
  }

  Json run(Runtime& runtime, const Json& request) {
    if (sets_.empty()) fail(ErrorCode::kInvalidArgument, "run was asked before load");
    const Round round{request.at("warmup").get<std::int64_t>(),
                      request.at("iterations").get<std::int64_t>(),
                      request.at("duration_ns").get<std::int64_t>()};
    for (std::int64_t call = 0; call < round.warmup; ++call) runtime.run(next_inputs());

    std::vector<std::int64_t> samples;
    samples.reserve(static_cast<std::size_t>(std::clamp<std::int64_t>(round.iterations, 0, 4096)));
    const std::int64_t processor_start = clock_.processor_time();
    const std::int64_t start = clock_.now();
    measure(runtime, round, start, samples);
    const std::int64_t wall = clock_.now() - start;
    const std::int64_t processor = clock_.processor_time() - processor_start;
    return {{"samples_ns", samples},
            {"wall_ns", wall},
            {"processor_ns", processor},
            {"peak_memory_bytes", peak_memory_bytes()}};
  }

  void measure(Runtime& runtime, const Round& round, std::int64_t start,
               std::vector<std::int64_t>& samples) {
    const std::int64_t most = std::min(round.iterations, kMaxSamplesPerRound);
    for (std::int64_t call = 0; call < most; ++call) {
      const std::span<const Tensor> inputs = next_inputs();
      const std::int64_t before = clock_.now();
      runtime.run(inputs);
      const std::int64_t after = clock_.now();
      samples.push_back(after - before);
      if (round.duration_ns > 0 && after - start >= round.duration_ns) break;
    }
  }

  /// Every call gets other data than the one before: reused input flatters caches and hides bugs.
  std::span<const Tensor> next_inputs() {
    const std::vector<Tensor>& inputs = sets_[next_set_];
    next_set_ = (next_set_ + 1) % sets_.size();
    return inputs;
  }

  Json outputs(const Json& request) {
    const std::vector<Tensor>& inputs = sets_.at(request.at("input_set").get<std::size_t>());
    const std::span<const NamedTensor> tensors = runtime_.run(inputs);
    return {{"tensors", write_tensors(request.at("file").get<std::string>(), tensors)}};
  }

  Json device_times(const Json& request) {
    if (sets_.empty()) fail(ErrorCode::kInvalidArgument, "device was asked before load");
    Json resident = Json::array(), kernels = Json::array();
    const auto iterations =
        std::min(request.at("iterations").get<std::int64_t>(), kMaxSamplesPerRound);
    for (std::int64_t call = 0; call < iterations; ++call) {
      const auto times = runtime_.device_times(next_inputs());
      if (!times) break;
      resident.push_back(times->resident_ns);
      if (times->kernels_ns) kernels.push_back(*times->kernels_ns);
    }
    return {{"resident_ns", std::move(resident)}, {"kernels_ns", std::move(kernels)}};
  }

  Json calibrate(const Json& request) {
    NullRuntime nothing;
    return run(nothing, request);
  }

  Runtime& runtime_;
  const Clock& clock_;
  std::vector<NamedTensor> example_;
  std::vector<std::vector<Tensor>> sets_;
  std::size_t next_set_ = 0;
};

Json failure(ErrorCode code, std::string_view message) {
  return {{"error", {{"code", name_of(code)}, {"message", message}}}};
}

Json answer(Server& server, const Json& request) {
  try {
    return server.handle(request);
  } catch (const Error& error) {
    return failure(error.code(), error.what());
  } catch (const std::bad_alloc&) {
    return failure(ErrorCode::kOutOfMemory, "the runtime ran out of memory");
  } catch (const std::exception& error) {
    return failure(ErrorCode::kInternal, error.what());
  } catch (...) {
    return failure(ErrorCode::kInternal, "the runtime threw something that is not an exception");
  }
}

}  // namespace

int channel_descriptor(int argc, char** argv) {
  constexpr std::string_view kFlag = "--channel=";
  for (int index = 1; index < argc; ++index) {
    const std::string_view argument = argv[index];
    int descriptor = -1;
    if (argument.starts_with(kFlag) &&
        std::from_chars(argument.data() + kFlag.size(), argument.data() + argument.size(),
                        descriptor)
                .ec == std::errc{}) {
      return descriptor;
    }
  }
  return -1;
}

int worker_main(int argc, char** argv, Runtime& runtime) {
  const Clock clock;
  return worker_main(argc, argv, runtime, clock);
}

int worker_main(int argc, char** argv, Runtime& runtime, const Clock& clock) {
  const int descriptor = channel_descriptor(argc, argv);
  if (descriptor < 0) {
    std::fputs("This is a worker process of Headway; 'headway bench' starts it.\n", stderr);
    return 2;
  }
  try {
    Channel channel(descriptor);
    channel.send({{"protocol", kProtocolVersion}, {"pid", getpid()}});
    Server server(runtime, clock);
    while (const std::optional<Json> request = channel.receive()) {
      channel.send(answer(server, *request));
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

}  // namespace headway::bench
