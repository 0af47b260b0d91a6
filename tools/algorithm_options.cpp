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

}  // namespace headway
