#include "pytorch/pytorch.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "base/error.h"
#include "pytorch/device.h"
#include "pytorch/tensors.h"

namespace headway::workers {
namespace {

/// libtorch's messages carry stack traces over many lines; the reason is the last line that has
/// text.
std::string reason_of(const std::exception& error) {
  const auto* const c10_error = dynamic_cast<const c10::Error*>(&error);
  std::string text = c10_error != nullptr ? c10_error->what_without_backtrace() : error.what();
  text.erase(text.find_last_not_of(" \n") + 1);
  const std::size_t last_line = text.rfind("\nRuntimeError: ");
  return last_line == std::string::npos ? text.substr(0, text.find('\n'))
                                        : text.substr(last_line + 1);
}

template <typename Work>
auto translate_errors(ErrorCode code, const std::string& doing, const Work& work) {
  try {
    return work();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    fail(code, "PyTorch " TORCH_VERSION " cannot ", doing, ": ", reason_of(error));
  }
}

/// oneDNN's version, from libtorch's description of its own build.
std::string onednn_version() {
  const std::string word = "MKL-DNN v";
  const std::string text = at::show_config();
  const std::size_t start = text.find(word);
  if (start == std::string::npos || !at::globalContext().userEnabledMkldnn()) return "off";
  const std::size_t version = start + word.size();
  return text.substr(version, text.find_first_of(" (\n", version) - version);
}

}  // namespace

bench::RuntimeInfo PyTorch::probe(const bench::Settings&) {
  bench::RuntimeInfo info{
      .version = torch_version(), .library = libtorch_path(), .devices = {"cpu"}};
  for (const at::Device& gpu : gpus()) info.devices.push_back(concat("gpu: ", gpu));
  return info;
}

bench::Settings PyTorch::load(const bench::LoadRequest& request) {
  mode_ = parse_mode(request.options);
  load_extension();
  device_ = parse_device(request.device);
  at::set_num_threads(request.threads);
  at::set_num_interop_threads(1);
  if (device_.is_cuda()) {
    at::globalContext().setAllowTF32CuDNN(false);
    at::globalContext().setBenchmarkCuDNN(request.tuned);
  }

  const c10::InferenceMode inference;
  return translate_errors(ErrorCode::kInvalidModel, concat("load '", request.model_path, "'"), [&] {
    module_ = torch::jit::load(request.model_path, device_);
    bench::Settings settings = prepare(*module_, mode_, request.tuned);
    settings.merge(describe_environment());
    return settings;
  });
}

bench::Settings PyTorch::describe_environment() const {
  return {{"version", torch_version()},
          {"library", libtorch_path()},
          {"device", device_.str()},
          {"threads", std::to_string(at::get_num_threads())},
          {"interop threads", std::to_string(at::get_num_interop_threads())},
          {"oneDNN", onednn_version()},
          {"TF32", "off"}};
}

std::vector<c10::IValue> PyTorch::arguments_of(std::span<const Tensor> inputs) const {
  std::vector<c10::IValue> arguments;
  for (const Tensor& input : inputs) {
    at::Tensor argument = view_of(input).to(device_);
    if (argument.dim() == 4) argument = argument.contiguous(input_format(mode_));
    arguments.emplace_back(std::move(argument));
  }
  return arguments;
}

std::span<const bench::NamedTensor> PyTorch::run(std::span<const Tensor> inputs) {
  const c10::InferenceMode inference;
  return translate_errors(ErrorCode::kInvalidArgument, "run the model", [&] {
    outputs_.clear();
    outputs_ = flatten(module_->forward(arguments_of(inputs)));
    return std::span<const bench::NamedTensor>(outputs_);
  });
}

std::optional<bench::DeviceTimes> PyTorch::device_times(std::span<const Tensor> inputs) {
  using Clock = std::chrono::steady_clock;
  const c10::InferenceMode inference;
  return translate_errors(ErrorCode::kInternal, "time the device", [&] {
    const c10::impl::VirtualGuardImpl guard(device_.type());
    std::vector<c10::IValue> arguments = arguments_of(inputs);
    guard.synchronizeStream(guard.getStream(device_));
    const Clock::time_point begin = Clock::now();
    const c10::IValue outputs = module_->forward(std::move(arguments));
    guard.synchronizeStream(guard.getStream(device_));
    const auto elapsed = std::chrono::nanoseconds(Clock::now() - begin);
    return std::optional(bench::DeviceTimes{elapsed.count(), std::nullopt});
  });
}

}  // namespace headway::workers
