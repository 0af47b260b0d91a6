#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/model_source.h"
#include "bench/worker.h"

namespace headway::bench {

/// A kind of row that a race can have.
struct RuntimeKind {
  std::string id;           ///< As users write it: "torchscript-traced".
  std::string title;        ///< As the table shows it: "TorchScript traced".
  std::string worker;       ///< Its process is headway-worker-<worker>.
  ModelFormat format;       ///< What it loads.
  Settings options;         ///< Passed to its Runtime.
  std::string fix;          ///< How to get it if it is missing, as a sentence.
  bool by_default = false;  ///< Takes part when --runtimes is not given.
};

/// One row of a race: a kind, perhaps with options of the user's.
struct RowSpec {
  std::string id;     ///< "fake:delay=5ms", "onnxruntime@/opt/lib/libonnxruntime.so".
  std::string title;  ///< For the table.
  std::string worker;
  ModelFormat format = ModelFormat::kOnnx;
  Settings options;
  std::string fix;
  bool tuned = false;  ///< Runs with the runtime's documented best settings.

  bool operator==(const RowSpec&) const = default;
};

/// All kinds, in the order in which tables show them.
const std::vector<RuntimeKind>& runtime_kinds();

/// The rows of a comma-separated list; the default rows if it is empty. Options belong to the row
/// before them: "fake:delay=1ms,jitter=10us,headway" is two rows. A "tuned" list adds to each row a
/// second one with the best settings. Throws Error(kInvalidArgument) naming the known runtimes.
std::vector<RowSpec> parse_rows(std::string_view list, bool tuned);

/// The worker's executable: in $HEADWAY_WORKERS, else in workers/ beside the program, else in
/// ../libexec/headway/. Empty if there is none.
std::optional<std::filesystem::path> find_worker(const std::string& worker);

}  // namespace headway::bench
