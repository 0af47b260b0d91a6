#include "algorithm_options.h"

#include <map>
#include <string>

namespace headway {

void add_algorithm_options(CLI::App& command, CompileOptions& options) {
  const std::map<std::string, Tune> tunes = {
      {"off", Tune::kOff}, {"cached", Tune::kCached}, {"on", Tune::kMeasure}};
  command
      .add_option("--tune", options.tune,
                  "Choose algorithms by measuring them now (on), as measured earlier on this "
                  "machine (cached, the default), or by a cost model alone (off)")
      ->transform(CLI::CheckedTransformer(tunes).description(""))
      ->type_name("on|cached|off");
  const std::map<std::string, bool> switches = {{"on", true}, {"off", false}};
  command
      .add_option("--winograd", options.winograd,
                  "Fast convolutions and matrix products (Strassen's) that round differently from "
                  "plain sums, by up to 1e-3 of the largest output (default: on)")
      ->transform(CLI::CheckedTransformer(switches).description(""))
      ->type_name("on|off");
}

void add_device_options(CLI::App& command, CompileOptions& options) {
  command
      .add_option("-d,--device", options.device,
                  "cpu, or gpu: the first device of an OpenCL driver (gpu:1 the second, see "
                  "'headway runtimes')")
      ->check(is_device())
      ->capture_default_str();
  command.add_flag("--allow-fallback", options.allow_fallback,
                   "Run nodes that the GPU has no kernel for on the CPU, instead of refusing the "
                   "model");
}

CLI::Validator is_device() {
  return {[](const std::string& text) {
            const bool is_numbered = text.starts_with("gpu:") && text.size() > 4 &&
                                     text.find_first_not_of("0123456789", 4) == std::string::npos;
            return text == "cpu" || text == "gpu" || is_numbered
                       ? std::string()
                       : "'" + text + "' is no device; give cpu, gpu, or gpu:1 for the second GPU";
          },
          ""};
}

}  // namespace headway
