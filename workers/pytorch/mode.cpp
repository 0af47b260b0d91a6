#include "pytorch/mode.h"

#include <string_view>

#include "base/error.h"
#include "common/shared_library.h"

namespace headway::workers {
namespace {

constexpr std::string_view kExtension = HEADWAY_TORCH_EXTENSION;

void to_channels_last(torch::jit::Module& module) {
  const at::NoGradGuard no_gradients;
  for (at::Tensor parameter : module.parameters()) {
    if (parameter.dim() == 4)
      parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
  }
}

/// With optimization off the executor runs the graph as it was written: the interpreter dispatches
/// one operator after the other, nothing is fused, folded or specialized.
bench::Settings prepare_eager() {
  torch::jit::setGraphExecutorOptimize(false);
  return {{"executor", "operator by operator, graph optimizations off"}};
}

}  // namespace

Mode parse_mode(const bench::Settings& options) {
  const auto option = options.find("mode");
  if (option == options.end()) return kExtension.empty() ? Mode::kEager : Mode::kExtension;
  const std::string& name = option->second;
  if (name == "eager") return Mode::kEager;
  if (name == "channels_last") return Mode::kChannelsLast;
  if (name == "traced") return Mode::kTraced;
  if (name == "optimized") return Mode::kOptimized;
  if (name == "extension" && !kExtension.empty()) return Mode::kExtension;
  fail(ErrorCode::kInvalidArgument, "PyTorch has no mode '", name,
       "'; there are eager, channels_last, traced and optimized");
}

void load_extension() {
  if (!kExtension.empty()) SharedLibrary::open(std::string(kExtension));
}

std::string torch_version() {
  const std::string version = TORCH_VERSION;
  return kExtension.empty() ? version : version + " + " HEADWAY_TORCH_EXTENSION_NAME;
}

bench::Settings prepare(torch::jit::Module& module, Mode mode, bool tuned) {
  module.eval();
  at::globalContext().setFlushDenormal(tuned);
  bench::Settings settings;
  switch (mode) {
    case Mode::kEager:
      settings = prepare_eager();
      break;
    case Mode::kChannelsLast:
      settings = prepare_eager();
      to_channels_last(module);
      break;
    case Mode::kTraced:
      settings = {{"executor", "profiling (default)"}};
      break;
    case Mode::kOptimized:
      module = torch::jit::freeze(module);
      module = torch::jit::optimize_for_inference(module);
      settings = {{"executor", "profiling (default), frozen, optimize_for_inference"}};
      break;
    case Mode::kExtension:
      module = torch::jit::freeze(module);
      settings = {{"executor", "profiling (default), frozen, graph passes of the extension"}};
      break;
  }
  settings["layout"] = mode == Mode::kChannelsLast ? "channels_last" : "contiguous";
  settings["denormals"] = tuned ? "flushed to zero" : "kept (default)";
  return settings;
}

at::MemoryFormat input_format(Mode mode) noexcept {
  return mode == Mode::kChannelsLast ? at::MemoryFormat::ChannelsLast
                                     : at::MemoryFormat::Contiguous;
}

}  // namespace headway::workers
