#include "engine.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>

#include "headway/model.h"

#include "base/error.h"

namespace headway::bench {
namespace {

/// "13 winograd 4x4 + 33 gemm": how many nodes run each, most used first.
std::string algorithm_counts(const ProgramSummary& summary) {
  std::vector<std::pair<std::string, std::size_t>> counts(summary.algorithms.begin(),
                                                          summary.algorithms.end());
  std::ranges::stable_sort(counts, std::ranges::greater{},
                           &std::pair<std::string, std::size_t>::second);
  std::string text;
  for (const auto& [algorithm, count] : counts) {
    text += concat(text.empty() ? "" : " + ", count, " ", algorithm);
  }
  return text.empty() ? "none to choose" : text;
}

/// What compile() really made, for the report.
Settings settings_of(const ProgramSummary& summary) {
  Settings settings{{"isa", summary.isa},
                    {"threads", std::to_string(summary.threads)},
                    {"nodes", std::to_string(summary.nodes)},
                    {"algorithms", algorithm_counts(summary)},
                    {"reference_nodes", std::to_string(summary.reference_nodes)},
                    {"weight_bytes", std::to_string(summary.weight_bytes)},
                    {"arena_bytes", std::to_string(summary.arena_bytes)}};
  if (summary.device != "cpu") {
    settings["device"] = summary.device;
    settings["device_kind"] = summary.device_kind;
    settings["fallback_nodes"] = std::to_string(summary.fallback_nodes);
  }
  return settings;
}

void check_names(const Program& program, const std::vector<NamedTensor>& given) {
  const std::vector<ValueInfo> declared = program.inputs();
  for (std::size_t i = 0; i < declared.size() && i < given.size(); ++i) {
    if (declared[i].name != given[i].name) {
      fail(ErrorCode::kInvalidArgument, "input ", i, " of the model is '", declared[i].name,
           "', but '", given[i].name, "' was given");
    }
  }
}

/// The row's own options, as in --runtimes headway:winograd=off,tune=off,isa=avx2.
void apply(const Settings& settings, CompileOptions& options) {
  for (const auto& [name, value] : settings) {
    if (name == "winograd" && (value == "on" || value == "off")) {
      options.winograd = value == "on";
    } else if (name == "tune" && (value == "on" || value == "cached" || value == "off")) {
      options.tune = value == "on" ? Tune::kMeasure : value == "off" ? Tune::kOff : Tune::kCached;
    } else if (name == "isa") {
      setenv("HEADWAY_ISA", value.c_str(), 1);  // Compiling refuses what does not exist.
    } else if (name == "fallback" && (value == "on" || value == "off")) {
      options.allow_fallback = value == "on";
    } else {
      fail(ErrorCode::kInvalidArgument, "Headway has no option ", name, "=", value,
           "; there are winograd=on|off, tune=on|cached|off, isa=portable|avx2|avx512 and "
           "fallback=on|off");
    }
  }
}

}  // namespace

RuntimeInfo Engine::probe(const Settings&) {
  RuntimeInfo info{
      HEADWAY_VERSION, std::filesystem::read_symlink("/proc/self/exe").string(), {"cpu"}};
  for (const std::string& gpu : gpu_devices()) info.devices.push_back(concat("gpu: ", gpu));
  return info;
}

Settings Engine::load(const LoadRequest& request) {
  CompileOptions options{.threads = request.threads, .device = request.device};
  if (request.tuned) options.tune = Tune::kMeasure;
  apply(request.options, options);
  for (const NamedTensor& input : request.inputs) {
    options.input_shapes.push_back(input.tensor.shape());
  }
  const Program program = Model::load(request.model_path).compile(options);
  check_names(program, request.inputs);
  session_.emplace(program);
  outputs_.clear();
  for (const ValueInfo& output : program.outputs()) outputs_.push_back({output.name, {}});
  return settings_of(program.summary());
}

std::span<const NamedTensor> Engine::run(std::span<const Tensor> inputs) {
  const std::span<const Tensor> outputs = session_.value().run(inputs);
  for (std::size_t i = 0; i < outputs.size(); ++i) outputs_[i].tensor = outputs[i];
  return outputs_;
}

std::optional<DeviceTimes> Engine::device_times(std::span<const Tensor> inputs) {
  const headway::DeviceTimes times = session_.value().device_times(inputs);
  return DeviceTimes{times.resident_ns, times.kernels_ns};
}

}  // namespace headway::bench
